import DNS
import Posture
import Synchronization

/// Runs the judge, finds out what it wanted, and runs it again, until it wants nothing.
///
/// Each inquiry goes out the moment the judge can want it and the judge is run again as they come back, so that a check
/// takes the time of its longest chain of dependent round trips and not the sum of its stages. What came back while it
/// ran, it gets all at once.
final class Observer: Sendable {
  /// The most endpoints that one check has under way at one time: eight domains of many hosts do not take all places.
  static let maximumProbes = 32

  let judge: Judge
  let endpoints: EndpointObserver
  private let freshness: Freshness
  private let clock: WallClock
  /// The bound on one whole check (`--check-timeout`).
  private let timeout: Duration

  init(judge: Judge, endpoints: EndpointObserver, freshness: Freshness, clock: WallClock, timeout: Duration) {
    self.judge = judge
    self.endpoints = endpoints
    self.freshness = freshness
    self.clock = clock
    self.timeout = timeout
  }

  /// Something that came back, or the end of the time.
  private enum Find: Sendable {
    case answer(Observed<Answer>)
    case endpoint(EndpointKey, Observed<EndpointObservation>?)
    case versions(VersionsKey, Observed<VersionsObservation>?)
    case policy(PolicyFetchKey, Observed<PolicyFetch>)
    case timeUp

    var isEnd: Bool {
      if case .timeUp = self { true } else { false }
    }
  }

  /// What came back and has not been looked at.
  private final class Finds: Sendable {
    private let waiting = Mutex<[Find]>([])

    func put(_ find: Find) { waiting.withLock { $0.append(find) } }

    func take() -> [Find] { waiting.withLock { exchange(&$0, with: []) } }
  }

  /// Judges what is kept, without the network: for another standard, or after the program changed. nil when some of the evidence
  /// that it would take is not there.
  func rejudge(
    _ subject: Subject, from evidence: Evidence, startedAt: Timestamp? = nil, asked: Int = 0
  ) -> Examination? {
    var reader = EvidenceReader(evidence)
    let facts = judge.evaluate(subject, &reader, at: clock.now)
    return reader.wanted.isEmpty ? examination(facts, reader, startedAt: startedAt ?? clock.now, asked: asked) : nil
  }

  /// Finds out what the domain's record takes.
  ///
  /// - Parameters:
  ///   - old: what was known; what of it still holds is not asked again.
  ///   - horizon: what expires by then is asked again already now; nil: what has expired.
  ///   - maxAge: evidence older than so many seconds counts as expired; 0 has everything looked at now.
  ///   - probedSince: what servers showed from then on counts all the same.
  func assess(
    _ subject: Subject, from old: Evidence, outlasting horizon: Timestamp? = nil, maxAge: Int64?,
    probedSince: Timestamp? = nil, _ urgency: Urgency = .caller, with instruments: Instruments,
    noting progress: CheckProgress? = nil
  ) async -> Examination {
    let startedAt = clock.now
    var evidence = old.unexpired(at: startedAt).outlasting(horizon ?? startedAt)
    let share = AsyncGate(Observer.maximumProbes)
    var notBefore = maxAge.map { startedAt + -$0 }
    if let oldest = notBefore {
      // Moments are whole seconds: what was seen in this very second was not seen "now".
      let probes = probedSince.map { evidence.observed(since: $0) }
      evidence = evidence.observed(since: maxAge == 0 ? oldest + 1 : oldest)
      if let probes {
        evidence.endpoints.merge(probes.endpoints) { $1 }
        evidence.policies.merge(probes.policies) { $1 }
        notBefore = probedSince
      }
    }
    let finds = Finds()
    return await withTaskGroup { group in
      group.addTask { [timeout] in
        try? await Task.sleep(for: timeout)
        finds.put(.timeUp)
      }
      var flying: Set<Inquiry> = []
      var (facts, reader) = evaluate(subject, evidence)
      while !reader.wanted.isEmpty {
        for inquiry in reader.wanted where flying.insert(inquiry).inserted {
          group.addTask { [self, notBefore] in
            let wish = Wish(horizon: horizon, notBefore: notBefore, urgency: urgency, share: share)
            finds.put(await find(inquiry, after: old, wish, with: instruments))
          }
        }
        progress?.note(asked: flying.count)
        guard await group.next() != nil else { break }
        let found = finds.take()
        for find in found {
          merge(find, into: &evidence, after: old)
          if let progress { note(find, progress) }
        }
        if found.contains(where: \.isEnd) {
          (facts, reader) = giveUp(subject, &evidence, after: old)
          break
        }
        // Of a task that ended while the judge ran, the find was taken before.
        if !found.isEmpty { (facts, reader) = evaluate(subject, evidence) }
      }
      group.cancelAll()
      return examination(facts, reader, startedAt: startedAt, asked: flying.count)
    }
  }

