import JSON
import Posture

/// One part of the record: its verdict, what was found, what is wrong, and how each requirement stands.
struct SectionView: Sendable {
  let id: String
  let title: String
  let question: String
  let verdict: Badge
  let facts: [Fact]
  let findings: [FindingView]
  let requirements: [RequirementView]
  let summary: String

  var hasRequirements: Bool { !requirements.isEmpty }

  init(
    _ id: String, _ verdict: JSONValue?, _ facts: [Fact], _ findings: [JSONValue], _ requirements: [RequirementView]
  ) {
    self.id = id
    self.facts = facts
    self.verdict = Badge(section: verdict?.stringValue ?? "unknown")
    self.findings = findings.enumerated().filter { $0.element["section"]?.stringValue == id }.map {
      FindingView($0.element, number: $0.offset)
    }
    self.requirements = requirements.filter { $0.section == id }
    summary = RequirementView.summary(self.requirements)
    switch id {
    case "encryption": (title, question) = ("Encryption", "Is mail to it secure on its way?")
    case "verification": (title, question) = ("Verification", "Can mail that pretends to come from it be told?")
    default: (title, question) = ("Assurance", "Is the mail looked after once it is there?")
    }
  }
}

/// Something that is not as the standard wants it.
struct FindingView: Sendable {
  let anchor: String
  let id: String
  let severity: Badge
  let message: String
  let clause: String
  let remedy: String
  let record: RecordView?

  init(_ finding: JSONValue, number: Int) {
    anchor = "finding-\(number + 1)"
    id = Shown.text(finding["id"])
    let level = finding["severity"]?.stringValue ?? ""
    severity = Badge(level, level == "error" ? .bad : level == "warning" ? .doubt : .quiet)
    message = Shown.text(finding["message"])
    clause = Shown.text(finding["clause"])
    remedy = Shown.text(finding["remedy"]?["text"])
    record = Shown.present(finding["remedy"]?["record"]).map { RecordView($0, anchor: "record-\(number + 1)") }
  }
}

/// A record to publish.
struct RecordView: Sendable {
  let recordAnchor: String
  let owner: String
  let recordType: String
  let recordValue: String

  /// As a line of a zone file would have it, but for long strings, which stand there as several.
  var line: String { "\(owner). \(recordType) \(recordValue)" }

  init(_ record: JSONValue, anchor: String) {
    recordAnchor = anchor
    owner = Shown.text(record["name"])
    recordType = Shown.text(record["type"])
    recordValue = Shown.text(record["value"])
  }
}
