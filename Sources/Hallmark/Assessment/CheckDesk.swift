import DNS
import IDNA
import JSONRPC
import Posture
import Synchronization

/// Where checks are asked for: it joins those who ask for the same, turns away what would be too much, and sees that what was
/// found out is kept.
public final class CheckDesk: Sendable {
  /// The most checks that may be under way or waiting; beyond it callers are told to come back.
  static let maximumChecks = 4096
  /// The most checks that look at the network at one time.
  static let maximumActive = 256
  /// The most of them that are not of domains that could be judged before, the verifier's among them (`Urgency`).
  static let maximumUncertain = 224
  /// A forced check asks the DNS anew each time, and servers so many seconds after the last that did: nobody can have us
  /// knock at one door over and over.
  static let forcedInterval: Int64 = 30
  /// What a caller who was turned away is told to wait, in seconds.
  static let retryAfter = 5

  let observer: Observer
  let keeper: Keeper?
  let instruments: Instruments
  /// Instruments whose resolver has an empty cache.
  let freshInstruments: @Sendable () -> Instruments
  let standards: Standards
  let clock: WallClock
  let smtpPort: UInt16
  let budgets: CallerBudgets
  private let flights = SingleFlight<Key, Examination>()
  private let active = AsyncGate(
    CheckDesk.maximumActive,
    shares: AsyncGate.Shares(stranger: CheckDesk.maximumUncertain, verifier: Verifier.maximumConcurrent))
  let progresses = Mutex<[DomainName: CheckProgress]>([:])
  private let forced = Mutex<[DomainName: Timestamp]>([:])

  /// Whoever asks with the same key gets the same check.
  private struct Key: Hashable, Sendable {
    let domain: DomainName
    let selectors: [String]
    let maxAge: Int64?
    /// A caller does not wait behind what the verifier has put into its own queue.
    let urgency: Urgency
  }

  init(
    observer: Observer, keeper: Keeper?, instruments: Instruments,
    freshInstruments: @escaping @Sendable () -> Instruments, standards: Standards, clock: WallClock, smtpPort: UInt16,
    budgets: CallerBudgets = CallerBudgets()
  ) {
    self.observer = observer
    self.keeper = keeper
    let metrics = keeper?.metrics
    self.instruments = instruments.counted(by: metrics)
    self.freshInstruments = { freshInstruments().counted(by: metrics) }
    self.standards = standards
    self.clock = clock
    self.smtpPort = smtpPort
    self.budgets = budgets
  }

  /// The standard of that name, or the service's own.
  ///
  /// - Throws: INVALID_ARGUMENT where there is none of that name.
  func standard(_ name: String?) throws(RPCError) -> Standard {
    guard let name else { return standards.preferred }
    guard let standard = standards[name] else {
      throw RPCError(
        .invalidArgument, reason: "UNKNOWN_STANDARD",
        message: "Give one of the standards \(standards.names.joined(separator: ", ")).", field: "standard")
    }
    return standard
  }

  /// What is kept of the domain and still holds, judged anew without the network; nil where a check is needed.
  func kept(_ request: CheckRequest) -> Examination? {
    guard let keeper, request.maxAge != 0 else { return nil }
    let now = clock.now
    var evidence = keeper.evidence(of: request.domain.name).unexpired(at: now)
    if let maxAge = request.maxAge, maxAge > 0 { evidence = evidence.observed(since: now + -maxAge) }
    guard !evidence.isEmpty else { return nil }
    return observer.rejudge(subject(request), from: evidence)
  }

  /// Checks that look at the network or wait for their turn.
  var underWay: Int { flights.count }

  /// What the domain's record takes, out of what is kept or by a check.
  ///
  /// - Parameter limit: how long the caller waits; the check goes on and is kept.
  /// - Throws: DEADLINE_EXCEEDED, or RESOURCE_EXHAUSTED where too many checks wait.
  func examination(_ request: CheckRequest, within limit: Duration? = nil) async throws(RPCError) -> Examination {
    if let kept = kept(request) { return kept }
    return try await renew(request, within: limit)
  }

