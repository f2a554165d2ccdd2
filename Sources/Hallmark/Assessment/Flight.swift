import Synchronization

/// One piece of work that many wait for, each for as long as it likes.
///
/// A waiter that gives up leaves the work alone: it goes on, and its result is kept for whoever comes next.
final class Flight<Value: Sendable>: Sendable {
  private struct State {
    var value: Value?
    var waiters: [Int: CheckedContinuation<Value?, Never>] = [:]
    var next = 0
  }

  private let state = Mutex(State())

  /// What came of it; nil while it is under way.
  var landed: Value? { state.withLock { $0.value } }

  func land(_ value: Value) {
    let waiters = state.withLock { state in
      state.value = value
      defer { state.waiters = [:] }
      return state.waiters.values
    }
    for waiter in waiters { waiter.resume(returning: value) }
  }

  /// The result; nil when the limit passes before it is there, or the caller is cancelled.
  func result(within limit: Duration? = nil) async -> Value? {
    let id = state.withLock { state in
      state.next += 1
      return state.next
    }
    let timer = limit.map { limit in
      Task { [weak self] in
        try? await Task.sleep(for: limit)
        if !Task.isCancelled { self?.giveUp(id) }
      }
    }
    defer { timer?.cancel() }
    return await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        let ready = state.withLock { state -> Value?? in
          if let value = state.value { return .some(value) }
          if Task.isCancelled { return .some(nil) }
          state.waiters[id] = continuation
          return nil
        }
        if let ready { continuation.resume(returning: ready) }
      }
    } onCancel: {
      giveUp(id)
    }
  }

  private func giveUp(_ id: Int) {
    // Removal from the table decides who resumes the continuation.
    state.withLock { $0.waiters.removeValue(forKey: id) }?.resume(returning: nil)
  }
}

/// Work by key, begun once however many ask for it at once.
final class SingleFlight<Key: Hashable & Sendable, Value: Sendable>: Sendable {
  private let flights = Mutex<[Key: Flight<Value>]>([:])

  /// Joins the flight that is under way, or begins one by `work`, which goes on whatever becomes of its callers.
  func join(_ key: Key, work: @escaping @Sendable () async -> Value) -> Flight<Value> {
    let (flight, isNew) = flights.withLock { flights -> (Flight<Value>, Bool) in
      if let flight = flights[key] { return (flight, false) }
      return (SingleFlight.insert(key, &flights), true)
    }
    if isNew { begin(flight, key, work) }
    return flight
  }

  /// The same, but that one which would have to be begun may be refused.
  ///
  /// - Parameter mayBegin: is given how many are under way; it must not wait.
  /// - Returns: nil where it was refused.
  func join(
    _ key: Key, mayBegin: (_ underWay: Int) -> Bool, work: @escaping @Sendable () async -> Value
  ) -> Flight<Value>? {
    let (flight, isNew) = flights.withLock { flights -> (Flight<Value>?, Bool) in
      if let flight = flights[key] { return (flight, false) }
      guard mayBegin(flights.count) else { return (nil, false) }
      return (SingleFlight.insert(key, &flights), true)
    }
    if isNew, let flight { begin(flight, key, work) }
    return flight
  }

  private static func insert(_ key: Key, _ flights: inout [Key: Flight<Value>]) -> Flight<Value> {
    let flight = Flight<Value>()
    flights[key] = flight
    return flight
  }

  /// The table owns the task: the flight stands there until the work is done.
  private func begin(_ flight: Flight<Value>, _ key: Key, _ work: @escaping @Sendable () async -> Value) {
    Task { [self] in
      let value = await work()
      flights.withLock { _ = $0.removeValue(forKey: key) }
      flight.land(value)
    }
  }

  /// Some flight whose key fits, if one is under way.
  func flight(where fits: (Key) -> Bool) -> Flight<Value>? {
    flights.withLock { flights in flights.first { fits($0.key) }?.value }
  }

  var count: Int { flights.withLock { $0.count } }
}
