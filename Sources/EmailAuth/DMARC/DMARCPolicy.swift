/// What the owner of a domain asks receivers to do with mail that fails (RFC 9989 section 4.7, `p`), the weakest first.
public enum DMARCPolicy: String, Hashable, Sendable, CaseIterable, Comparable {
  case none, quarantine, reject

  private var strength: Int {
    switch self {
    case .none: 0
    case .quarantine: 1
    case .reject: 2
    }
  }

  public static func < (lhs: DMARCPolicy, rhs: DMARCPolicy) -> Bool { lhs.strength < rhs.strength }

  /// One level lower, as receivers take it while the record says `t=y` (RFC 9989 section 4.7).
  public var whileTesting: DMARCPolicy {
    switch self {
    case .reject: .quarantine
    case .quarantine, .none: .none
    }
  }
}
