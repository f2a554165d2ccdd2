import JSON
import Posture

/// What was found, apart from the way of the mail, as lines.
enum FactList {
  static func encryption(_ record: JSONValue) -> [Fact] {
    let section = record["encryption"]
    var facts: [Fact] = []
    if section?["nullMx"]?.boolValue == true { facts.append(Fact("MX", "null MX: it takes no mail")) }
    if section?["implicitMx"]?.boolValue == true {
      facts.append(Fact("MX", "no MX record: mail goes to the domain's own address"))
    }
    facts.append(mtaSTS(section?["mtaSts"]))
    let report = section?["tlsRpt"]
    facts.append(Fact("TLS-RPT", status(report, []), quotes: [Shown.optional(report?["record"])].compactMap { $0 }))
    facts.append(Fact("DNSSEC", Shown.text(record["dnssec"])))
    return facts
  }

  private static func mtaSTS(_ policy: JSONValue?) -> Fact {
    var parts: [String] = []
    if let mode = Shown.optional(policy?["mode"]) { parts.append("mode \(mode)") }
    if let age = policy?["maxAge"]?.integerValue { parts.append("kept for \(age) seconds") }
    if let covers = policy?["coversEveryMx"]?.boolValue {
      parts.append(covers ? "covers every MX host" : "leaves an MX host out")
    }
    if let id = Shown.optional(policy?["id"]) { parts.append("id \(id)") }
    return Fact("MTA-STS", status(policy, parts), quotes: Shown.list(policy?["mx"]).map { "mx: \($0)" })
  }

  static func verification(_ section: JSONValue?) -> [Fact] {
    [spf(section?["spf"]), dmarc(section?["dmarc"])] + dkim(section)
  }

  private static func spf(_ spf: JSONValue?) -> Fact {
    var parts: [String] = []
    if let all = Shown.optional(spf?["all"]) { parts.append("ends in \(all)all") }
    if let lookups = spf?["lookups"]?.integerValue {
      parts.append(Shown.count(Int(clamping: lookups), "look-up") + " of 10")
    }
    if let void = spf?["voidLookups"]?.integerValue, void > 0 {
      parts.append(Shown.count(Int(clamping: void), "void look-up"))
    }
    if let reason = Shown.optional(spf?["error"]?["reason"]) {
      let term = Shown.optional(spf?["error"]?["term"]).map { " at \($0)" } ?? ""
      parts.append(reason + term)
    }
    return Fact("SPF", status(spf, parts), quotes: [Shown.optional(spf?["record"])].compactMap { $0 })
  }

  private static func dmarc(_ dmarc: JSONValue?) -> Fact {
    var parts: [String] = []
    if let policy = Shown.optional(dmarc?["policy"]) { parts.append("policy \(policy)") }
    if let place = Shown.optional(dmarc?["foundAt"]) { parts.append("from \(place)") }
    if dmarc?["testing"]?.boolValue == true {
      parts.append("a test, which counts as \(Shown.text(dmarc?["effectivePolicy"]))")
    }
    let reports = Shown.list(dmarc?["rua"])
    if !reports.isEmpty { parts.append("reports to \(reports.joined(separator: ", "))") }
    return Fact("DMARC", status(dmarc, parts), quotes: [Shown.optional(dmarc?["record"])].compactMap { $0 })
  }

  private static func dkim(_ section: JSONValue?) -> [Fact] {
    var facts = (section?["dkim"]?.arrayValue ?? []).map { key -> Fact in
      var parts: [String] = []
      if let bits = key["bits"]?.integerValue { parts.append("\(Shown.text(key["keyType"])) of \(bits) bits") }
      if key["testing"]?.boolValue == true { parts.append("a test") }
      return Fact("DKIM", "\(Shown.text(key["selector"])): \(status(key, parts))")
    }
    switch section?["dkimPublished"] {
    case .bool(true)?: facts.append(Fact("DKIM", "keys are published"))
    case .bool(false)?: facts.append(Fact("DKIM", "nothing is published"))
    default: if facts.isEmpty { facts.append(Fact("DKIM", "cannot be told without selectors")) }
    }
    return facts
  }

  static func assurance(_ section: JSONValue?, at now: Timestamp) -> [Fact] {
    guard let scheme = Shown.optional(section?["scheme"]) else {
      return [Fact("Assessment", "none is known")]
    }
    let end = section?["validUntil"]?.stringValue.flatMap { Timestamp($0) }
    let until = end.map { "until \(Shown.date($0)), \(Shown.remaining(from: now, to: $0))" } ?? "without a term"
    return [Fact(scheme, "\(Shown.text(section?["reference"])), \(until)")]
  }

  private static func status(_ value: JSONValue?, _ parts: [String]) -> String {
    let error = value?["error"]?.stringValue.map { [TextReport.printable($0)] } ?? []
    return ([Shown.text(value?["status"])] + parts + error).joined(separator: ", ")
  }
}

/// A line of what was found: a name, what stands there, and what was published where that is worth showing.
struct Fact: Sendable {
  let label: String
  let value: String
  let quotes: [String]

  init(_ label: String, _ value: String, quotes: [String] = []) {
    self.label = label
    self.value = value
    self.quotes = quotes
  }
}