  private func note(_ find: Find, _ progress: CheckProgress) {
    switch find {
    case .answer(let observed): progress.note("DNS: \(observed.value.question)")
    case .endpoint(let key, _): progress.note("mail server \(key.serverName), \(key.address)")
    case .versions(let key, _): progress.note("versions of TLS at \(key.endpoint.serverName), \(key.endpoint.address)")
    case .policy(let key, _): progress.note("MTA-STS policy at \(key.host)")
    case .timeUp: progress.note("the time is up")
    }
  }

  private func evaluate(_ subject: Subject, _ evidence: Evidence) -> (Facts, EvidenceReader) {
    var reader = EvidenceReader(evidence)
    let facts = judge.evaluate(subject, &reader, at: clock.now)
    return (facts, reader)
  }

  private func examination(
    _ facts: Facts, _ reader: EvidenceReader, startedAt: Timestamp, asked: Int
  ) -> Examination {
    let now = clock.now
    let expiresAt = reader.earliestExpiry ?? now
    return Examination(
      facts: facts, evidence: reader.used, checkedAt: reader.latestObservation ?? now,
      expiresAt: min(expiresAt, facts.turnsAt ?? expiresAt), turnsAt: facts.turnsAt, startedAt: startedAt,
      asked: asked)
  }

  /// How old the evidence may be, and who waits for it.
  private struct Wish: Sendable {
    let horizon: Timestamp?
    let notBefore: Timestamp?
    let urgency: Urgency
    let share: AsyncGate
  }

  private func find(
    _ inquiry: Inquiry, after old: Evidence, _ wish: Wish, with instruments: Instruments
  ) async -> Find {
    switch inquiry {
    case .lookUp(let question):
      let answer = await instruments.lookUp(question)
      return .answer(freshness.observe(answer, at: clock.now, after: old.answers[question]))
    case .endpoint(let key):
      if let known = endpoints.known(key, outlasting: wish.horizon, notBefore: wish.notBefore) {
        return .endpoint(key, known)
      }
      return await wish.share.with { [endpoints] in
        .endpoint(
          key,
          await endpoints.endpoint(
            key, outlasting: wish.horizon, notBefore: wish.notBefore, wish.urgency, with: instruments))
      }
    case .versions(let key):
      return await wish.share.with { [endpoints] in
        .versions(key, await endpoints.versions(key, wish.urgency, with: instruments))
      }
    case .policy(let key):
      let fetch = await endpoints.policy(key, wish.urgency, with: instruments)
      return .policy(key, freshness.observe(fetch, at: clock.now, after: old.policies[key]))
    }
  }

  private func merge(_ find: Find, into evidence: inout Evidence, after old: Evidence) {
    switch find {
    case .answer(let observed): evidence.answers[observed.value.question] = observed
    case .endpoint(let key, let observed): evidence.endpoints[key] = observed
    case .versions(let key, let observed): evidence.versions[key] = observed
    case .policy(let key, let observed): evidence.policies[key] = observed
    case .timeUp: break
    }
  }

  /// The check's time is up: whatever is still wanted could not be found out. The other parts of the record stand.
  private func giveUp(_ subject: Subject, _ evidence: inout Evidence, after old: Evidence) -> (Facts, EvidenceReader) {
    var (facts, reader) = evaluate(subject, evidence)
    while !reader.wanted.isEmpty {
      for inquiry in reader.wanted { fail(inquiry, in: &evidence, after: old) }
      (facts, reader) = evaluate(subject, evidence)
    }
    return (facts, reader)
  }

  private func fail(_ inquiry: Inquiry, in evidence: inout Evidence, after old: Evidence) {
    let now = clock.now
    let reason = "the check's time ran out"
    switch inquiry {
    case .lookUp(let question):
      let answer = Answer(question, .failure(.timeout), ttl: 0, security: .indeterminate)
      evidence.answers[question] = freshness.observe(answer, at: now, after: old.answers[question])
    case .endpoint(let key):
      let failure = ProbeFailure(stage: .connect, kind: .temporary, reason: reason)
      evidence.endpoints[key] = freshness.observe(
        EndpointObservation(connected: false, failure: failure), at: now, after: old.endpoints[key])
    case .versions(let key):
      evidence.versions[key] = freshness.observe(VersionsObservation(offered: [], refused: []), at: now)
    case .policy(let key):
      let failure = PolicyFetch.Failure(kind: .temporary, reason: reason)
      evidence.policies[key] = freshness.observe(
        PolicyFetch(outcome: .failure(failure)), at: now, after: old.policies[key])
    }
  }
}
