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
  /// Questions that were asked and have no answer at hand; those that have one stand in `answers`.
  private var wantedQuestions = 0
  // What was handed out, by its place: the evidence itself is copied once, when the judgement stands.
  private var answers = TakenPlaces<Question, Answer>()
  private var endpoints = TakenPlaces<EndpointKey, EndpointObservation>()
  private var versions = TakenPlaces<VersionsKey, VersionsObservation>()
  private var policies = TakenPlaces<PolicyFetchKey, PolicyFetch>()
  private var keptMark: PolicyMark?
  /// When the first piece of the evidence handed out expires; nil when none was.
  public private(set) var earliestExpiry: Timestamp?
  /// When the last piece of the evidence handed out was observed; nil when none was.
  public private(set) var latestObservation: Timestamp?

  public init(_ evidence: Evidence) {
    self.evidence = evidence
    // Some questions are asked twice.
    answers.reserveCapacity(min(evidence.answers.count * 3 / 2, EvidenceReader.maximumLookups))
  }

  /// The part of the evidence that the judgement rests on.
  public var used: Evidence {
    var used = Evidence()
    used.answers = answers.part(of: evidence.answers)
    used.endpoints = endpoints.part(of: evidence.endpoints)
    used.versions = versions.part(of: evidence.versions)
    used.policies = policies.part(of: evidence.policies)
    // While the policy cannot be had, what it was stays known.
    used.policyMark = keptMark ?? evidence.policyMark
    return used
  }

  public mutating func answer(_ question: Question) -> Answer? {
    observedAnswer(question)?.value
  }

  public mutating func observedAnswer(_ question: Question) -> Observed<Answer>? {
    guard let place = evidence.answers.index(forKey: question) else { return missing(question) }
    guard answers.note(place, limit: EvidenceReader.maximumLookups - wantedQuestions) else { return refusal(question) }
    let found = evidence.answers.values[place]
    note(found)
    return found
  }

  private mutating func missing(_ question: Question) -> Observed<Answer>? {
    let inquiry = Inquiry.lookUp(question)
    if wantedSet.contains(inquiry) { return nil }
    guard answers.hasRoom(limit: EvidenceReader.maximumLookups - wantedQuestions) else { return refusal(question) }
    want(inquiry)
    wantedQuestions += 1
    return nil
  }

  private func refusal(_ question: Question) -> Observed<Answer> {
    let failure = Answer.Outcome.failure(.internalError("more than \(EvidenceReader.maximumLookups) look-ups"))
    let refusal = Answer(question, failure, ttl: 0, security: .indeterminate)
    return Observed(refusal, observedAt: Timestamp(seconds: 0), expiresAt: Timestamp(seconds: .max))
  }

  public mutating func endpoint(_ key: EndpointKey) -> Observed<EndpointObservation>? {
    guard let found = endpoints.take(key, from: evidence.endpoints) else {
      want(.endpoint(key))
      return nil
    }
    note(found)
    return found
  }

  public mutating func versions(_ key: VersionsKey) -> Observed<VersionsObservation>? {
    guard let found = versions.take(key, from: evidence.versions) else {
      want(.versions(key))
      return nil
    }
    note(found)
    return found
  }

  public mutating func policy(_ key: PolicyFetchKey) -> Observed<PolicyFetch>? {
    guard let found = policies.take(key, from: evidence.policies) else {
      want(.policy(key))
      return nil
    }
    note(found)
    return found
  }

  /// The mark of the policy as it was at the judgement before.
  var policyMark: PolicyMark? { evidence.policyMark }

  /// Hands the mark on to the next judgement.
  mutating func keep(_ mark: PolicyMark) { keptMark = mark }

  private mutating func want(_ inquiry: Inquiry) {
    if wantedSet.insert(inquiry).inserted { wanted.append(inquiry) }
  }

  private mutating func note<Value>(_ found: Observed<Value>) {
    earliestExpiry = min(earliestExpiry ?? found.expiresAt, found.expiresAt)
    latestObservation = max(latestObservation ?? found.observedAt, found.observedAt)
  }
}
