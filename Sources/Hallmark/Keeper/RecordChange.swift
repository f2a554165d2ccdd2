import JSON
import Posture

/// What is different between a record and the one before it: the verdict, the findings, and the evidence from what to what.
///
/// What a server says in passing (a reply with a number in it, a count of look-ups) is no change.
struct RecordChange: Sendable {
  /// The most pieces of evidence that one change names.
  static let maximumEvidence = 20
  /// The longest text of what a piece of evidence was or is, in characters.
  static let maximumText = 300

  private let domain: String
  private let at: Timestamp
  private let verdict: String
  private let previous: String?
  private let appeared: [String]
  private let resolved: [String]
  private let evidence: [JSONValue]

  /// nil where the records say the same.
  init?(_ record: PostureRecord, old: StoredRecord?, at now: Timestamp) {
    let new = record.json(stale: false, revision: 0)
    let before = old.flatMap { try? JSONValue(parsing: $0.json, limits: .evidence) }
    let facets = RecordFacets(new)
    let oldFacets = before.map { RecordFacets($0) }
    if let before, facets == oldFacets, RecordChange.judgement(before) == RecordChange.judgement(new) { return nil }
    domain = record.domain.description
    at = now
    verdict = record.verdict.rawValue
    previous = before?["verdict"]?.stringValue
    let oldIDs = Set((before?["findings"]?.arrayValue ?? []).compactMap { $0["id"]?.stringValue })
    let newIDs = Set(record.findings.map(\.id))
    appeared = newIDs.subtracting(oldIDs).sorted()
    resolved = oldIDs.subtracting(newIDs).sorted()
    // At the first check everything is new, and nothing has changed.
    evidence = oldFacets.map { facets.differences(from: $0) } ?? []
  }

  /// What the record concludes, without the words it puts it in.
  private static func judgement(_ record: JSONValue) -> Set<[String]> {
    var lines: Set<[String]> = [[record["verdict"]?.stringValue ?? "", record["standard"]?.stringValue ?? ""]]
    for finding in record["findings"]?.arrayValue ?? [] {
      lines.insert(["id", "severity", "subject"].map { finding[$0]?.stringValue ?? "" })
    }
    return lines
  }

  func json(_ revision: UInt64) -> JSONValue {
    [
      "domain": .string(domain), "at": .string(at.description), "revision": .integer(Int64(clamping: revision)),
      "verdict": .string(verdict), "previous": JSONValue(previous), "appeared": JSONValue(texts: appeared),
      "resolved": JSONValue(texts: resolved), "evidence": .array(evidence),
    ]
  }
}

/// A record as lines that can be held against those of another: what, of whom, and how it is.
private struct RecordFacets: Equatable {
  struct Key: Hashable, Comparable {
    let what: String
    let subject: String

    static func < (lhs: Key, rhs: Key) -> Bool { (lhs.what, lhs.subject) < (rhs.what, rhs.subject) }
  }

  private var facets: [Key: String] = [:]

  init(_ record: JSONValue) {
    let domain = record["domain"]?.stringValue ?? ""
    let encryption = record["encryption"]
    let hosts = encryption?["mx"]?.arrayValue ?? []
    let route = hosts.map { "\(RecordFacets.text($0["preference"])) \(RecordFacets.text($0["host"]))" }
    set("mx", domain, encryption?["nullMx"] == true ? "null MX" : route.joined(separator: ", "))
    for host in hosts { read(host) }
    set("mta-sts", domain, encryption?["mtaSts"], ["status", "id", "mode", "maxAge", "mx"])
    set("tls-rpt", domain, encryption?["tlsRpt"], ["status", "record"])
    let verification = record["verification"]
    set("spf", domain, verification?["spf"], ["status", "record", "all"])
    set("dmarc", domain, verification?["dmarc"], ["status", "foundAt", "record", "effectivePolicy"])
    for key in verification?["dkim"]?.arrayValue ?? [] {
      set("dkim", "\(RecordFacets.text(key["selector"]))._domainkey.\(domain)", key, ["status", "keyType", "bits"])
    }
    set("dkim", domain, RecordFacets.text(verification?["dkimPublished"]))
    set("assurance", domain, record["assurance"], ["verdict", "scheme", "reference", "validUntil"])
    set("dnssec", domain, RecordFacets.text(record["dnssec"]))
  }

  private mutating func read(_ host: JSONValue) {
    let name = RecordFacets.text(host["host"])
    set("dane", name, host["dane"], ["status", "usable", "matches"])
    let endpoints = host["endpoints"]?.arrayValue ?? []
    set("address", name, endpoints.map { RecordFacets.text($0["address"]) }.joined(separator: ", "))
    for endpoint in endpoints {
      let subject = "\(name) [\(RecordFacets.text(endpoint["address"]))]"
      let starttls = endpoint["starttls"] == false ? "no STARTTLS" : ""
      set(
        "tls", subject,
        endpoint["tls"] == .null ? starttls : RecordFacets.words(endpoint["tls"], ["lowest", "highest"]))
      set(
        "certificate", subject, endpoint["certificate"], ["valid", "subjectNames", "issuer", "notAfter", "key", "bits"])
    }
  }

  private mutating func set(_ what: String, _ subject: String, _ value: JSONValue?, _ keys: [String]) {
    set(what, subject, RecordFacets.words(value, keys))
  }

  private mutating func set(_ what: String, _ subject: String, _ text: String) {
    guard !text.isEmpty else { return }
    facets[Key(what: what, subject: subject)] = text
  }

  private static func words(_ value: JSONValue?, _ keys: [String]) -> String {
    guard let value, value != .null else { return "" }
    return keys.compactMap { key in
      let text = text(value[key])
      return text.isEmpty ? nil : key == "status" || key == "verdict" ? text : "\(key) \(text)"
    }.joined(separator: ", ")
  }

  private static func text(_ value: JSONValue?) -> String {
    switch value {
    case .string(let text)?: text
    case .bool(let flag)?: String(flag)
    case .integer(let number)?: String(number)
    case .array(let items)?: items.map { text($0) }.joined(separator: " ")
    default: ""
    }
  }

  func differences(from old: RecordFacets) -> [JSONValue] {
    Set(facets.keys).union(old.facets.keys).sorted().lazy.filter { facets[$0] != old.facets[$0] }
      .prefix(RecordChange.maximumEvidence).map { key in
        [
          "what": .string(key.what), "subject": .string(key.subject), "from": shown(old.facets[key]),
          "to": shown(facets[key]),
        ]
      }
  }

  private func shown(_ text: String?) -> JSONValue {
    guard let text else { return .null }
    return .string(text.count <= RecordChange.maximumText ? text : text.prefix(RecordChange.maximumText - 1) + "…")
  }
}
