import Synchronization

/// Lets so many in at a time, the others in the order they came.
final class AsyncGate: Sendable {
  private struct State {
    var free: Int
    var waiting: [CheckedContinuation<Void, Never>] = []
    var head = 0
  }

  private let state: Mutex<State>

  init(_ places: Int) { state = Mutex(State(free: places)) }

  func enter() async {
    await withCheckedContinuation { continuation in
      let entered = state.withLock { state in
        if state.free > 0 {
          state.free -= 1
          return true
        }
        state.waiting.append(continuation)
        return false
      }
      if entered { continuation.resume() }
    }
  }

  func leave() {
    let next = state.withLock { state -> CheckedContinuation<Void, Never>? in
      guard state.head < state.waiting.count else {
        state.waiting = []
        state.head = 0
        state.free += 1
        return nil
      }
      state.head += 1
      return state.waiting[state.head - 1]
    }
    next?.resume()
  }

  func with<Value: Sendable>(_ body: @Sendable () async -> Value) async -> Value {
    await enter()
    let value = await body()
    leave()
    return value
  }
}

/// A gate for each key; a key that no one uses takes no memory.
final class KeyedGate<Key: Hashable & Sendable>: Sendable {
  private let places: Int
  private let gates = Mutex<[Key: (gate: AsyncGate, users: Int)]>([:])

  init(places: Int) { self.places = places }

  func with<Value: Sendable>(_ key: Key, _ body: @Sendable () async -> Value) async -> Value {
    let gate = gates.withLock { gates in
      let entry = gates[key] ?? (AsyncGate(places), 0)
      gates[key] = (entry.gate, entry.users + 1)
      return entry.gate
    }
    let value = await gate.with(body)
    gates.withLock { gates in
      guard let entry = gates[key] else { return }
      gates[key] = entry.users > 1 ? (entry.gate, entry.users - 1) : nil
    }
    return value
  }
}
