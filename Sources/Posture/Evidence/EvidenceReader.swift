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
  // What was handed out, by its keys: the evidence itself is copied once, when the judgement stands. Of answers the places are
  // kept, which are found with them and take less time to hash than their questions.
  private var answers: Set<Dictionary<Question, Observed<Answer>>.Index> = []
  private var endpoints: Set<EndpointKey> = []
  private var versions: Set<VersionsKey> = []
  private var policies: Set<PolicyFetchKey> = []
  private var keptMark: PolicyMark?
  /// When the first piece of the evidence handed out expires; nil when none was.
  public private(set) var earliestExpiry: Timestamp?
  /// When the last piece of the evidence handed out was observed; nil when none was.
  public private(set) var latestObservation: Timestamp?

  public init(_ evidence: Evidence) {
    self.evidence = evidence
    answers.reserveCapacity(min(evidence.answers.count, EvidenceReader.maximumLookups))
  }

  /// The part of the evidence that the judgement rests on.
  public var used: Evidence {
    var used = Evidence()
    used.answers = Dictionary(uniqueKeysWithValues: answers.lazy.map { [evidence] in evidence.answers[$0] })
    used.endpoints = evidence.endpoints.filter { endpoints.contains($0.key) }
    used.versions = evidence.versions.filter { versions.contains($0.key) }
    used.policies = evidence.policies.filter { policies.contains($0.key) }
    // While the policy cannot be had, what it was stays known.
    used.policyMark = keptMark ?? evidence.policyMark
    return used
  }

  public mutating func answer(_ question: Question) -> Answer? {
    observedAnswer(question)?.value
  }

  public mutating func observedAnswer(_ question: Question) -> Observed<Answer>? {
    guard let place = evidence.answers.index(forKey: question) else { return missing(question) }
    let found = evidence.answers.values[place]
    if answers.count + wantedQuestions < EvidenceReader.maximumLookups {
      if answers.insert(place).inserted { note(found) }
    } else if !answers.contains(place) {
      return refusal(question)
    }
    return found
  }

  private mutating func missing(_ question: Question) -> Observed<Answer>? {
    let inquiry = Inquiry.lookUp(question)
    if wantedSet.contains(inquiry) { return nil }
    guard answers.count + wantedQuestions < EvidenceReader.maximumLookups else { return refusal(question) }
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
    guard let found = evidence.endpoints[key] else {
      want(.endpoint(key))
      return nil
    }
    if endpoints.insert(key).inserted { note(found) }
    return found
  }

  public mutating func versions(_ key: VersionsKey) -> Observed<VersionsObservation>? {
    guard let found = evidence.versions[key] else {
      want(.versions(key))
      return nil
    }
    if versions.insert(key).inserted { note(found) }
    return found
  }

  public mutating func policy(_ key: PolicyFetchKey) -> Observed<PolicyFetch>? {
    guard let found = evidence.policies[key] else {
      want(.policy(key))
      return nil
    }
    if policies.insert(key).inserted { note(found) }
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
