import JSON

/// What is to be compared of a pair verdict.
struct SenderVerdict: Hashable, Sendable, CustomStringConvertible {
  let grade: String
  var mechanism: String?
  /// The lowest version, where mail is encrypted everywhere.
  var tls: String?
  let secure: Bool?

  var description: String {
    "\(grade) by \(mechanism ?? "nothing"), \(tls ?? "no TLS version"), secure: \(secure.map { "\($0)" } ?? "null")"
  }
}

extension SenderVerdict {
  init?(pair: JSONValue) {
    guard let grade = pair["transport"]?["grade"]?.stringValue else { return nil }
    let encrypts = ["authenticated", "encrypted", "weak"].contains(grade)
    self.init(
      grade: grade, mechanism: pair["transport"]?["mechanism"]?.stringValue,
      tls: encrypts ? pair["transport"]?["tls"]?.stringValue : nil, secure: pair["secure"]?.boolValue)
  }

  /// The rules: what the grades mean, said in what a real Postfix does.
  init(recipient: String, _ routes: [SenderRoute]) {
    let hosts = Dictionary(grouping: routes, by: \.host).map { SenderHost(recipient, $0.key, $0.value) }
    let reached = routes.filter { $0.may.channel != .none }
    let versions = reached.compactMap(\.version)
    let secure = SenderVerdict.secure(hosts, reached)
    // undeliverable: no one can deliver, or no sender that validates can, at any host.
    if hosts.allSatisfy({ $0.isNowhere || $0.isForbidden }) {
      self.init(grade: "undeliverable", secure: secure)
      // plaintext: `may` delivers in the clear at some host.
    } else if reached.contains(where: { $0.may.channel == .plain }) {
      self.init(grade: "plaintext", secure: secure)
      // weak: `may` comes to no better than TLS 1.1 at some host.
    } else if versions.contains(where: { $0 < "TLSv1.2" }) {
      self.init(grade: "weak", tls: versions.min(), secure: secure)
      // unknown: no level delivers at some host, for reasons that may pass.
    } else if hosts.contains(where: { !$0.isNowhere && $0.isUnknown }) {
      self.init(grade: "unknown", secure: secure)
      // authenticated by dane: `dane` delivers Verified at every host.
    } else if reached.allSatisfy(\.dane.isVerified) {
      self.init(grade: "authenticated", mechanism: "dane", tls: versions.min(), secure: secure)
      // authenticated by mta-sts: `sts` does, but where DANE comes first.
    } else if reached.allSatisfy({ $0.dane.isVerified || ($0.dane.channel != .none && $0.sts?.isVerified == true) }) {
      self.init(grade: "authenticated", mechanism: "mta-sts", tls: versions.min(), secure: secure)
      // encrypted: `may` comes to TLS 1.2 or better at every host.
    } else {
      self.init(grade: "encrypted", tls: versions.min(), secure: secure)
    }
  }

  /// The baseline, at every host: TLS 1.2 or better, and a trusted certificate that names it, or DANE in its place.
  private static func secure(_ hosts: [SenderHost], _ reached: [SenderRoute]) -> Bool? {
    if hosts.allSatisfy(\.isNowhere) { return false }
    let good = reached.allSatisfy { route in
      route.version.map { $0 >= "TLSv1.2" } == true && (route.secure.isVerified || route.dane.isVerified)
    }
    if !good { return false }
    return hosts.contains { !$0.isNowhere && $0.isUnknown } ? nil : true
  }
}

extension SenderRoute {
  /// The version of TLS that `may` comes to; they sort as they are written.
  var version: String? {
    guard case .tls(_, let version) = may.channel else { return nil }
    return version
  }

  /// A sender that validates must not deliver here, though one that does not can. DANE comes first, and MTA-STS does
  /// not mend its failure (RFC 8461 section 2).
  var isForbidden: Bool {
    guard may.channel != .none else { return false }
    return dane.channel == .none || (!dane.isVerified && sts?.channel == SenderDelivery.Channel.none)
  }
}

/// One MX host: all of its addresses.
private struct SenderHost {
  /// Nobody can ever deliver there: a null MX, a name or a host without an address, or, where the address is the
  /// domain's own for want of an MX record, no SMTP server.
  let isNowhere: Bool
  let isForbidden: Bool
  /// Nobody answers, or somebody who will not talk now.
  let isUnknown: Bool

  init(_ recipient: String, _ host: String, _ routes: [SenderRoute]) {
    isNowhere = routes.allSatisfy { route in
      let isBounced = route.may.status == "bounced" && route.may.relay == "none"
      let isRefused = ["Connection refused", "refused to talk to me: 5"].contains { route.may.reason.contains($0) }
      return isBounced || (host == recipient && isRefused)
    }
    let answering = routes.filter { $0.may.channel != .none || $0.may.isTurnedAway }
    isForbidden = !answering.isEmpty && answering.allSatisfy(\.isForbidden)
    isUnknown = answering.isEmpty || answering.contains { $0.may.channel == .none }
  }
}