  /// Looks at what expired of the domain, and keeps the result though nothing may have changed.
  func renew(
    _ request: CheckRequest, within limit: Duration? = nil, _ urgency: Urgency = .caller
  ) async throws(RPCError) -> Examination {
    let urgency = urgency == .caller && isStranger(request.domain.name) ? .stranger : urgency
    let key = Key(
      domain: request.domain.name, selectors: request.selectors, maxAge: request.maxAge, urgency: urgency)
    var refusal: RPCError?
    let mayBegin = { [self] (underWay: Int) in
      refusal = self.refusal(of: request, underWay)
      return refusal == nil
    }
    let flight = flights.join(key, mayBegin: mayBegin) { [self] in
      await active.with(urgency) { [self] in await check(request, urgency) }
    }
    guard let flight else { throw refusal ?? .fault }
    guard let examination = await flight.result(within: limit) else { throw .deadlineExceeded }
    return examination
  }

  /// Breaks off the checks that are under way, of which nothing is kept, and waits for them: nothing may look at the network or at
  /// the store any more when the service ends.
  ///
  /// - Returns: false where some had not ended within the limit.
  func end(within limit: Duration) async -> Bool {
    let deadline = ContinuousClock.now + limit
    // In this order: a check whose probe is broken off has to know that it is itself.
    flights.cancelAll()
    observer.endpoints.cancelAll()
    let areChecks = await flights.drained(until: deadline)
    return await observer.endpoints.drained(until: deadline) && areChecks
  }

  /// Nothing is known of it, or nothing could be found out when it was last looked at.
  private func isStranger(_ domain: DomainName) -> Bool {
    guard let keeper else { return false }
    let verdict = keeper.reading { try keeper.store.withRecord(of: domain) { header, _ in header.verdict } }
    return verdict == nil || verdict == Verdict.unknown.rawValue
  }

  /// Why one more check may not be begun; nil where it may. Who joins one that is under way is not asked.
  private func refusal(of request: CheckRequest, _ underWay: Int) -> RPCError? {
    if underWay >= CheckDesk.maximumChecks {
      keeper?.metrics.refusedChecks.add("TOO_MANY_CHECKS")
      return RPCError(
        .resourceExhausted, reason: "TOO_MANY_CHECKS",
        message: "Ask again in \(CheckDesk.retryAfter) seconds; too many checks are under way.",
        retryAfter: CheckDesk.retryAfter)
    }
    guard let payer = request.payer, let wait = budgets.take(payer) else { return nil }
    keeper?.metrics.refusedChecks.add("BUDGET_SPENT")
    return RPCError(
      .resourceExhausted, reason: "BUDGET_SPENT",
      message: "Ask again in \(wait) seconds, and for fewer new checks at once; what is known is given all the same.",
      retryAfter: wait)
  }

  /// Looks at the domain now, and keeps what was found.
  func check(_ request: CheckRequest, _ urgency: Urgency = .caller) async -> Examination {
    let began = ContinuousClock.now
    let subject = subject(request)
    let old = keeper?.evidence(of: subject.domain) ?? Evidence()
    let isForced = request.maxAge == 0
    let horizon = keeper?.horizon(of: subject.domain)
    let probedSince = isForced ? forcedProbe(of: subject.domain) : nil
    let progress = begin(subject.domain)
    defer { end(progress, subject.domain) }
    let found = await observer.assess(
      subject, from: old, outlasting: horizon, maxAge: request.maxAge, probedSince: probedSince, urgency,
      with: isForced ? freshInstruments() : instruments, noting: progress
    )
    // What was broken off found nothing out, of which a record could be made.
    guard !Task.isCancelled else { return found }
    let examination = reconciled(found, subject)
    count(examination, urgency, ContinuousClock.now - began)
    // Selectors that were given for one call do not change what is kept for everyone.
    if request.selectors.isEmpty { await keeper?.keep(examination) }
    return examination
  }

