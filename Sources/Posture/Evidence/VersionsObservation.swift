/// What an endpoint does when it is offered less than the best: older versions of TLS, and suites that are broken.
/// A reference to what never changes, as `EndpointObservation` is.
public final class VersionsObservation: Equatable, Sendable {
  /// The versions that a handshake came about with.
  public let offered: Set<TLSVersion>
  /// The versions that were refused by the endpoint: proof that they are not offered.
  public let refused: Set<TLSVersion>
  /// nil where it was not asked, or could not be told.
  public let weakSuites: WeakSuites?
  /// What ended the asking before its end; nil where everything was asked for.
  public let failure: ProbeFailure?
  /// What is offered, the oldest version first.
  let offeredInOrder: [TLSVersion]
  /// The versions that are in neither set, the oldest first.
  let open: [TLSVersion]

  public init(
    offered: Set<TLSVersion>, refused: Set<TLSVersion>, weakSuites: WeakSuites? = nil, failure: ProbeFailure? = nil
  ) {
    self.offered = offered
    self.refused = refused
    self.weakSuites = weakSuites
    self.failure = failure
    offeredInOrder = offered.sorted()
    open = TLSVersion.allCases.filter { !offered.contains($0) && !refused.contains($0) }
  }

  public static func == (lhs: VersionsObservation, rhs: VersionsObservation) -> Bool {
    lhs === rhs
      || (lhs.offered, lhs.refused, lhs.weakSuites, lhs.failure)
        == (rhs.offered, rhs.refused, rhs.weakSuites, rhs.failure)
  }

  /// Each version is in one of the two sets, and it is known what becomes of weak suites.
  public var isComplete: Bool { weakSuites != nil && open.isEmpty }
}

/// What an endpoint did when it was offered nothing but weak suites.
public enum WeakSuites: Hashable, Sendable {
  /// It took this one.
  case accepted(WeakSuite)
  /// It refused: proof that it takes none of those that were offered.
  case refused
}

/// A cipher suite that no sender should have to use.
public struct WeakSuite: Hashable, Sendable {
  /// Why it is weak; where several hold, the first.
  public enum Weakness: String, Hashable, Sendable, CaseIterable {
    /// Nothing is encrypted (RFC 9325 section 4.1).
    case unencrypted
    /// The cipher or the hash is broken: EXPORT, RC4, DES, 3DES, RC2, IDEA, MD5.
    case broken
    /// The server does not prove who it is, so that anyone on the way can be it. RFC 5246 appendix A.5 leaves that to
    /// opportunistic encryption: it is better than none.
    case anonymous
  }

  /// The IANA name.
  public let name: String
  public let weakness: Weakness

  public init(name: String, weakness: Weakness) {
    self.name = name
    self.weakness = weakness
  }
}
