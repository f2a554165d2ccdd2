import DNS
import IDNA
import JSONRPC
import Logging
import Posture
import ServiceLifecycle
import Synchronization

/// Renews records as their evidence expires: it takes what is due, asks again what expired and nothing else, and sleeps until the
/// next is due. One timer and no polling.
public final class Verifier: Service {
  /// The most domains that are renewed at one time; callers' own checks come beside them, and before them.
  static let maximumConcurrent = 64
  /// The longest sleep, in seconds, so that a clock that was stepped is noticed.
  static let longestSleep: Int64 = 60
  /// How long a domain waits whose renewal could not be kept, in seconds; it doubles each time, up to `longestPause`.
  static let pause: Int64 = 5
  static let longestPause: Int64 = 300
  /// So many renewals leave memory behind that is worth giving back once nothing is due.
  static let burst = 500
  /// How often what expired long ago is forgotten, in seconds.
  static let pruneInterval: Int64 = 3600
  /// Records that are looked at one after the other when all are to be judged anew.
  static let page = 500

  private let desk: CheckDesk
  private let keeper: Keeper
  private let clock: WallClock
  private let sleep: @Sendable (Duration) async throws -> Void
  private let alarm = Alarm()
  private let log: Logger
  /// How often in a row a domain's renewal could not be kept.
  private let failures = Mutex<[DomainName: Int]>([:])

  init(
    desk: CheckDesk, keeper: Keeper, clock: WallClock, log: Logger,
    sleep: @escaping @Sendable (Duration) async throws -> Void = { try await Task.sleep(for: $0) }
  ) {
    self.desk = desk
    self.keeper = keeper
    self.clock = clock
    self.log = log
    self.sleep = sleep
  }

  /// Says that something may be due earlier than was known.
  func wake() { alarm.ring() }

  /// What ends one wait of the loop.
  private enum Event: Sendable {
    case renewed
    /// The next is due, or may be.
    case woken
    case judgedAnew
  }

  /// What the loop knows from one turn to the next.
  private struct State {
    var plan = RenewalPlan()
    var flying = 0
    var isWaiting = false
    var isJudging = false
    var mustJudgeAgain = false
    var renewals = 0
    var prunedAt: Timestamp
    /// The latest time that the clock has shown.
    var latest: Timestamp
    /// When the whitelist is next gone through, after that could not be kept.
    var lapseNotBefore: Timestamp
  }

  public func run() async throws {
    await cancelWhenGracefulShutdown { [self] in await loop() }
  }

  /// Keeps up to `maximumConcurrent` renewals going, so that a slow domain holds up its own place and no other.
  private func loop() async {
    await withTaskGroup(of: Event.self) { group in
      var state = State(prunedAt: clock.now, latest: clock.now, lapseNotBefore: clock.now)
      begin(&state, &group)
      while !Task.isCancelled {
        noticeClock(&state, &group)
        await lapse(&state)
        for claim in await claims(&state) {
          state.flying += 1
          group.addTask { [self] in
            await renew(claim.domain)
            return .renewed
          }
        }
        // What was claimed was claimed by this time.
        state.latest = max(state.latest, clock.now)
        if !state.isWaiting {
          state.isWaiting = true
          group.addTask { [self] in
            await waitUntilDue()
            return .woken
          }
        }
        switch await group.next() {
        case .renewed?:
          state.flying -= 1
          state.renewals += 1
        case .woken?: state.isWaiting = false
        case .judgedAnew?:
          state.isJudging = false
          // It may have read the whole store.
          state.renewals = max(state.renewals, Verifier.burst)
          if state.mustJudgeAgain { begin(&state, &group) }
        case nil: return
        }
        await tidy(&state)
      }
    }
  }

  /// What another standard or another program judged is judged anew, beside the renewals.
  private func begin(_ state: inout State, _ group: inout TaskGroup<Event>) {
    guard !state.isJudging else {
      state.mustJudgeAgain = true
      return
    }
    state.isJudging = true
    state.mustJudgeAgain = false
    group.addTask { [self] in
      await judgeAnew()
      return .judgedAnew
    }
  }

  /// A clock that was set back leaves records behind that are from a time yet to come, and due times far ahead.
  private func noticeClock(_ state: inout State, _ group: inout TaskGroup<Event>) {
    let now = clock.now
    if state.latest - now > Freshness.clockTolerance {
      log.warning("the clock was set back", metadata: ["seconds": "\(state.latest - now)"])
      begin(&state, &group)
      state.latest = now
    }
    state.latest = max(state.latest, now)
    state.prunedAt = min(state.prunedAt, now)
    state.lapseNotBefore = min(state.lapseNotBefore, now + Verifier.longestSleep)
  }

  /// What is past its grace leaves the whitelist at its second, and is looked at first.
  private func lapse(_ state: inout State) async {
    let now = clock.now
    // The timer is set for it; what else ends a wait says nothing of it.
    guard !state.isWaiting, state.lapseNotBefore <= now, let next = keeper.nextLapse(), next <= now else { return }
    if await !keeper.lapse() { state.lapseNotBefore = now + Verifier.longestSleep }
  }

