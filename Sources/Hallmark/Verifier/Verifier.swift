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
  /// The most domains that are renewed at one time; callers' own checks come beside them.
  static let maximumConcurrent = 64
  /// The longest sleep, in seconds, so that a clock that was stepped is noticed.
  static let longestSleep: Int64 = 60
  /// How long a domain waits whose renewal was turned away.
  static let pause = Duration.seconds(5)
  /// So many renewals leave memory behind that is worth giving back once nothing is due.
  static let burst = 500
  /// How often what expired long ago is forgotten, in seconds.
  static let pruneInterval: Int64 = 3600

  private let desk: CheckDesk
  private let keeper: Keeper
  private let clock: WallClock
  private let sleep: @Sendable (Duration) async throws -> Void
  private let alarm = Alarm()
  private let log: Logger

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
    case renewed(DomainName)
    /// The next is due, or may be.
    case woken
  }

  public func run() async throws {
    await cancelWhenGracefulShutdown { [self] in await loop() }
  }

  /// Keeps up to `maximumConcurrent` renewals going, so that a slow domain holds up its own place and no other.
  private func loop() async {
    await withTaskGroup(of: Event.self) { group in
      var flying: Set<DomainName> = []
      var isWaiting = false
      var pruned = clock.now
      var renewals = 0
      while !Task.isCancelled {
        for domain in keeper.due(before: clock.now, limit: Verifier.maximumConcurrent + flying.count)
        where flying.count < Verifier.maximumConcurrent && flying.insert(domain).inserted {
          group.addTask { [self] in
            await renew(domain)
            return .renewed(domain)
          }
        }
        if !isWaiting {
          isWaiting = true
          group.addTask { [self] in
            await waitUntilDue()
            return .woken
          }
        }
        switch await group.next() {
        case .renewed(let domain)?:
          flying.remove(domain)
          renewals += 1
        case .woken?: isWaiting = false
        case nil: return
        }
        if flying.isEmpty, renewals >= Verifier.burst {
          renewals = 0
          await keeper.store.releaseMemory()
        }
        if clock.now - pruned >= Verifier.pruneInterval {
          pruned = clock.now
          await keeper.prune()
        }
      }
    }
  }

  /// A domain that fails has evidence of the failure, whose own time decides when it is due again.
  private func renew(_ domain: DomainName) async {
    // Kept names were validated when they came in.
    guard let name = try? MailDomain(validating: domain.description) else { return }
    do throws(RPCError) {
      _ = try await desk.renew(CheckRequest(domain: name))
    } catch {
      log.warning("a renewal was put off", metadata: ["domain": "\(domain)", "reason": "\(error.reason)"])
    }
    // Whatever turned it away, or could not be kept, needs a moment.
    if keeper.isStillDue(domain) { try? await sleep(Verifier.pause) }
  }

  private func waitUntilDue() async {
    let now = clock.now
    let next = keeper.nextDue(after: now)
    let seconds = next.map { min(max($0 - now, 1), Verifier.longestSleep) } ?? Verifier.longestSleep
    await withTaskGroup(of: Void.self) { group in
      group.addTask { [sleep] in try? await sleep(.seconds(seconds)) }
      group.addTask { [alarm] in await alarm.wait() }
      await group.next()
      group.cancelAll()
    }
  }
}

/// Wakes one who waits; a ring that no one waits for is heard by the next.
final class Alarm: Sendable {
  private enum State {
    case quiet, rung
    case awaited(CheckedContinuation<Void, Never>)
  }

  private let state = Mutex(State.quiet)

  func ring() {
    let waiter = state.withLock { state -> CheckedContinuation<Void, Never>? in
      if case .awaited(let waiter) = state {
        state = .quiet
        return waiter
      }
      state = .rung
      return nil
    }
    waiter?.resume()
  }

  func wait() async {
    await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        let isReady = state.withLock { state in
          if case .rung = state {
            state = .quiet
            return true
          }
          if Task.isCancelled { return true }
          state = .awaited(continuation)
          return false
        }
        if isReady { continuation.resume() }
      }
    } onCancel: {
      let waiter = state.withLock { state -> CheckedContinuation<Void, Never>? in
        guard case .awaited(let waiter) = state else { return nil }
        state = .quiet
        return waiter
      }
      waiter?.resume()
    }
  }
}
