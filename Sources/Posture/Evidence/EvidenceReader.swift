import DNS
import EmailAuth

/// Hands evidence to the judge and notes two things: what was asked for and is not at hand, and how long what was handed
/// out holds.
///
/// Observation is driven by it: the judge is run, what it wanted is found out, all at once, and it is run again, until
/// it wants nothing. So what is asked of the network is what the judgement needs and nothing else, and a record's
/// lifetime is that of its earliest needed evidence.
public struct EvidenceReader: AnswerSource {
  /// The most look-ups that one domain may cause; SPF alone may want well over a hundred (RFC 7208 section 4.6.4 with
  /// ten `mx` terms of ten names each). Beyond it a look-up fails, so that a hostile zone cannot use Hallmark as an amplifier.
  public static let maximumLookups = 300

  private let evidence: Evidence
  /// What was asked for and is not at hand, in the order it was asked for.
  public private(set) var wanted: [Inquiry] = []
  private var wantedSet: Set<Inquiry> = []
  /// Questions that were asked and have no answer at hand; those that have one stand in `used`.
  private var wantedQuestions = 0
  /// What was handed out: the part of the evidence that the judgement rests on.
  public private(set) var used = Evidence()

  public init(_ evidence: Evidence) {
    self.evidence = evidence
    used.answers.reserveCapacity(min(evidence.answers.count, EvidenceReader.maximumLookups))
  }

  public mutating func answer(_ question: Question) -> Answer? {
    observedAnswer(question)?.value
  }

  public mutating func observedAnswer(_ question: Question) -> Observed<Answer>? {
    if let found = used.answers[question] { return found }
    if wantedQuestions > 0, wantedSet.contains(.lookUp(question)) { return nil }
    guard used.answers.count + wantedQuestions < EvidenceReader.maximumLookups else { return refusal(question) }
    guard let found = evidence.answers[question] else {
      want(.lookUp(question))
      wantedQuestions += 1
      return nil
    }
    used.answers[question] = found
    return found
  }

  private func refusal(_ question: Question) -> Observed<Answer> {
    let failure = Answer.Outcome.failure(.internalError("more than \(EvidenceReader.maximumLookups) look-ups"))
    let refusal = Answer(question, failure, ttl: 0, security: .indeterminate)
    return Observed(refusal, observedAt: Timestamp(seconds: 0), expiresAt: Timestamp(seconds: .max))
  }

  public mutating func endpoint(_ key: EndpointKey) -> Observed<EndpointObservation>? {
    guard let found = evidence.endpoints[key] else {
      want(.endpoint(key))
      return nil
    }
    used.endpoints[key] = found
    return found
  }

  public mutating func versions(_ key: VersionsKey) -> Observed<VersionsObservation>? {
    guard let found = evidence.versions[key] else {
      want(.versions(key))
      return nil
    }
    used.versions[key] = found
    return found
  }

  public mutating func policy(_ key: PolicyFetchKey) -> Observed<PolicyFetch>? {
    guard let found = evidence.policies[key] else {
      want(.policy(key))
      return nil
    }
    used.policies[key] = found
    return found
  }

  private mutating func want(_ inquiry: Inquiry) {
    if wantedSet.insert(inquiry).inserted { wanted.append(inquiry) }
  }

  /// When the first piece of the evidence handed out expires; nil when none was.
  public var earliestExpiry: Timestamp? {
    let moments =
      used.answers.values.lazy.map(\.expiresAt).min().map { [$0] } ?? []
    let others = [
      used.endpoints.values.lazy.map(\.expiresAt).min(), used.versions.values.lazy.map(\.expiresAt).min(),
      used.policies.values.lazy.map(\.expiresAt).min(),
    ]
    return (moments + others.compactMap { $0 }).min()
  }

  /// When the last piece of the evidence handed out was observed.
  public var latestObservation: Timestamp? {
    [
      used.answers.values.lazy.map(\.observedAt).max(), used.endpoints.values.lazy.map(\.observedAt).max(),
      used.versions.values.lazy.map(\.observedAt).max(), used.policies.values.lazy.map(\.observedAt).max(),
    ].compactMap { $0 }.max()
  }
}