  private func tidy(_ state: inout State) async {
    if state.flying == 0, state.renewals >= Verifier.burst {
      state.renewals = 0
      await keeper.store.releaseMemory()
    }
    if clock.now - state.prunedAt >= Verifier.pruneInterval {
      state.prunedAt = clock.now
      await keeper.prune()
    }
  }

  // MARK: What is due

  /// Claims as many due domains as there is room for, in the order of the plan.
  private func claims(_ state: inout State) async -> [Claim] {
    while state.flying < Verifier.maximumConcurrent, !Task.isCancelled {
      let order = state.plan.order
      let found = await keeper.claim(order, limit: Verifier.maximumConcurrent - state.flying)
      guard case .oldest = order else {
        state.plan.went(to: found.next, at: clock.now)
        if found.claims.isEmpty { continue }
        return found.claims
      }
      guard let oldest = found.claims.first, state.plan.begins(oldest: oldest.dueAt, at: clock.now) else {
        return found.claims
      }
      log.info("renewals are late: the whitelist goes first", metadata: ["since": "\(oldest.dueAt)"])
      for claim in found.claims { await keeper.store.release(claim.domain) }
    }
    return []
  }

  /// A domain that fails has evidence of the failure, whose own time decides when it is due again.
  private func renew(_ domain: DomainName) async {
    // Kept names were validated when they came in.
    guard let name = try? MailDomain(validating: domain.description) else { return }
    do throws(RPCError) {
      _ = try await desk.renew(CheckRequest(domain: name), .verifier)
    } catch {
      // The service ends: nothing turned it away, and it is due at the next start.
      guard !Task.isCancelled else { return }
      log.warning("a renewal was put off", metadata: ["domain": "\(domain)", "reason": "\(error.reason)"])
    }
    guard keeper.isStillDue(domain) else {
      failures.withLock { $0[domain] = nil }
      keeper.metrics.renewals.add("renewed")
      return await keeper.store.release(domain)
    }
    // Whatever turned it away, or could not be kept, needs a while, and its servers need not be asked meanwhile.
    let count = failures.withLock { failures in
      failures[domain, default: 0] += 1
      return failures[domain] ?? 1
    }
    let pause = min(Verifier.pause << Int64(min(count - 1, 10)), Verifier.longestPause)
    keeper.metrics.renewals.add("put-off")
    await keeper.store.putOff(domain, until: clock.now + pause)
  }

  private func waitUntilDue() async {
    let now = clock.now
    let lapse = keeper.nextLapse().flatMap { $0 > now ? $0 : nil }
    let next = [await keeper.nextClaim(after: now), lapse].compactMap { $0 }.min()
    let seconds = next.map { min(max($0 - now, 1), Verifier.longestSleep) } ?? Verifier.longestSleep
    await withTaskGroup(of: Void.self) { group in
      group.addTask { [sleep] in try? await sleep(.seconds(seconds)) }
      group.addTask { [alarm] in await alarm.wait() }
      await group.next()
      group.cancelAll()
    }
  }

  // MARK: Judging anew

  /// Judges all records anew that were judged by another standard or another program, the whitelist first; without the
  /// network, from the evidence that is kept. What takes more than that is looked at.
  ///
  /// Where it is known that there are none, the records are not read: an ordinary start reads none of them.
  private func judgeAnew() async {
    guard !keeper.areAllJudged else { return }
    await keeper.beginJudging()
    _ = await judgeAnew { [keeper] in await keeper.outdatedListed(after: $0, limit: Verifier.page) }
    let end = await judgeAnew { [keeper] in await keeper.outdated(after: $0, limit: Verifier.page) }
    if let end { await keeper.endJudging(at: end) }
  }

  /// - Returns: when the last page was looked at, if there was nothing on any; nil otherwise.
  private func judgeAnew(_ page: (DomainName?) async -> OutdatedPage?) async -> Timestamp? {
    var after: DomainName?
    var last: Timestamp?
    var isClean = true
    repeat {
      guard let found = await page(after) else { return nil }
      // What was looked at by a clock that has been set back since says nothing.
      isClean = isClean && found.domains.isEmpty && found.at >= last ?? found.at
      for start in stride(from: 0, to: found.domains.count, by: Verifier.maximumConcurrent) {
        // Together, so that they share commits.
        await withTaskGroup(of: Void.self) { group in
          for domain in found.domains[start...].prefix(Verifier.maximumConcurrent) {
            group.addTask { [self] in await judgeAnew(domain) }
          }
        }
      }
      (after, last) = (found.next, found.at)
      await Task.yield()
    } while after != nil && !Task.isCancelled
    return isClean && after == nil ? last : nil
  }

  private func judgeAnew(_ domain: DomainName) async {
    guard !Task.isCancelled, let name = try? MailDomain(validating: domain.description) else { return }
    if await desk.judgeAnew(name) {
      keeper.metrics.renewals.add("judged-anew")
    } else {
      await keeper.makeDue(domain)
    }
  }
}
