import JSON
import Posture

/// One requirement of the standard, and how it stands.
struct RequirementView: Sendable {
  /// In the order in which a list has them: what there is to do comes first.
  enum State: String, Sendable, CaseIterable {
    case unmet, undetermined, met
    /// There is nothing that it could be asked of.
    case irrelevant

    var badge: Badge {
      switch self {
      case .met: Badge("met", .good)
      case .unmet: Badge("not met", .bad)
      case .undetermined: Badge("not determined", .doubt)
      case .irrelevant: Badge("does not apply", .quiet)
      }
    }
  }

  let id: String
  let requirementTitle: String
  let section: String
  let level: String
  let requirementClause: String
  let state: State
  let stateBadge: Badge

  /// All requirements of the standard: by how they stand, and of those what it requires first.
  static func all(_ standard: Standard, _ record: JSONValue) -> [RequirementView] {
    let found = Set((record["findings"]?.arrayValue ?? []).compactMap { $0["id"]?.stringValue })
    let subjects = Subjects(record)
    let all = standard.rules.sorted { ($0.value.level, $0.key.id) < ($1.value.level, $1.key.id) }
      .map { RequirementView($0.key, $0.value, found, subjects) }
    return State.allCases.flatMap { state in all.filter { $0.state == state } }
  }

  private init(
    _ requirement: Requirement, _ rule: Standard.Rule, _ found: Set<String>, _ subjects: Subjects
  ) {
    id = requirement.id
    requirementTitle = RequirementTitles.title(of: id)
    section = requirement.section.rawValue
    level = rule.level == .error ? "required" : rule.level == .warning ? "wanted" : "advised"
    requirementClause = rule.clause
    if found.contains(id) {
      state = .unmet
    } else if found.contains(id + "-unknown") {
      state = .undetermined
    } else {
      state = subjects.exist(for: requirement)
    }
    stateBadge = state.badge
  }

  /// How many stand how, in words.
  static func summary(_ requirements: [RequirementView]) -> String {
    let words: [(State, String)] = [
      (.unmet, "not met"), (.undetermined, "not determined"), (.met, "met"), (.irrelevant, "not applicable"),
    ]
    return words.compactMap { state, word in
      let count = requirements.count { $0.state == state }
      return count == 0 ? nil : "\(count) \(word)"
    }.joined(separator: ", ")
  }

  /// What there is in a record that requirements can be asked of. Where nothing was found against a requirement it is met,
  /// unless the thing that it is about is not there, or could not be seen.
  private struct Subjects {
    private let record: JSONValue
    private let hosts: [JSONValue]
    private let endpoints: [JSONValue]

    init(_ record: JSONValue) {
      self.record = record
      hosts = record["encryption"]?["mx"]?.arrayValue ?? []
      endpoints = hosts.flatMap { $0["endpoints"]?.arrayValue ?? [] }
    }

    func exist(for requirement: Requirement) -> State {
      let id = requirement.id
      if id.hasPrefix("mx-") { return mail(id) }
      if id.hasPrefix("dane-") { return dane(id) }
      if id.hasPrefix("mta-sts-") {
        return policy(record["encryption"]?["mtaSts"], isExistence: id == "mta-sts-missing")
      }
      if id.hasPrefix("tls-rpt-") {
        return policy(record["encryption"]?["tlsRpt"], isExistence: id == "tls-rpt-missing")
      }
      // There is one for public suffixes alone, and a finding says of each that it is one.
      if id == "dmarc-psd", !isPublicSuffix { return .irrelevant }
      if id.hasPrefix("spf-") { return policy(record["verification"]?["spf"], isExistence: id == "spf-missing") }
      if id.hasPrefix("dmarc-") { return policy(record["verification"]?["dmarc"], isExistence: id == "dmarc-missing") }
      if id.hasPrefix("dkim-") { return dkim(id) }
      if id.hasPrefix("assurance-") {
        return record["assurance"]?["verdict"]?.stringValue == "none" ? .irrelevant : .met
      }
      // What is not secure is on no whitelist, or is about to leave it, which is a finding.
      if id.hasPrefix("whitelist-") { return record["verdict"]?.stringValue == "secure" ? .met : .irrelevant }
      if id.hasPrefix("dnssec-"), record["dnssec"]?.stringValue == "unknown" { return .undetermined }
      if id == "downgrade-protection", hosts.isEmpty { return .irrelevant }
      return .met
    }

    private var isPublicSuffix: Bool {
      record["findings"]?.arrayValue?.contains { $0["id"]?.stringValue == "name-public-suffix" } == true
    }

    private func mail(_ id: String) -> State {
      if id == "mx-lookup" { return .met }
      guard !hosts.isEmpty else { return .irrelevant }
      let needsSession = ["mx-tls", "mx-certificate", "mx-weak", "mx-forward"].contains { id.hasPrefix($0) }
      if needsSession, !endpoints.contains(where: { $0["tls"]?.objectValue != nil }) { return nothingSeen }
      if id.hasPrefix("mx-starttls"), !endpoints.contains(where: { $0["starttls"]?.boolValue != nil }) {
        return .undetermined
      }
      return .met
    }

    /// Without a session there is nothing to judge: proved where STARTTLS is proved not to work.
    private var nothingSeen: State {
      endpoints.contains { $0["starttls"]?.boolValue == false } ? .irrelevant : .undetermined
    }

    private func dane(_ id: String) -> State {
      guard !hosts.isEmpty else { return .irrelevant }
      let states = hosts.compactMap { $0["dane"]?["status"]?.stringValue }
      if states.contains("unknown") { return .undetermined }
      if id == "dane-missing" { return .met }
      return states.contains { $0 == "secure" || $0 == "bogus" } ? .met : .irrelevant
    }

    private func policy(_ value: JSONValue?, isExistence: Bool) -> State {
      switch value?["status"]?.stringValue {
      case "unknown", nil: .undetermined
      case "none": isExistence ? .met : .irrelevant
      default: .met
      }
    }

    private func dkim(_ id: String) -> State {
      let verification = record["verification"]
      let keys = verification?["dkim"]?.arrayValue ?? []
      guard keys.isEmpty else { return .met }
      if id == "dkim-missing" || id == "dkim-published" {
        return verification?["dkimPublished"]?.boolValue == nil ? .undetermined : .met
      }
      return .irrelevant
    }
  }
}
