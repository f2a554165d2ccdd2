import Synchronization

/// Counts what is open and what waits, across all event loops.
final class ConnectionLedger: Sendable {
  private struct State {
    var connections = 0
    var waiting = 0
    var waitingByCaller: [String: Int] = [:]
    var isDraining = false
    var whenEmpty: [@Sendable () -> Void] = []

    /// Whom to tell that the last connection is closed; nobody while some are open.
    mutating func takeFinished() -> [@Sendable () -> Void] {
      guard isDraining, connections == 0 else { return [] }
      defer { whenEmpty = [] }
      return whenEmpty
    }
  }

  enum Admission {
    case admitted
    /// This caller has too many.
    case tooManyOfOne
    case tooMany
  }

  private let limits: HTTPLimits
  private let state = Mutex(State())

  init(limits: HTTPLimits) { self.limits = limits }

  /// False where there are too many already, or no more are taken; the connection is counted all the same.
  func open() -> Bool {
    state.withLock { state in
      state.connections += 1
      return state.connections <= limits.connections && !state.isDraining
    }
  }

  func close() {
    let finished = state.withLock { state -> [@Sendable () -> Void] in
      state.connections -= 1
      return state.takeFinished()
    }
    for finish in finished { finish() }
  }

  func beginWaiting(_ caller: String) -> Admission {
    state.withLock { state in
      guard state.waiting < limits.waiting else { return .tooMany }
      guard state.waitingByCaller[caller, default: 0] < limits.waitingOfOne else { return .tooManyOfOne }
      state.waiting += 1
      state.waitingByCaller[caller, default: 0] += 1
      return .admitted
    }
  }

  func endWaiting(_ caller: String) {
    state.withLock { state in
      state.waiting -= 1
      let left = state.waitingByCaller[caller, default: 1] - 1
      state.waitingByCaller[caller] = left > 0 ? left : nil
    }
  }

  var connections: Int { state.withLock { $0.connections } }
  var waiting: Int { state.withLock { $0.waiting } }

  /// From now on none is opened; `whenEmpty` is called once all are closed.
  func drain(whenEmpty: @escaping @Sendable () -> Void) {
    let finished = state.withLock { state -> [@Sendable () -> Void] in
      state.isDraining = true
      state.whenEmpty.append(whenEmpty)
      return state.takeFinished()
    }
    for finish in finished { finish() }
  }
}
