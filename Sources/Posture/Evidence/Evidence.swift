import DNS

/// One thing that can be found out about the world.
public enum Inquiry: Hashable, Sendable {
  case lookUp(Question)
  case endpoint(EndpointKey)
  /// The versions of TLS beside the one that an ordinary connection chose.
  case versions(VersionsKey)
  case policy(PolicyFetchKey)
}

/// What the versions of an endpoint are kept by: what is concluded from a round of asking depends on the best version.
public struct VersionsKey: Hashable, Sendable {
  public let endpoint: EndpointKey
  public let best: TLSVersion

  public init(endpoint: EndpointKey, best: TLSVersion) {
    self.endpoint = endpoint
    self.best = best
  }
}

/// A piece of evidence: what was seen, when, until when it holds, and for how long it has been failing.
///
/// A reference to what never changes: domains share what was seen of a host, and a judgement takes up each piece once or twice.
public final class Observed<Value: Equatable & Sendable>: Equatable, Sendable {
  public let value: Value
  public let observedAt: Timestamp
  public let expiresAt: Timestamp
  /// When the first failure of the present unbroken row was seen; nil when this one is none.
  public let failingSince: Timestamp?
  /// How many failures the present row has; 0 when this one is none. The back-off grows with it.
  public let failures: Int

  public init(
    _ value: Value, observedAt: Timestamp, expiresAt: Timestamp, failingSince: Timestamp? = nil, failures: Int = 0
  ) {
    self.value = value
    self.observedAt = observedAt
    self.expiresAt = expiresAt
    self.failingSince = failingSince
    self.failures = failures
  }

  public static func == (lhs: Observed, rhs: Observed) -> Bool {
    lhs === rhs
      || (lhs.value, lhs.observedAt, lhs.expiresAt, lhs.failingSince, lhs.failures)
        == (rhs.value, rhs.observedAt, rhs.expiresAt, rhs.failingSince, rhs.failures)
  }

  /// Whether it still counts. What was seen at a time that is yet to come was seen by a clock that has been set back since:
  /// nobody knows how old it is, and so it is as good as expired.
  public func holds(at now: Timestamp) -> Bool { expiresAt > now && observedAt - now <= Freshness.clockTolerance }
}

/// All that has been found out for one domain; no opinion. A plain value, from which the judge can always judge anew.
public struct Evidence: Equatable, Sendable {
  public var answers: [Question: Observed<Answer>] = [:]
  public var endpoints: [EndpointKey: Observed<EndpointObservation>] = [:]
  public var versions: [VersionsKey: Observed<VersionsObservation>] = [:]
  public var policies: [PolicyFetchKey: Observed<PolicyFetch>] = [:]
  /// What the MTA-STS policy was when it was last read; remembered, and not asked of the network.
  public var policyMark: PolicyMark?

  public init() {}

  public var isEmpty: Bool { answers.isEmpty && endpoints.isEmpty && versions.isEmpty && policies.isEmpty }

  /// What outlasts a moment, however it was observed.
  public func outlasting(_ horizon: Timestamp) -> Evidence {
    var rest = self
    rest.answers = answers.filter { $0.value.expiresAt > horizon }
    rest.endpoints = endpoints.filter { $0.value.expiresAt > horizon }
    rest.versions = versions.filter { $0.value.expiresAt > horizon }
    rest.policies = policies.filter { $0.value.expiresAt > horizon }
    return rest
  }

  /// What still holds at the time.
  public func unexpired(at now: Timestamp) -> Evidence {
    var rest = Evidence()
    rest.policyMark = policyMark
    rest.answers = answers.filter { $0.value.holds(at: now) }
    rest.endpoints = endpoints.filter { $0.value.holds(at: now) }
    rest.versions = versions.filter { $0.value.holds(at: now) }
    rest.policies = policies.filter { $0.value.holds(at: now) }
    return rest
  }
}

extension Evidence {
  /// What was observed at the time or after it. The versions of an endpoint stay: they are asked once a day at the
  /// most, whoever asks.
  public func observed(since moment: Timestamp) -> Evidence {
    var rest = self
    rest.answers = answers.filter { $0.value.observedAt >= moment }
    rest.endpoints = endpoints.filter { $0.value.observedAt >= moment }
    rest.policies = policies.filter { $0.value.observedAt >= moment }
    return rest
  }
}
