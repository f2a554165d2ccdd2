/// What a caller may do; each role may do what those before it may.
public enum Role: String, Comparable, Hashable, Sendable, CaseIterable {
  case reader
  case admin

  public static func < (lhs: Role, rhs: Role) -> Bool { lhs == .reader && rhs == .admin }
}

/// Who asks, and for how long the answer is of use. Whoever carries the request fills it in.
///
/// A class, because it is handed on with every call.
public final class CallerContext: Sendable {
  /// nil: nobody has said who asks; only methods without a role answer.
  public let role: Role?
  /// The name beside the token, for the log; empty where there is none.
  public let name: String
  /// The address that the request came from; empty where it came from none. Behind a proxy it is the proxy's.
  public let address: String
  /// When the caller stops waiting; nil where it set no deadline.
  public let deadline: ContinuousClock.Instant?
  /// Stands in the log and in the answer's header.
  public let requestID: String

  public init(
    role: Role?, name: String = "", address: String = "", deadline: ContinuousClock.Instant? = nil,
    requestID: String = ""
  ) {
    self.role = role
    self.name = name
    self.address = address
    self.deadline = deadline
    self.requestID = requestID
  }
}
