/// What a domain is held against: which requirements count, at what level, by which clause. A value; the files live in
/// API/standards.
public struct Standard: Hashable, Sendable {
  public enum Level: String, Hashable, Sendable, CaseIterable, Comparable {
    case error, warning, advice

    private var order: Int {
      switch self {
      case .error: 0
      case .warning: 1
      case .advice: 2
      }
    }

    public static func < (lhs: Level, rhs: Level) -> Bool { lhs.order < rhs.order }
  }

  public struct Rule: Hashable, Sendable {
    public let level: Level
    /// The clause of the standard or the RFC that asks for it.
    public let clause: String
    public let source: String

    public init(level: Level, clause: String, source: String) {
      self.level = level
      self.clause = clause
      self.source = source
    }
  }

  public let name: String
  public let title: String
  public let version: String
  public let rules: [Requirement: Rule]
  /// What tells two readings of a standard apart: a record that was judged by another one is judged anew. It rests on
  /// the rules themselves, since who edits a copy may leave its name and version as they were.
  public let identity: String
  /// The places in `Checks.all` of the checks that it takes.
  let checks: [Int]

  public init(name: String, title: String, version: String, rules: [Requirement: Rule]) {
    self.name = name
    self.title = title
    self.version = version
    self.rules = rules
    checks = Checks.places(askedBy: rules)
    identity = "\(name)/\(version)/\(String(Standard.digest(rules), radix: 16))"
  }

  /// Over the rules in the order of their ids.
  private static func digest(_ rules: [Requirement: Rule]) -> UInt64 {
    let lines = rules.sorted { $0.key.id < $1.key.id }.map { requirement, rule in
      "\(requirement.id)\n\(rule.level.rawValue)\n\(rule.clause)\n\(rule.source)\n"
    }
    return FNV1a.digest(lines.joined().utf8)
  }
}

/// The parts of a record that findings belong to.
public enum Section: String, Hashable, Sendable, CaseIterable {
  case encryption, verification, assurance
}

/// One thing that a check can find unmet. Its id is the finding's id; each is declared beside the check that looks at it, and
/// what a standard does not name is looked at and not reported.
public struct Requirement: Hashable, Sendable {
  public let id: String
  public let section: Section

  init(_ id: String, _ section: Section) {
    self.id = id
    self.section = section
  }
}
