import DNS
import Posture
import Synchronization

/// Looks at endpoints for all domains together: one that serves a thousand domains is probed once, by one connection at a
/// time, and what it showed is shared until it expires.
final class EndpointObserver: Sendable {
  /// The most endpoints that are probed at one time; each holds one socket.
  static let maximumProbes = 256
  /// The most observations that are held in memory beside the store.
  static let maximumRecent = 10_000

  private let freshness: Freshness
  private let clock: WallClock
  private let kept: KeptEndpoints
  private let endpointFlights = SingleFlight<EndpointKey, Observed<EndpointObservation>>()
  private let versionsFlights = SingleFlight<VersionsKey, Observed<VersionsObservation>>()
  private let addresses = KeyedGate<IPAddress>()
  private let probes = AsyncGate(EndpointObserver.maximumProbes)
  private let recent = Mutex(Recent())

  /// How to read shared evidence that the store keeps.
  struct KeptEndpoints: Sendable {
    let endpoint: @Sendable (EndpointKey) -> Observed<EndpointObservation>?
    let versions: @Sendable (VersionsKey) -> Observed<VersionsObservation>?

    static let none = KeptEndpoints(endpoint: { _ in nil }, versions: { _ in nil })
  }

  /// What was seen last; it bridges the time until a commit, and serves where there is no store.
  private struct Recent {
    var endpoints: [EndpointKey: Observed<EndpointObservation>] = [:]
    var versions: [VersionsKey: Observed<VersionsObservation>] = [:]

    mutating func makeRoom(at now: Timestamp) {
      if endpoints.count >= maximumRecent {
        endpoints = endpoints.filter { $0.value.expiresAt > now }
        if endpoints.count >= maximumRecent { endpoints = [:] }
      }
      if versions.count >= maximumRecent { versions = [:] }
    }
  }

  init(freshness: Freshness, clock: WallClock, kept: KeptEndpoints) {
    self.freshness = freshness
    self.clock = clock
    self.kept = kept
  }

  /// What is known of the endpoint; nil when nothing that still holds.
  ///
  /// - Parameters:
  ///   - horizon: evidence that expires by then does not count; nil: by now.
  ///   - notBefore: evidence observed before it does not count.
  func known(
    _ key: EndpointKey, outlasting horizon: Timestamp?, notBefore: Timestamp?
  ) -> Observed<EndpointObservation>? {
    guard let found = last(key), found.expiresAt > max(clock.now, horizon ?? clock.now),
      notBefore.map({ found.observedAt >= $0 }) ?? true
    else {
      return nil
    }
    return found
  }

  private func last(_ key: EndpointKey) -> Observed<EndpointObservation>? {
    recent.withLock { $0.endpoints[key] } ?? kept.endpoint(key)
  }

  /// Looks at the endpoint, or takes what is known of it; nil when the caller is cancelled before.
  func endpoint(
    _ key: EndpointKey, outlasting horizon: Timestamp? = nil, notBefore: Timestamp?, with instruments: Instruments
  ) async -> Observed<EndpointObservation>? {
    if let known = known(key, outlasting: horizon, notBefore: notBefore) { return known }
    let flight = endpointFlights.join(key) { [self] in
      let old = last(key)
      let value = await probing(key) { await instruments.observe(key) }
      let observed = freshness.observe(value, at: clock.now, after: old)
      recent.withLock {
        $0.makeRoom(at: observed.observedAt)
        $0.endpoints[key] = observed
      }
      return observed
    }
    return await flight.result()
  }

  /// Asks for each version of TLS by itself, or takes what is known; a forced check does not ask anew, since a server is to be
  /// asked once a day at the most.
  func versions(_ key: VersionsKey, with instruments: Instruments) async -> Observed<VersionsObservation>? {
    let last = recent.withLock { $0.versions[key] } ?? kept.versions(key)
    if let last, last.expiresAt > clock.now { return last }
    let flight = versionsFlights.join(key) { [self] in
      let value = await probing(key.endpoint) { await instruments.versions(key) }
      let observed = freshness.observe(value, at: clock.now)
      recent.withLock {
        $0.makeRoom(at: observed.observedAt)
        $0.versions[key] = observed
      }
      return observed
    }
    return await flight.result()
  }

  /// Never two at once to one address, and never more than the limit in all.
  private func probing<Value: Sendable>(
    _ key: EndpointKey, _ body: @Sendable () async -> Value
  ) async -> Value {
    await addresses.with(key.address) { await probes.with(body) }
  }
}
