import CLMDB
import Glibc
import Synchronization

/// Lets transactions run side by side, each thread in a lane of its own, and a change of the map's size alone: LMDB allows it
/// only while no transaction of the process is active.
///
/// A lane holds all that a thread writes in order to read, its last read transaction included, so that threads which read at
/// once write to no memory in common: that would travel between the processors with every read.
// Sendable because the lanes are made once, and what is in them is atomic.
final class ReaderLanes: @unchecked Sendable {
  struct Lane: ~Copyable {
    /// How many are inside, of the threads that share the lane.
    fileprivate let inside = Atomic<Int>(0)
    /// A read transaction that has been reset: it sees nothing and holds only its place among the readers. With MDB_NOTLS
    /// it belongs to no thread.
    fileprivate let idle = Atomic<OpaquePointer?>(nil)
  }

  /// Threads beyond so many share lanes, and so do those that come after others which have ended.
  static let count = 64
  /// Octets from lane to lane: processors fetch lines of 64 in pairs.
  private static let stride = 128
  /// How long the changer sleeps between looks, in microseconds.
  private static let interval: UInt32 = 50

  private let lanes: UnsafeMutableRawPointer
  private let isChanging = Atomic(false)
  private let changing = Mutex<Void>(())

  init() {
    lanes = .allocate(byteCount: ReaderLanes.count * ReaderLanes.stride, alignment: ReaderLanes.stride)
    for index in 0..<ReaderLanes.count { lane(index).initialize(to: Lane()) }
  }

  deinit {
    for index in 0..<ReaderLanes.count { lane(index).deinitialize(count: 1) }
    lanes.deallocate()
  }

  private func lane(_ index: Int) -> UnsafeMutablePointer<Lane> {
    (lanes + index * ReaderLanes.stride).assumingMemoryBound(to: Lane.self)
  }

  /// Waits while the map is being changed. Entering twice on one thread can wait for itself and is a mistake.
  ///
  /// - Returns: the lane of this thread, which is to be left again.
  func enter() -> UnsafeMutablePointer<Lane> {
    let lane = lane(Int(hallmark_thread_number()) % ReaderLanes.count)
    // Each side writes first and then looks for the other, in one order for all: at least one of them sees the other.
    while true {
      lane.pointee.inside.add(1, ordering: .sequentiallyConsistent)
      guard isChanging.load(ordering: .sequentiallyConsistent) else { return lane }
      leave(lane)
      changing.withLock { _ in }
    }
  }

  func leave(_ lane: UnsafeMutablePointer<Lane>) {
    lane.pointee.inside.subtract(1, ordering: .releasing)
  }

  /// Takes the transaction that waits in a lane.
  func takeIdle(from lane: UnsafeMutablePointer<Lane>) -> OpaquePointer? {
    lane.pointee.idle.exchange(nil, ordering: .acquiringAndReleasing)
  }

  /// - Returns: false where there is one already: this one is not kept.
  func keepIdle(_ transaction: OpaquePointer, in lane: UnsafeMutablePointer<Lane>) -> Bool {
    lane.pointee.idle.compareExchange(expected: nil, desired: transaction, ordering: .acquiringAndReleasing).exchanged
  }

  func takeAllIdle() -> [OpaquePointer] { (0..<ReaderLanes.count).compactMap { takeIdle(from: lane($0)) } }

  /// Runs the body while nobody is inside.
  func alone<Result>(_ body: () throws(LMDBError) -> Result) throws(LMDBError) -> Result {
    try changing.withLock { _ throws(LMDBError) in
      isChanging.store(true, ordering: .sequentiallyConsistent)
      defer { isChanging.store(false, ordering: .sequentiallyConsistent) }
      while (0..<ReaderLanes.count).contains(where: { isOccupied($0) }) { usleep(ReaderLanes.interval) }
      return try body()
    }
  }

  private func isOccupied(_ index: Int) -> Bool {
    lane(index).pointee.inside.load(ordering: .sequentiallyConsistent) != 0
  }
}
