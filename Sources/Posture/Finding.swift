/// A record to publish.
public struct RemedyRecord: Hashable, Sendable {
  public let name: String
  public let type: String
  public let value: String

  public init(name: String, type: String, value: String) {
    self.name = name
    self.type = type
    self.value = value
  }
}

/// What mends a finding: a sentence, and where a record does it, the record.
public struct Remedy: Hashable, Sendable {
  public let text: String
  public let record: RemedyRecord?

  public init(_ text: String, record: RemedyRecord? = nil) {
    self.text = text
    self.record = record
  }
}

/// What a check found about one requirement; the standard decides what it weighs.
public struct Observation: Hashable, Sendable {
  public enum State: Hashable, Sendable {
    /// Proved not to be so.
    case unmet
    /// Could not be determined.
    case undetermined
  }

  public let requirement: Requirement
  public let state: State
  /// What it is about: a domain, a host, a host with its address, a selector.
  public let subject: String
  /// One sentence for a postmaster.
  public let message: String
  public let remedy: Remedy

  public init(_ requirement: Requirement, _ state: State, subject: String, message: String, remedy: Remedy) {
    self.requirement = requirement
    self.state = state
    self.subject = subject
    self.message = message
    self.remedy = remedy
  }
}

/// An observation weighed by a standard.
public struct Finding: Hashable, Sendable {
  public let id: String
  public let severity: Standard.Level
  public let section: Section
  public let subject: String
  public let message: String
  public let clause: String
  public let remedy: Remedy

  /// Weighs an observation; nil where the standard does not ask for it.
  ///
  /// What could not be determined is a warning whose id ends in `-unknown`, whatever its requirement weighs; where it would be
  /// mere advice it is not worth a line.
  init?(_ observation: Observation, by standard: Standard) {
    guard let rule = standard.rules[observation.requirement] else { return nil }
    switch observation.state {
    case .unmet:
      id = observation.requirement.id
      severity = rule.level
    case .undetermined:
      guard rule.level != .advice else { return nil }
      id = observation.requirement.id + "-unknown"
      severity = .warning
    }
    section = observation.requirement.section
    subject = observation.subject
    message = observation.message
    clause = rule.clause
    remedy = observation.remedy
  }
}
