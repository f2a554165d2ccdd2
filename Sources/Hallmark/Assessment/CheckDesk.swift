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
  private let active = AsyncGate(CheckDesk.maximumActive)
  private let forced = Mutex<[DomainName: Timestamp]>([:])

  /// Whoever asks with the same key gets the same check.
  private struct Key: Hashable, Sendable {
    let domain: DomainName
    let selectors: [String]
    let maxAge: Int64?
  }

  init(
    observer: Observer, keeper: Keeper?, instruments: Instruments,
    freshInstruments: @escaping @Sendable () -> Instruments, standards: Standards, clock: WallClock, smtpPort: UInt16,
    budgets: CallerBudgets = CallerBudgets()
  ) {
    self.observer = observer
    self.keeper = keeper
    self.instruments = instruments
    self.freshInstruments = freshInstruments
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
  func renew(_ request: CheckRequest, within limit: Duration? = nil) async throws(RPCError) -> Examination {
    let key = Key(domain: request.domain.name, selectors: request.selectors, maxAge: request.maxAge)
    var refusal: RPCError?
    let mayBegin = { [self] (underWay: Int) in
      refusal = self.refusal(of: request, underWay)
      return refusal == nil
    }
    let flight = flights.join(key, mayBegin: mayBegin) { [self] in await active.with { [self] in await check(request) }
    }
    guard let flight else { throw refusal ?? .fault }
    guard let examination = await flight.result(within: limit) else { throw .deadlineExceeded }
    return examination
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
  func check(_ request: CheckRequest) async -> Examination {
    let subject = subject(request)
    let old = keeper?.evidence(of: subject.domain) ?? Evidence()
    let isForced = request.maxAge == 0
    let horizon = keeper?.horizon(of: subject.domain)
    let probedSince = isForced ? forcedProbe(of: subject.domain) : nil
    let examination = await observer.assess(
      subject, from: old, outlasting: horizon, maxAge: request.maxAge, probedSince: probedSince,
      with: isForced ? freshInstruments() : instruments
    )
    // Selectors that were given for one call do not change what is kept for everyone.
    if request.selectors.isEmpty { await keeper?.keep(examination) }
    return examination
  }

  func subject(_ request: CheckRequest) -> Subject {
    let known = keeper?.known(request.domain.name)
    return Subject(
      domain: request.domain.name, unicodeDomain: request.domain.unicode,
      isPublicSuffix: request.domain.isPublicSuffix,
      selectors: request.selectors.isEmpty ? known?.selectors ?? [] : request.selectors,
      assurance: known?.assurance, smtpPort: smtpPort)
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
