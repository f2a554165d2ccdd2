import DNS

/// How long evidence holds: the one place where a TTL becomes a moment.
///
/// A TTL is a stranger's wish, not the truth: it is bounded below so that no one can have Hallmark ask all the time, and above
/// so that a change is seen in a day. A failure holds for a short time that doubles with each one that follows, and a
/// clock that steps back never makes evidence older than it is.
public struct Freshness: Hashable, Sendable {
  /// Floor of evidence lifetimes, in seconds (`--min-ttl`).
  public let minimum: Int64
  /// Ceiling of evidence lifetimes, in seconds (`--max-ttl`).
  public let maximum: Int64

  /// How far ahead of the clock a moment may lie that was read off the same clock before, in seconds; time daemons step by less.
  public static let clockTolerance: Int64 = 60
  /// How long an endpoint's ordinary observation holds where floor and ceiling allow, in seconds. Certificates and
  /// listeners have no TTL; an hour finds a broken one soon, and costs a server one connection an hour at most.
  public static let endpointLifetime: Int64 = 3600
  /// How long the versions beside the best one hold, in seconds: they cost a connection each, and some servers take two
  /// connections a minute. The ceiling does not shorten it.
  public static let versionsLifetime: Int64 = 86_400
  /// How long the first failure holds, in seconds.
  public static let firstFailure: Int64 = 60
  /// How long a failure holds at most, in seconds.
  public static let longestFailure: Int64 = 3600
  /// How long a valid MTA-STS policy is taken as fetched, in seconds; its max_age (RFC 8461 section 3.2) says how long
  /// a sender may rely on it without a new fetch, not how long we may be blind to a change.
  public static let policyLifetime: Int64 = 3600

  public init(minimum: Int64 = 300, maximum: Int64 = 86_400) {
    self.minimum = max(0, minimum)
    self.maximum = max(max(0, minimum), maximum)
  }

  private func bounded(_ seconds: Int64) -> Int64 { min(max(seconds, minimum), maximum) }

  /// The back-off: it doubles with each failure of an unbroken row, and begins no later than the floor.
  private func failureLifetime(_ failures: Int) -> Int64 {
    let first = max(1, min(Freshness.firstFailure, minimum))
    let doublings = min(max(failures - 1, 0), 12)
    return min(first << Int64(doublings), min(Freshness.longestFailure, max(maximum, first)))
  }

  public func observe(_ answer: Answer, at now: Timestamp, after old: Observed<Answer>?) -> Observed<Answer> {
    observe(answer, failed: answer.failure != nil, lifetime: Int64(answer.ttl), at: now, after: old)
  }

  public func observe(
    _ value: EndpointObservation, at now: Timestamp, after old: Observed<EndpointObservation>?
  ) -> Observed<EndpointObservation> {
    let failed = value.failure.map { $0.kind == .temporary || $0.stage == .connect } ?? false
    let observed = observe(value, failed: failed, lifetime: Freshness.endpointLifetime, at: now, after: old)
    // At its end a certificate may long have been renewed: nothing is concluded from the old one before another look.
    let turns = value.session?.certificate.map { [$0.notBefore, $0.end + 1] } ?? []
    return bounded(observed, by: turns)
  }

  /// Evidence that rests on a certificate holds no longer than that does.
  private func bounded<Value>(_ observed: Observed<Value>, by turns: [Timestamp]) -> Observed<Value> {
    guard let turn = turns.filter({ $0 > observed.observedAt }).min(), turn < observed.expiresAt else {
      return observed
    }
    return Observed(
      observed.value, observedAt: observed.observedAt, expiresAt: turn, failingSince: observed.failingSince,
      failures: observed.failures)
  }

  public func observe(
    _ value: PolicyFetch, at now: Timestamp, after old: Observed<PolicyFetch>?
  ) -> Observed<PolicyFetch> {
    var failed = false
    if case .failure(let failure) = value.outcome { failed = failure.kind == .temporary }
    let observed = observe(value, failed: failed, lifetime: Freshness.policyLifetime, at: now, after: old)
    return bounded(observed, by: value.certificateEnd.map { [$0 + 1] } ?? [])
  }

  /// What could not be told of an endpoint's versions is asked again after an hour, and then after twice the time each
  /// time, up to a day.
  public func observe(
    _ value: VersionsObservation, at now: Timestamp, after old: Observed<VersionsObservation>? = nil
  ) -> Observed<VersionsObservation> {
    let whole = max(Freshness.versionsLifetime, minimum)
    guard !value.isComplete else { return Observed(value, observedAt: now, expiresAt: now + whole) }
    let failures = min((old?.failures ?? 0) + 1, 1_000_000)
    let lifetime = min(Freshness.longestFailure << Int64(min(failures - 1, 5)), whole)
    return Observed(
      value, observedAt: now, expiresAt: now + lifetime, failingSince: min(old?.failingSince ?? now, now),
      failures: failures)
  }

  private func observe<Value>(
    _ value: Value, failed: Bool, lifetime: Int64, at now: Timestamp, after old: Observed<Value>?
  ) -> Observed<Value> {
    guard failed else { return Observed(value, observedAt: now, expiresAt: now + bounded(lifetime)) }
    let failures = min((old?.failures ?? 0) + 1, 1_000_000)
    return Observed(
      value, observedAt: now, expiresAt: now + failureLifetime(failures),
      failingSince: min(old?.failingSince ?? now, now), failures: failures)
  }
}
