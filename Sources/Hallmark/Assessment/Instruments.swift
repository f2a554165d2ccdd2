import DNS
import Posture

/// What looks at the world. A value of closures: the real ones are libunbound, OpenSSL on channels and HTTPS; a test
/// hands in its own world, and everything above runs the same.
public struct Instruments: Sendable {
  /// Asks the DNS.
  public var lookUp: @Sendable (Question) async -> Answer
  /// Looks at an MX endpoint by one ordinary connection.
  public var observe: @Sendable (EndpointKey) async -> EndpointObservation
  /// Asks for the versions of TLS that an earlier round, where there was one, did not tell.
  public var versions: @Sendable (VersionsKey, VersionsObservation?) async -> VersionsObservation
  /// Fetches an MTA-STS policy.
  public var fetch: @Sendable (PolicyFetchKey) async -> PolicyFetch

  public init(
    lookUp: @escaping @Sendable (Question) async -> Answer,
    observe: @escaping @Sendable (EndpointKey) async -> EndpointObservation,
    versions: @escaping @Sendable (VersionsKey, VersionsObservation?) async -> VersionsObservation,
    fetch: @escaping @Sendable (PolicyFetchKey) async -> PolicyFetch
  ) {
    self.lookUp = lookUp
    self.observe = observe
    self.versions = versions
    self.fetch = fetch
  }

  /// The same, each inquiry counted.
  func counted(by metrics: Metrics?) -> Instruments {
    guard let inquiries = metrics?.inquiries else { return self }
    let (lookUps, probes, versionProbes, fetches) = (
      inquiries["look-up"], inquiries["endpoint"], inquiries["versions"], inquiries["policy"]
    )
    return Instruments(
      lookUp: { [lookUp] in
        lookUps.add()
        return await lookUp($0)
      },
      observe: { [observe] in
        probes.add()
        return await observe($0)
      },
      versions: { [versions] in
        versionProbes.add()
        return await versions($0, $1)
      },
      fetch: { [fetch] in
        fetches.add()
        return await fetch($0)
      })
  }
}
