import Synchronization

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
