import Posture
import Synchronization

@testable import Hallmark

/// A clock that the test sets, and sleep that ends when the clock has come so far.
final class VirtualTime: Sendable {
  private struct State {
    var now: Timestamp
    var sleepers: [Int: (until: Timestamp, continuation: CheckedContinuation<Void, Never>)] = [:]
    var next = 0
    /// How often somebody went to sleep.
    var sleeps = 0
  }

  private let state: Mutex<State>

  init(_ now: Timestamp = epoch) { state = Mutex(State(now: now)) }

  var clock: WallClock { WallClock { [self] in now } }
  var now: Timestamp { state.withLock { $0.now } }
  var sleeps: Int { state.withLock { $0.sleeps } }
  /// When the next sleeper wakes; nil where nobody sleeps.
  var nextWake: Timestamp? { state.withLock { $0.sleepers.values.map(\.until).min() } }

  func advance(to time: Timestamp) {
    let woken = state.withLock { state in
      state.now = time
      let woken = state.sleepers.filter { $0.value.until <= time }
      for key in woken.keys { state.sleepers[key] = nil }
      return woken.values.map(\.continuation)
    }
    for continuation in woken { continuation.resume() }
  }

  func sleep(_ duration: Duration) async throws {
    let id = state.withLock { state in
      state.next += 1
      state.sleeps += 1
      return state.next
    }
    await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        let isOver = state.withLock { state in
          let until = state.now + max(1, duration.components.seconds)
          guard !Task.isCancelled else { return true }
          state.sleepers[id] = (until, continuation)
          return false
        }
        if isOver { continuation.resume() }
      }
    } onCancel: {
      state.withLock { $0.sleepers.removeValue(forKey: id) }?.continuation.resume()
    }
    try Task.checkCancellation()
  }
}
