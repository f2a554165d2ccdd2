import Glibc
import Synchronization

/// Lets transactions run side by side, and a change of the map's size alone: LMDB allows it only while no transaction
/// of the process is active.
final class MapGate: Sendable {
  /// Taken off `count` while the map is being changed; more than there can be transactions.
  private static let closed = 1 << 40
  /// How long the changer sleeps between looks, in microseconds.
  private static let interval: UInt32 = 50

  private let count = Atomic<Int>(0)
  private let changing = Mutex<Void>(())

  /// Waits while the map is being changed. Entering twice on one thread can wait for itself and is a mistake.
  func enter() {
    while count.add(1, ordering: .acquiringAndReleasing).oldValue < 0 {
      count.subtract(1, ordering: .acquiringAndReleasing)
      changing.withLock { _ in }
    }
  }

  func leave() {
    count.subtract(1, ordering: .acquiringAndReleasing)
  }

  /// Runs the body while nobody is inside.
  func alone<Result>(_ body: () throws(LMDBError) -> Result) throws(LMDBError) -> Result {
    try changing.withLock { _ throws(LMDBError) in
      count.subtract(MapGate.closed, ordering: .acquiringAndReleasing)
      defer { count.add(MapGate.closed, ordering: .acquiringAndReleasing) }
      while count.load(ordering: .acquiring) != -MapGate.closed { usleep(MapGate.interval) }
      return try body()
    }
  }
}
