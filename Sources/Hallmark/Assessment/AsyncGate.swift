import Synchronization

/// Who waits for a piece of work.
enum Urgency: String, Hashable, Sendable {
  /// Somebody who called: goes first.
  case caller
  /// The verifier.
  case verifier
}

/// Lets so many in at a time: callers before the verifier, and each kind in the order it came. Of the places the verifier
/// never holds more than its share, so that a caller need not wait until it has done.
final class AsyncGate: Sendable {
  private struct Line {
    private var waiting: [CheckedContinuation<Void, Never>] = []
    private var head = 0

    mutating func append(_ continuation: CheckedContinuation<Void, Never>) { waiting.append(continuation) }

    var count: Int { waiting.count - head }

    mutating func next() -> CheckedContinuation<Void, Never>? {
      guard head < waiting.count else {
        waiting = []
        head = 0
        return nil
      }
      head += 1
      return waiting[head - 1]
    }
  }

  private struct State {
    var free: Int
    /// Places that the verifier may still take.
    var share: Int
    var callers = Line()
    var verifier = Line()

    mutating func take(_ urgency: Urgency) -> Bool {
      guard free > 0, urgency == .caller || share > 0 else { return false }
      free -= 1
      if urgency == .verifier { share -= 1 }
      return true
    }

    /// Who may go in now; the place is theirs.
    mutating func admit() -> CheckedContinuation<Void, Never>? {
      guard free > 0 else { return nil }
      if let next = callers.next() {
        free -= 1
        return next
      }
      guard share > 0, let next = verifier.next() else { return nil }
      free -= 1
      share -= 1
      return next
    }
  }

  private let state: Mutex<State>

  /// - Parameter share: the most places that the verifier may hold; nil: all of them.
  init(_ places: Int, share: Int? = nil) { state = Mutex(State(free: places, share: share ?? places)) }

  /// How many wait.
  var waiting: Int { state.withLock { $0.callers.count + $0.verifier.count } }

  func enter(_ urgency: Urgency = .caller) async {
    await withCheckedContinuation { continuation in
      let entered = state.withLock { state in
        if state.take(urgency) { return true }
        switch urgency {
        case .caller: state.callers.append(continuation)
        case .verifier: state.verifier.append(continuation)
        }
        return false
      }
      if entered { continuation.resume() }
    }
  }

  func leave(_ urgency: Urgency = .caller) {
    let next = state.withLock { state in
      state.free += 1
      if urgency == .verifier { state.share += 1 }
      return state.admit()
    }
    next?.resume()
  }

  func with<Value: Sendable>(_ urgency: Urgency = .caller, _ body: @Sendable () async -> Value) async -> Value {
    await enter(urgency)
    let value = await body()
    leave(urgency)
    return value
  }
}

/// A gate for each key; a key that no one uses takes no memory.
final class KeyedGate<Key: Hashable & Sendable>: Sendable {
  private let places: Int
  private let gates = Mutex<[Key: (gate: AsyncGate, users: Int)]>([:])

  init(places: Int) { self.places = places }

  func with<Value: Sendable>(
    _ key: Key, _ urgency: Urgency = .caller, _ body: @Sendable () async -> Value
  ) async -> Value {
    let gate = gates.withLock { gates in
      let entry = gates[key] ?? (AsyncGate(places), 0)
      gates[key] = (entry.gate, entry.users + 1)
      return entry.gate
    }
    let value = await gate.with(urgency, body)
    gates.withLock { gates in
      guard let entry = gates[key] else { return }
      gates[key] = entry.users > 1 ? (entry.gate, entry.users - 1) : nil
    }
    return value
  }
}
