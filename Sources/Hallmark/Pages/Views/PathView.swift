import JSON
import Posture

/// The way of mail to a domain: the DNS, then its MX hosts with each of their addresses.
struct PathView: Sendable {
  /// What a sender finds out first, and whether it can be forged on the way.
  let lookup: Badge
  let lookupText: String
  let hosts: [HostView]
  /// What stands in the place of the hosts where there are none to show.
  let hostless: HostlessView?

  init(_ record: JSONValue, at now: Timestamp) {
    let section = record["encryption"]
    let dnssec = record["dnssec"]?.stringValue ?? "unknown"
    switch dnssec {
    case "secure":
      lookup = Badge("signed", .good)
      lookupText = "DNSSEC proves where the mail goes"
    case "bogus":
      lookup = Badge("bogus", .bad)
      lookupText = "the DNSSEC signatures do not hold"
    case "insecure":
      lookup = Badge("unsigned", .quiet)
      lookupText = "no DNSSEC: where the mail goes is not proved"
    default:
      lookup = Badge("unknown", .doubt)
      lookupText = "whether DNSSEC holds could not be found out"
    }
    hosts = (section?["mx"]?.arrayValue ?? []).map { HostView($0, at: now) }
    hostless = hosts.isEmpty ? HostlessView(section?["verdict"]?.stringValue, dnssec: dnssec) : nil
  }
}

/// A way that no MX host is known to be on: that there is none is said only where it is known.
struct HostlessView: Sendable {
  let stopName: String
  let stopText: String
  let stopTone: String

  init(_ verdict: String?, dnssec: String) {
    switch (verdict, dnssec) {
    case ("not-applicable", _):
      (stopName, stopText, stopTone) = ("No mail server", "there is none to look at", Tone.quiet.rawValue)
    case (_, "bogus"):
      (stopName, stopText, stopTone) = (
        "Mail servers", "what the DNS says of them cannot be believed", Tone.doubt.rawValue
      )
    default:
      (stopName, stopText, stopTone) = ("Mail servers", "which there are could not be found out", Tone.doubt.rawValue)
    }
  }
}

/// One MX host.
struct HostView: Sendable {
  let host: String
  let preference: String
  let dane: Badge
  let daneText: String
  let hostError: String?
  /// The worst of its addresses.
  let hostTone: String
  let endpoints: [EndpointView]

  init(_ host: JSONValue, at now: Timestamp) {
    self.host = Shown.text(host["host"])
    preference = Shown.text(host["preference"])
    hostError = Shown.optional(host["error"])
    let status = host["dane"]?["status"]?.stringValue ?? "unknown"
    let matches = host["dane"]?["matches"]?.boolValue
    switch (status, matches) {
    case ("secure", true?): (dane, daneText) = (Badge("DANE", .good), "DANE matches")
    case ("secure", false?): (dane, daneText) = (Badge("DANE", .bad), "DANE matches nothing")
    case ("bogus", _): (dane, daneText) = (Badge("DANE", .bad), "DANE is bogus")
    case ("unknown", _): (dane, daneText) = (Badge("DANE", .doubt), "DANE could not be determined")
    case ("none", _): (dane, daneText) = (Badge("DANE", .quiet), "no DANE")
    default: (dane, daneText) = (Badge("DANE", .quiet), "DANE \(TextReport.printable(status))")
    }
    let provesItself = status == "secure" && matches == true
    endpoints = (host["endpoints"]?.arrayValue ?? []).map { EndpointView($0, provesItself, at: now) }
    let tones = Set(endpoints.flatMap { [$0.session.tone, $0.certificate?.tone ?? $0.session.tone] })
    let order: [Tone] = [.bad, .doubt, .good, .quiet]
    hostTone = (order.first { tones.contains($0.rawValue) } ?? .doubt).rawValue
  }
}

/// One address of an MX host, and what it showed.
struct EndpointView: Sendable {
  let address: String
  let session: Badge
  let versions: String?
  let cipher: String?
  let certificate: Badge?
  let certificateText: String?
  let issuer: String?
  let endpointError: String?
  let reply: String?

  /// - Parameter provesItself: by DANE, so that the authorities of the web need not know it (RFC 7672 section 3.1.1).
  init(_ endpoint: JSONValue, _ provesItself: Bool, at now: Timestamp) {
    address = Shown.text(endpoint["address"])
    let tls = Shown.present(endpoint["tls"])
    versions = tls.map { Shown.list($0["offered"]).joined(separator: ", ") }
    cipher = tls.flatMap { Shown.optional($0["cipher"]) }
    switch (endpoint["reachable"]?.boolValue, endpoint["starttls"]?.boolValue, tls?["highest"]?.stringValue) {
    case (_, true?, let highest?):
      let isModern = highest == "TLSv1.2" || highest == "TLSv1.3"
      session = Badge(TextReport.printable(highest), isModern ? .good : .bad)
    case (_, false?, _): session = Badge("in the clear", .bad)
    case (false?, _, _): session = Badge("no answer", .doubt)
    case (nil, _, _): session = Badge("no route from here", .quiet)
    default: session = Badge("unknown", .doubt)
    }
    let facts = Shown.present(endpoint["certificate"])
    let isValid = facts?["valid"]?.boolValue == true
    certificate = facts.map { _ in
      isValid ? Badge("valid certificate", .good) : Badge("certificate", provesItself ? .quiet : .bad)
    }
    certificateText = facts.map { EndpointView.text($0, isValid, now) }
    issuer = facts.flatMap { Shown.optional($0["issuer"]) }
    endpointError = Shown.present(endpoint["error"]).map { "\(Shown.text($0["stage"])): \(Shown.text($0["reason"]))" }
    reply = endpoint["error"].flatMap { Shown.optional($0["reply"]) }
  }

  private static func text(_ certificate: JSONValue, _ isValid: Bool, _ now: Timestamp) -> String {
    var parts: [String] = []
    if let end = certificate["notAfter"]?.stringValue.flatMap({ Timestamp($0) }) {
      parts.append("until \(Shown.date(end)), \(Shown.remaining(from: now, to: end))")
    }
    parts.append("\(Shown.text(certificate["key"])) \(Shown.text(certificate["bits"]))")
    if !isValid { parts.append("which does not stand: \(Shown.text(certificate["reason"]))") }
    return parts.joined(separator: ", ")
  }
}
