import DNS
import Posture
import Synchronization

/// Looks at endpoints for all domains together: one that serves a thousand domains is probed once, by one connection at a
/// time, and what it showed is shared until it expires.
final class EndpointObserver: Sendable {
  /// The most endpoints that are probed at one time; each holds one socket.
  static let maximumProbes = 256
  /// The most policies that are fetched from one address at one time: a web server takes more than one, and a provider
  /// may hold those of thousands of domains.
  static let maximumFetchesPerAddress = 8
  /// The most of them that the verifier has under way: silent hosts hold a place for as long as a probe may take, and a caller's
  /// check must not wait for them.
  static let maximumBackgroundProbes = 192
  /// The most of them that the verifier and strangers have under way together (`Urgency`).
  static let maximumUncertainProbes = 224
  /// The most observations that are held in memory beside the store.
  static let maximumRecent = 10_000

  private let freshness: Freshness
  private let clock: WallClock
  private let kept: KeptEndpoints
  private let endpointFlights = SingleFlight<FlightKey<EndpointKey>, Observed<EndpointObservation>>()
  private let versionsFlights = SingleFlight<FlightKey<VersionsKey>, Observed<VersionsObservation>>()
  private let addresses = KeyedGate<IPAddress>(places: 1)
  private let policyHosts = KeyedGate<IPAddress>(places: EndpointObserver.maximumFetchesPerAddress)
  private let probes = AsyncGate(
    EndpointObserver.maximumProbes,
    shares: AsyncGate.Shares(
      stranger: EndpointObserver.maximumUncertainProbes, verifier: EndpointObserver.maximumBackgroundProbes))
  private let recent = Mutex(Recent())

