import CLMDB
import Glibc
import Synchronization

/// Lets transactions run side by side, each in a lane of its own, and a change of the map's size alone: LMDB allows it only while
/// no transaction of the process is active.
///
/// A lane holds all that a thread writes in order to read, its last read transaction included, and a thread begins at the same lane
/// each time: threads which read at once write to no memory in common, which would travel between the processors with
/// every read. A lane is taken by one exchange of its word and left by a plain store, because an exchange waits until the processor has
/// written all that it was told to write before.
// Sendable because the lanes are made once, and what is in them is atomic.
final class ReaderLanes: @unchecked Sendable {
  /// 0: nobody is inside, and nothing is kept. `taken`: somebody is inside. Else nobody is, and this is a read transaction, with
  /// `isView` set while it still sees what it saw; otherwise it has been reset, sees nothing, and holds only its place among the
  /// readers. With MDB_NOTLS it belongs to no thread.
  private typealias Lane = Atomic<UInt>

  /// A place inside, which is to be left again.
  struct Place {
    /// nil: outside all lanes, where nothing is kept.
    fileprivate let lane: UnsafeMutablePointer<Atomic<UInt>>?
    fileprivate let content: UInt

    /// The read transaction that waited there.
    var idle: OpaquePointer? { OpaquePointer(bitPattern: content & ~ReaderLanes.isView) }
    /// Whether it has not been reset.
    var hasView: Bool { content & ReaderLanes.isView != 0 }

    /// Whether a transaction can wait there.
    var keeps: Bool { lane != nil }
  }

  /// Those who come while all lanes are taken are counted, and keep no transaction.
  static let count = 64
  /// No address.
  private static let taken: UInt = 1
  /// A bit that no address has.
  private static let isView: UInt = 2
  /// Octets from lane to lane: processors fetch lines of 64 in pairs.
  private static let stride = 128
  /// How long the changer sleeps between looks, in microseconds.
  private static let interval: UInt32 = 50

  private let lanes: UnsafeMutableRawPointer
  private let outside = Atomic(0)
  private let isChanging = Atomic(false)
  private let changing = Mutex<Void>(())

  init() {
    lanes = .allocate(byteCount: ReaderLanes.count * ReaderLanes.stride, alignment: ReaderLanes.stride)
    for index in 0..<ReaderLanes.count { lane(index).initialize(to: Lane(0)) }
  }

  deinit {
    for index in 0..<ReaderLanes.count { lane(index).deinitialize(count: 1) }
    lanes.deallocate()
  }

  private func lane(_ index: Int) -> UnsafeMutablePointer<Lane> {
    (lanes + index * ReaderLanes.stride).assumingMemoryBound(to: Lane.self)
  }

  /// Waits while the map is being changed. Entering twice on one thread can wait for itself and is a mistake.
  func enter() -> Place {
    // Each side writes first and then looks for the other, in one order for all: at least one of them sees the other.
    while true {
      let place = take()
      guard isChanging.load(ordering: .sequentiallyConsistent) else { return place }
      leave(place, content: place.content)
      changing.withLock { _ in }
    }
  }

  private func take() -> Place {
    let first = Int(hallmark_thread_number())
    for step in 0..<ReaderLanes.count {
      let lane = lane((first + step) % ReaderLanes.count)
      let content = lane.pointee.load(ordering: .relaxed)
      guard content != ReaderLanes.taken else { continue }
      let exchange = lane.pointee.compareExchange(
        expected: content, desired: ReaderLanes.taken, ordering: .sequentiallyConsistent)
      if exchange.exchanged { return Place(lane: lane, content: content) }
    }
    outside.add(1, ordering: .sequentiallyConsistent)
    return Place(lane: nil, content: 0)
  }

  /// - Parameters:
  ///   - place: where the thread is.
  ///   - transaction: what is to wait there for the next, where the place keeps any.
  ///   - isView: whether it has not been reset.
  func leave(_ place: Place, keeping transaction: OpaquePointer?, isView: Bool = false) {
    leave(place, content: UInt(bitPattern: transaction) | (isView ? ReaderLanes.isView : 0))
  }

  private func leave(_ place: Place, content: UInt) {
    if let lane = place.lane {
      lane.pointee.store(content, ordering: .releasing)
    } else {
      outside.subtract(1, ordering: .releasing)
    }
  }

  /// The transactions that wait; nobody may be inside.
  func takeAllIdle() -> [OpaquePointer] {
    (0..<ReaderLanes.count).compactMap { index in
      OpaquePointer(bitPattern: lane(index).pointee.exchange(0, ordering: .acquiring) & ~ReaderLanes.isView)
    }
  }

  /// Resets the transactions that wait with a view.
  ///
  /// - Returns: false where a lane was taken meanwhile and passed over.
  @discardableResult
  func dropViews(_ reset: (OpaquePointer) -> Void) -> Bool {
    var isWhole = true
    for index in 0..<ReaderLanes.count {
      let lane = lane(index)
      let content = lane.pointee.load(ordering: .relaxed)
      if content == ReaderLanes.taken { isWhole = false }
      guard content & ReaderLanes.isView != 0 else { continue }
      let exchange = lane.pointee.compareExchange(
        expected: content, desired: ReaderLanes.taken, ordering: .sequentiallyConsistent)
      guard exchange.exchanged else {
        isWhole = false
        continue
      }
      let place = Place(lane: lane, content: content)
      if let idle = place.idle { reset(idle) }
      leave(place, keeping: place.idle)
    }
    return isWhole
  }

  /// Runs the body while nobody is inside.
  func alone<Result>(_ body: () throws(LMDBError) -> Result) throws(LMDBError) -> Result {
    try changing.withLock { _ throws(LMDBError) in
      isChanging.store(true, ordering: .sequentiallyConsistent)
      defer { isChanging.store(false, ordering: .sequentiallyConsistent) }
      while isOccupied { usleep(ReaderLanes.interval) }
      return try body()
    }
  }

  private var isOccupied: Bool {
    outside.load(ordering: .sequentiallyConsistent) != 0
      || (0..<ReaderLanes.count).contains {
        lane($0).pointee.load(ordering: .sequentiallyConsistent) == ReaderLanes.taken
      }
  }
}
