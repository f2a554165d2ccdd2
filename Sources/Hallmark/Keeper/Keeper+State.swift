import Posture

extension Keeper {
  /// How long a domain may have been due before it counts as overdue, in seconds: a renewal takes a minute at the most.
  static let overdueAfter: Int64 = 60

  /// What the gauges show.
  func state() -> StoreState {
    var state = StoreState()
    let now = clock.now
    guard let statistics = reading({ try store.statistics() }) else { return state }
    state.statistics = statistics
    if let counts = reading({ try store.dueCounts(at: now, overdueBefore: now + -Keeper.overdueAfter) }) {
      state.due = counts.due
      state.overdue = counts.overdue
      state.lag = counts.oldest.map { max(0, now - $0) } ?? 0
    }
    state.oldestReaderAge = readerAge(statistics, now)
    return state
  }

  /// LMDB says which commit the oldest reader looks at, not since when: it is timed from when it was first seen to stay behind.
  private func readerAge(_ statistics: StoreStatistics, _ now: Timestamp) -> Int64 {
    heldBack.withLock { held in
      guard statistics.oldestReaderLag > 0, let commit = statistics.oldestReader else {
        held = nil
        return 0
      }
      if let held, held.commit == commit { return max(0, now - held.since) }
      held = (commit, now)
      return 0
    }
  }
}