  /// A caller does not join a flight of the verifier's, which may still wait behind others of its kind: it has one of its own,
  /// and whichever comes second finds what the first brought.
  private struct FlightKey<Key: Hashable & Sendable>: Hashable, Sendable {
    let key: Key
    let urgency: Urgency
  }

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
    var addresses = AddressMemory()

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
    guard let found = last(key), found.holds(at: clock.now), found.expiresAt > horizon ?? clock.now,
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
    _ key: EndpointKey, outlasting horizon: Timestamp? = nil, notBefore: Timestamp?, _ urgency: Urgency = .caller,
    with instruments: Instruments
  ) async -> Observed<EndpointObservation>? {
    if let known = known(key, outlasting: horizon, notBefore: notBefore) { return known }
    let flight = endpointFlights.join(FlightKey(key: key, urgency: urgency)) { [self] in
      let old = last(key)
      return await probing(key, urgency) { [self] in
        // Another flight was there while this one waited.
        if let found = last(key), found != old, found.holds(at: clock.now) { return found }
        if let refusal = refusal(key, notBefore: notBefore) { return refusal }
        return keep(await instruments.observe(key), of: key)
      }
    }
    return await flight.result()
  }

  /// What the address said to another name, or to this one, and what therefore holds without a connection.
  private func refusal(_ key: EndpointKey, notBefore: Timestamp?) -> Observed<EndpointObservation>? {
    let now = clock.now
    // It may have been said before a restart.
    if let old = last(key), old.holds(at: now), old.value.failure?.isRequestToWait == true { return old }
    guard let shared = recent.withLock({ $0.addresses.refusal(key, notBefore: notBefore, at: now) }) else { return nil }
    let observed = Observed(
      shared.value, observedAt: now, expiresAt: shared.expiresAt, failingSince: last(key)?.failingSince ?? now,
      failures: shared.failures)
    recent.withLock { $0.endpoints[key] = observed }
    return observed
  }

  private func keep(_ value: EndpointObservation, of key: EndpointKey) -> Observed<EndpointObservation> {
    let own = last(key)
    let failures = max(own?.failures ?? 0, recent.withLock { $0.addresses.last(key) }?.failures ?? 0)
    // The back-off is the address's; since when this very host answers nobody is its own.
    let row = Observed(
      value, observedAt: clock.now, expiresAt: clock.now, failingSince: own?.failingSince, failures: failures)
    let observed = freshness.observe(value, at: clock.now, after: row)
    recent.withLock {
      $0.makeRoom(at: observed.observedAt)
      $0.endpoints[key] = observed
      $0.addresses.note(observed, at: key)
    }
    return observed
  }

  /// Asks for older versions of TLS and for weak suites, or takes what is known; a forced check does not ask anew, since a
  /// server is to be asked once a day at the most, nor does another best version. What an earlier round told before it was
  /// broken off is not asked again.
  func versions(
    _ key: VersionsKey, _ urgency: Urgency = .caller, with instruments: Instruments
  ) async -> Observed<VersionsObservation>? {
    if let known = knownVersions(key) { return known }
    let flight = versionsFlights.join(FlightKey(key: key, urgency: urgency)) { [self] in
      await probing(key.endpoint, urgency) { [self] in
        // Another flight was there while this one waited.
        if let known = knownVersions(key) { return known }
        if let refusal = versionsRefusal(key) { return refusal }
        return keep(await instruments.versions(key, told(key)), of: key)
      }
    }
    return await flight.result()
  }

  private func lastVersions(_ key: VersionsKey) -> Observed<VersionsObservation>? {
    let recent = recent.withLock { recent in
      VersionsRound.last(key, at: clock.now) { recent.versions[$0] }
    }
    if let recent, recent.holds(at: clock.now) { return recent }
    return VersionsRound.newest([recent, kept.versions(key)])
  }

  private func knownVersions(_ key: VersionsKey) -> Observed<VersionsObservation>? {
    lastVersions(key).flatMap { $0.holds(at: clock.now) ? $0 : nil }
  }

  /// What of an earlier round still counts.
  private func told(_ key: VersionsKey) -> VersionsObservation? {
    guard let last = lastVersions(key), !last.value.isComplete,
      let since = last.failingSince, clock.now - since < Freshness.versionsLifetime
    else { return nil }
    return last.value
  }

  /// A server that asked to be left alone is not asked for old versions either.
  private func versionsRefusal(_ key: VersionsKey) -> Observed<VersionsObservation>? {
    let now = clock.now
    guard let refusal = recent.withLock({ $0.addresses.refusal(key.endpoint, notBefore: nil, at: now) }),
      let failure = refusal.value.failure, failure.isRequestToWait
    else { return nil }
    let last = lastVersions(key)
    let value = VersionsObservation(
      offered: told(key)?.offered ?? [key.best], refused: told(key)?.refused ?? [], weakSuites: told(key)?.weakSuites,
      failure: failure)
    return Observed(
      value, observedAt: now, expiresAt: refusal.expiresAt, failingSince: last?.failingSince ?? now,
      failures: last?.failures ?? 0)
  }

  private func keep(_ value: VersionsObservation, of key: VersionsKey) -> Observed<VersionsObservation> {
    let now = clock.now
    let observed = freshness.observe(value, at: now, after: lastVersions(key))
    recent.withLock {
      $0.makeRoom(at: now)
      $0.versions[key] = observed
    }
    if let failure = value.failure, failure.isRequestToWait {
      let refusal = freshness.observe(
        EndpointObservation(connected: true, failure: failure), at: now,
        after: recent.withLock { $0.addresses.last(key.endpoint) })
      recent.withLock { $0.addresses.note(refusal, at: key.endpoint) }
    }
    return observed
  }

  /// Fetches a policy: what it brings is the domain's own and never shared, but the host is not overrun.
  func policy(
    _ key: PolicyFetchKey, _ urgency: Urgency = .caller, with instruments: Instruments
  ) async -> PolicyFetch {
    guard let address = key.addresses.first else { return await instruments.fetch(key) }
    return await policyHosts.with(address, urgency) { await instruments.fetch(key) }
  }

  /// Breaks off what is under way; what comes of it is not to be kept.
  func cancelAll() {
    endpointFlights.cancelAll()
    versionsFlights.cancelAll()
  }

  /// Waits until nothing is under way.
  ///
  /// - Returns: false where the deadline passed before.
  func drained(until deadline: ContinuousClock.Instant) async -> Bool {
    let areEndpoints = await endpointFlights.drained(until: deadline)
    return await versionsFlights.drained(until: deadline) && areEndpoints
  }

  /// Never two at once to one address, and never more than the limit in all.
  private func probing<Value: Sendable>(
    _ key: EndpointKey, _ urgency: Urgency, _ body: @Sendable () async -> Value
  ) async -> Value {
    await addresses.with(key.address, urgency) { await probes.with(urgency, body) }
  }
}
