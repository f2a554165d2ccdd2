import Glibc

/// How often a piece of work is done in a second of one core's time: the thread's own, so that a busy machine counts
/// for nothing.
enum Stopwatch {
  /// The work is done over and over for so long, and that a few times.
  private static let seconds = 2.0
  private static let rounds = 5

  /// The median of some rounds.
  ///
  /// - Parameter count: how many pieces of work one call does.
  static func perSecond(_ count: Int = 1, _ work: () -> Void) -> Double {
    work()
    return (0..<rounds).map { _ in round(count, work) }.sorted()[rounds / 2]
  }

  private static func round(_ count: Int, _ work: () -> Void) -> Double {
    let start = now
    var done = 0
    var elapsed = 0.0
    while elapsed < seconds {
      work()
      done += count
      elapsed = now - start
    }
    return Double(done) / elapsed
  }

  private static var now: Double {
    var time = timespec()
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
  }
}
