import JSON
import Posture

/// What is said of one domain, as a page and as plain text: made of the record that goes out as JSON, so that all three
/// say the same.
struct DomainView: Sendable {
  let name: String
  let unicodeName: String?
  let verdict: Badge
  let sentence: String
  let encryption: SectionView
  let verification: SectionView
  let assurance: SectionView
  /// The three in their order.
  let sections: [SectionView]
  let path: PathView
  let standard: String
  let checkedAt: String
  let expiresAt: String
  let isStale: Bool
  /// Kept beside the record; empty where nothing is kept.
  var history: [HistoryRow] = []
  var hasHistory: Bool { !history.isEmpty }
  /// When it will be looked at again, for what is watched.
  var nextLook = ""
  var organisations = ""

  /// - Parameters:
  ///   - standard: that the record was judged by; nil: the requirements that are met are not listed.
  ///   - now: decides how many days are left.
  init(_ record: JSONValue, standard: Standard? = nil, at now: Timestamp? = nil) {
    let now = now ?? record["checkedAt"]?.stringValue.flatMap { Timestamp($0) } ?? Timestamp(seconds: 0)
    name = Shown.text(record["domain"])
    unicodeName = Shown.optional(record["unicodeDomain"])
    let word = record["verdict"]?.stringValue ?? "unknown"
    verdict = Badge(verdict: word)
    self.standard = Shown.text(record["standard"])
    let findings = record["findings"]?.arrayValue ?? []
    sentence = DomainView.sentence(word, name, self.standard, findings)
    let states = standard.map { RequirementView.all($0, record) } ?? []
    let path = PathView(record, at: now)
    self.path = path
    encryption = SectionView(
      "encryption", record["encryption"]?["verdict"], FactList.encryption(record), findings, states)
    verification = SectionView(
      "verification", record["verification"]?["verdict"], FactList.verification(record["verification"]), findings,
      states)
    assurance = SectionView(
      "assurance", record["assurance"]?["verdict"], FactList.assurance(record["assurance"], at: now), findings, states)
    sections = [encryption, verification, assurance]
    checkedAt = Shown.moment(record["checkedAt"]?.stringValue)
    expiresAt = Shown.moment(record["expiresAt"]?.stringValue)
    isStale = record["stale"]?.boolValue ?? false
  }

  private static func sentence(
    _ verdict: String, _ name: String, _ standard: String, _ findings: [JSONValue]
  ) -> String {
    let errors = findings.count { $0["severity"]?.stringValue == "error" }
    let open = findings.count { $0["id"]?.stringValue?.hasSuffix("-unknown") == true }
    switch verdict {
    case "secure":
      return "Every requirement of the standard \(standard) is met: mail to \(name) is encrypted on its way, and mail "
        + "that pretends to come from it can be told."
    case "insecure":
      return "\(Shown.count(errors, "requirement")) of the standard \(standard) \(errors == 1 ? "is" : "are") "
        + "proved not to be met."
    case "no-mail": return "\(name) takes no mail and sends none, and says so, which meets every standard."
    default:
      let what = open == 0 ? "some of it" : Shown.count(open, "requirement")
      return "Nothing is proved wrong, but \(what) could not be determined."
    }
  }
}

/// One change of the domain's record.
struct HistoryRow: Sendable {
  let at: String
  let verdict: Badge
  let what: String

  init?(_ change: JSONValue) {
    guard let verdict = change["verdict"]?.stringValue else { return nil }
    at = Shown.moment(change["at"]?.stringValue)
    self.verdict = Badge(verdict: verdict)
    var parts: [String] = []
    if let previous = change["previous"]?.stringValue {
      if previous != verdict { parts.append("was \(Badge.word(ofVerdict: previous))") }
    } else {
      parts.append("first look")
    }
    for (key, title) in [("appeared", "new"), ("resolved", "gone")] {
      let ids = Shown.list(change[key])
      if !ids.isEmpty { parts.append("\(title): \(ids.joined(separator: ", "))") }
    }
    what = parts.isEmpty ? "the details changed" : parts.joined(separator: "; ")
  }
}
