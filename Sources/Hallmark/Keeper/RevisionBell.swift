import Synchronization

/// Rung when something changed; whoever waits past a count of rings is woken by the next.
final class RevisionBell: Sendable {
  private struct State {
    var count: UInt64 = 0
    var flights: [Flight<Bool>] = []
  }

  private let state = Mutex(State())

  var count: UInt64 { state.withLock { $0.count } }

  func ring() {
    let waiting = state.withLock { state in
      state.count += 1
      defer { state.flights = [] }
      return state.flights
    }
    for flight in waiting { flight.land(true) }
  }

  /// Waits for a ring after the count, or for the deadline.
  func wait(past count: UInt64, until deadline: ContinuousClock.Instant) async {
    let flight = state.withLock { state -> Flight<Bool>? in
      guard state.count == count else { return nil }
      let flight = state.flights.last ?? Flight<Bool>()
      if state.flights.isEmpty { state.flights.append(flight) }
      return flight
    }
    _ = await flight?.result(within: ContinuousClock.now.duration(to: deadline))
  }
}
