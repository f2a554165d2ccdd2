import Synchronization

/// Lets so many in at a time: the most urgent first, and each kind in the order it came. Of the places the less urgent
/// never hold more than their share, so that the more urgent need not wait until they have done.
final class AsyncGate: Sendable {
  /// The most places that a kind and those less urgent than it may hold together; nil: all of them.
  struct Shares: Sendable {
    var stranger: Int?
    var verifier: Int?
  }

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

  private struct Kind {
    var line = Line()
    var held = 0
    /// The most that it and those less urgent may hold together.
    let most: Int
  }

  private struct State {
    /// In the order of `Urgency.allCases`.
    var kinds: [Kind]

    private func mayEnter(_ index: Int) -> Bool {
      // Each kind counts against the share of every kind that is as urgent or more so.
      var held = 0
      for kind in kinds.indices.reversed() {
        held += kinds[kind].held
        if kind <= index, held >= kinds[kind].most { return false }
      }
      return true
    }

    mutating func take(_ urgency: Urgency) -> Bool {
      guard mayEnter(urgency.index) else { return false }
      kinds[urgency.index].held += 1
      return true
    }

    /// Who may go in now; the place is theirs.
    mutating func admit() -> CheckedContinuation<Void, Never>? {
      for index in kinds.indices where mayEnter(index) {
        guard let next = kinds[index].line.next() else { continue }
        kinds[index].held += 1
        return next
      }
      return nil
    }
  }

  private let state: Mutex<State>

  init(_ places: Int, shares: Shares = Shares()) {
    let kinds = Urgency.allCases.map { urgency in
      switch urgency {
      case .caller: Kind(most: places)
      case .stranger: Kind(most: shares.stranger ?? places)
      case .verifier: Kind(most: shares.verifier ?? places)
      }
    }
    state = Mutex(State(kinds: kinds))
  }

  /// How many wait.
  var waiting: Int { state.withLock { $0.kinds.reduce(0) { $0 + $1.line.count } } }

  func enter(_ urgency: Urgency = .caller) async {
    await withCheckedContinuation { continuation in
      let entered = state.withLock { state in
        if state.take(urgency) { return true }
        state.kinds[urgency.index].line.append(continuation)
        return false
      }
      if entered { continuation.resume() }
    }
  }

  func leave(_ urgency: Urgency = .caller) {
    let next = state.withLock { state in
      state.kinds[urgency.index].held -= 1
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