  /// Another check of the domain may have been kept while this one was under way: what it saw later counts.
  private func reconciled(_ examination: Examination, _ subject: Subject) -> Examination {
    guard let keeper,
      let other = keeper.checkedAt(of: subject.domain), other >= examination.startedAt
    else { return examination }
    var evidence = examination.evidence
    let theirs = keeper.evidence(of: subject.domain).unexpired(at: clock.now)
    evidence.answers.merge(theirs.answers) { $1.observedAt > $0.observedAt ? $1 : $0 }
    evidence.endpoints.merge(theirs.endpoints) { $1.observedAt > $0.observedAt ? $1 : $0 }
    evidence.policies.merge(theirs.policies) { $1.observedAt > $0.observedAt ? $1 : $0 }
    return observer.rejudge(subject, from: evidence, startedAt: examination.startedAt, asked: examination.asked)
      ?? examination
  }

  /// Judges what is kept of the domain anew, by the standard and the program of now, without the network.
  ///
  /// - Returns: false where it takes evidence that is not there or no longer holds: a check is needed.
  func judgeAnew(_ domain: MailDomain) async -> Bool {
    guard let keeper, let checkedAt = keeper.checkedAt(of: domain.name) else { return true }
    guard let examination = kept(CheckRequest(domain: domain)) else { return false }
    await keeper.keep(examination, replacing: checkedAt)
    return true
  }

  private func count(_ examination: Examination, _ urgency: Urgency, _ time: Duration) {
    guard let metrics = keeper?.metrics else { return }
    metrics.checks.add(urgency.origin, examination.record(by: standards.preferred).verdict.rawValue)
    if examination.asked > 0 { metrics.checkTime.record(time) }
    let start = examination.startedAt
    let evidence = examination.evidence
    func count(_ kind: String, _ moments: some Sequence<Timestamp>) {
      let asked = moments.reduce((new: 0, all: 0)) { ($0.new + ($1 >= start ? 1 : 0), $0.all + 1) }
      metrics.evidence.add(kind, "asked", amount: asked.new)
      metrics.evidence.add(kind, "reused", amount: asked.all - asked.new)
    }
    count("answer", evidence.answers.values.lazy.map(\.observedAt))
    count("endpoint", evidence.endpoints.values.lazy.map(\.observedAt))
    count("versions", evidence.versions.values.lazy.map(\.observedAt))
    count("policy", evidence.policies.values.lazy.map(\.observedAt))
  }

  /// The check of the domain that is under way, if one is, whoever asked for it.
  func underWay(_ domain: DomainName) -> Flight<Examination>? { flights.flight { $0.domain == domain } }

  func subject(_ request: CheckRequest) -> Subject {
    let known = keeper?.known(request.domain.name)
    return Subject(
      domain: request.domain.name, unicodeDomain: request.domain.unicode,
      isPublicSuffix: request.domain.isPublicSuffix,
      selectors: request.selectors.isEmpty ? known?.selectors ?? [] : request.selectors,
      assurance: known?.assurance, smtpPort: smtpPort, listedUntil: known?.listedUntil)
  }

  /// When servers were last asked for a forced check of the domain, if that was just now; otherwise they are asked for this one.
  private func forcedProbe(of domain: DomainName) -> Timestamp? {
    let now = clock.now
    return forced.withLock { forced in
      if let last = forced[domain], last <= now, now - last < CheckDesk.forcedInterval { return last }
      if forced.count >= CheckDesk.maximumChecks {
        forced = forced.filter { now - $0.value < CheckDesk.forcedInterval }
      }
      forced[domain] = now
      return nil
    }
  }
}

extension CheckDesk {
  /// A desk over the real instruments.
  convenience init(
    _ settings: Settings, laboratory: Laboratory, keeper: Keeper?, standards: Standards, clock: WallClock
  ) {
    let freshness = Freshness(minimum: settings.minimumTTL, maximum: settings.maximumTTL)
    let endpoints = EndpointObserver(freshness: freshness, clock: clock, kept: keeper?.keptEndpoints ?? .none)
    let observer = Observer(
      judge: Laboratory.judge, endpoints: endpoints, freshness: freshness, clock: clock,
      timeout: .seconds(settings.checkTimeout))
    self.init(
      observer: observer, keeper: keeper, instruments: laboratory.instruments,
      freshInstruments: { laboratory.freshInstruments }, standards: standards, clock: clock,
      smtpPort: settings.smtpPort)
  }
}
