import Synchronization

/// One piece of work that many wait for, each for as long as it likes.
///
/// A waiter that gives up leaves the work alone: it goes on, and its result is kept for whoever comes next.
final class Flight<Value: Sendable>: Sendable {
  private struct Waiter {
    let continuation: CheckedContinuation<Value?, Never>
    let timer: Task<Void, Never>?

    func resume(returning value: Value?) {
      timer?.cancel()
      continuation.resume(returning: value)
    }
  }

  private struct State {
    var value: Value?
    var waiters: [Int: Waiter] = [:]
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
    return await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        let ready = state.withLock { state -> Value?? in
          if let value = state.value { return .some(value) }
          if Task.isCancelled { return .some(nil) }
          // It runs from here on: a timer that went off before anyone stood in the table would find nobody to tell.
          state.waiters[id] = Waiter(continuation: continuation, timer: limit.map { timer(id, $0) })
          return nil
        }
        if let ready { continuation.resume(returning: ready) }
      }
    } onCancel: {
      giveUp(id)
    }
  }

  private func timer(_ id: Int, _ limit: Duration) -> Task<Void, Never> {
    Task { [weak self] in
      do { try await Task.sleep(for: limit) } catch { return }
      self?.giveUp(id)
    }
  }

  private func giveUp(_ id: Int) {
    // Removal from the table decides who resumes the continuation.
    state.withLock { $0.waiters.removeValue(forKey: id) }?.resume(returning: nil)
  }
}

/// Work by key, begun once however many ask for it at once.
final class SingleFlight<Key: Hashable & Sendable, Value: Sendable>: Sendable {
  private struct Entry {
    let flight: Flight<Value>
    let task: Task<Void, Never>
  }

  private struct State {
    var entries: [Key: Entry] = [:]
    var isEnding = false
  }

  private let state = Mutex(State())

  /// Joins the flight that is under way, or begins one by `work`, which goes on whatever becomes of its callers.
  func join(_ key: Key, work: @escaping @Sendable () async -> Value) -> Flight<Value> {
    state.withLock { $0.entries[key]?.flight ?? begin(key, &$0, work) }
  }

  /// The same, but that one which would have to be begun may be refused.
  ///
  /// - Parameter mayBegin: is given how many are under way; it must not wait.
  /// - Returns: nil where it was refused.
  func join(
    _ key: Key, mayBegin: (_ underWay: Int) -> Bool, work: @escaping @Sendable () async -> Value
  ) -> Flight<Value>? {
    state.withLock { state in
      if let entry = state.entries[key] { return entry.flight }
      guard mayBegin(state.entries.count) else { return nil }
      return begin(key, &state, work)
    }
  }

  /// The table owns the task: the flight stands there until the work is done.
  private func begin(_ key: Key, _ state: inout State, _ work: @escaping @Sendable () async -> Value) -> Flight<Value> {
    let flight = Flight<Value>()
    let task = Task { [self] in
      let value = await work()
      self.state.withLock { _ = $0.entries.removeValue(forKey: key) }
      flight.land(value)
    }
    if state.isEnding { task.cancel() }
    state.entries[key] = Entry(flight: flight, task: task)
    return flight
  }

  /// Some flight whose key fits, if one is under way.
  func flight(where fits: (Key) -> Bool) -> Flight<Value>? {
    state.withLock { state in state.entries.first { fits($0.key) }?.value.flight }
  }

  var count: Int { state.withLock { $0.entries.count } }

  /// Cancels the work that is under way, and whatever is begun from now on.
  func cancelAll() {
    let tasks = state.withLock { state in
      state.isEnding = true
      return state.entries.values.map(\.task)
    }
    for task in tasks { task.cancel() }
  }

  /// Waits until nothing is under way.
  ///
  /// - Returns: false where the deadline passed before.
  func drained(until deadline: ContinuousClock.Instant) async -> Bool {
    while let flight = flight(where: { _ in true }) {
      guard await flight.result(within: ContinuousClock.now.duration(to: deadline)) != nil else { return false }
    }
    return true
  }
}
