import DNS

/// What a domain asks of senders (RFC 8461 section 3.2).
public struct MTASTSPolicy: Hashable, Sendable {
  public enum Mode: String, Hashable, Sendable, CaseIterable {
    /// Mail must not go to a host that the policy does not name, or that does not prove itself (RFC 8461 section 5).
    case enforce
    /// Mail goes all the same, and failures are reported where the domain has TLS-RPT.
    case testing
    /// The domain has no policy any more.
    case none
  }

  /// The longest that a policy may be kept, in seconds: about a year (RFC 8461 section 3.2).
  public static let maximumMaxAge = 31_557_600
  /// The most octets of a policy that are read (RFC 8461 section 3.3 suggests 64 kilobytes).
  public static let maximumBodyLength = 65_536

  public let mode: Mode
  /// For how long senders keep the policy, in seconds.
  public let maxAge: Int
  /// The patterns in their order; there may be none in mode none.
  public let patterns: [MTASTSPattern]

  init(mode: Mode, maxAge: Int, patterns: [MTASTSPattern]) {
    self.mode = mode
    self.maxAge = maxAge
    self.patterns = patterns
  }

  /// The patterns as published.
  public var mx: [String] { patterns.map(\.text) }

  /// Whether some pattern lets the host through (RFC 8461 section 4.1).
  public func covers(_ host: DomainName) -> Bool { patterns.contains { $0.matches(host) } }

  /// The hosts that no pattern lets through, in their order: in mode enforce, those that get no mail from senders
  /// that validate.
  public func uncovered(_ hosts: some Sequence<DomainName>) -> [DomainName] { hosts.filter { !covers($0) } }

  /// The host that a domain's policy lies on (RFC 8461 section 3.3); nil for a name too long to have one.
  public static func host(of domain: DomainName) -> DomainName? { domain.prepending("mta-sts") }
}
