import CLMDB
import Glibc

/// An LMDB environment: a directory with a map of pages and a table of readers.
///
/// Reads run on any thread, side by side. Writes run one at a time, each whole or not at all, and are on disk when
/// `write` returns. The map grows by itself.
// Sendable because LMDB itself serialises what its handle does.
public final class Environment: @unchecked Sendable {
  public struct Options: Sendable {
    /// Named databases.
    public var databases: Int
    /// The size of the map at the start, in octets; it doubles when it is full. The file holds no more than is used.
    public var mapSize: Int
    /// Beyond this size of the map, in octets, a write fails with `isMapFull`.
    public var maximumMapSize: Int
    public var isReadOnly: Bool
    /// No other process writes. A view then waits for the next reader, who takes it as it is where nothing was committed since;
    /// after each commit those that wait are dropped. Another process would not drop them, and they would hold its pages back.
    public var isSoleWriter: Bool

    public init(
      databases: Int = 16, mapSize: Int = 1 << 30, maximumMapSize: Int = 1 << 40, isReadOnly: Bool = false,
      isSoleWriter: Bool = false
    ) {
      self.databases = databases
      self.mapSize = mapSize
      self.maximumMapSize = maximumMapSize
      self.isReadOnly = isReadOnly
      self.isSoleWriter = isSoleWriter
    }
  }

  /// Transactions that may read at once, those of other processes included.
  public static let maximumReaders: UInt32 = 1024

  public let path: String
  public let options: Options
  let handle: OpaquePointer
  private let lanes = ReaderLanes()

  /// Opens the directory, which must exist.
  ///
  /// - Throws: `LMDBError`; `isDamaged` for a file that is no environment, or that ends before its last page.
  public init(path: String, options: Options = Options()) throws(LMDBError) {
    self.path = path
    self.options = options
    var created: OpaquePointer?
    try LMDBError.check(mdb_env_create(&created), "create an environment")
    guard let created else { throw LMDBError(code: ENOMEM, operation: "create an environment") }
    do throws(LMDBError) {
      try Environment.open(created, path, options)
    } catch {
      mdb_env_close(created)
      throw error
    }
    handle = created
  }

  deinit {
    for transaction in lanes.takeAllIdle() { mdb_txn_abort(transaction) }
    mdb_env_close(handle)
  }

  private static func open(_ handle: OpaquePointer, _ path: String, _ options: Options) throws(LMDBError) {
    let operation = "open \(path)"
    try LMDBError.check(mdb_env_set_assert(handle, endOnDamage), operation)
    try LMDBError.check(mdb_env_set_maxdbs(handle, MDB_dbi(options.databases)), operation)
    try LMDBError.check(mdb_env_set_maxreaders(handle, maximumReaders), operation)
    try LMDBError.check(mdb_env_set_mapsize(handle, options.mapSize), operation)
    // Without MDB_NOSYNC, MDB_NOMETASYNC and MDB_WRITEMAP: a commit is durable, and a full disk is an error, no signal.
    var flags = UInt32(MDB_NOTLS)
    if options.isReadOnly { flags |= UInt32(MDB_RDONLY) }
    try LMDBError.check(mdb_env_open(handle, path, flags, mode_t(0o600)), operation)
    try checkLength(handle, path)
    MapFault.expect(in: path)
    // Readers that died keep pages from being used again.
    mdb_reader_check(handle, nil)
  }

  /// LMDB aborts when its pages contradict each other in a way that it has no code for; the last words name the file.
  private static let endOnDamage: @convention(c) (OpaquePointer?, UnsafePointer<CChar>?) -> Void = { handle, reason in
    var path: UnsafePointer<CChar>?
    mdb_env_get_path(handle, &path)
    let place = path.map { String(cString: $0) } ?? "LMDB"
    let line = Array("the store \(place) is damaged: \(reason.map { String(cString: $0) } ?? "unknown")\n".utf8)
    _ = Glibc.write(STDERR_FILENO, line, line.count)
    _exit(2)
  }

  /// A page beyond the end of the file would be a bus error when it is read, so a file that was cut off is refused
  /// here.
  private static func checkLength(_ handle: OpaquePointer, _ path: String) throws(LMDBError) {
    var information = MDB_envinfo()
    var statistics = MDB_stat()
    try LMDBError.check(mdb_env_info(handle, &information), "examine \(path)")
    try LMDBError.check(mdb_env_stat(handle, &statistics), "examine \(path)")
    var descriptor: Int32 = -1
    try LMDBError.check(mdb_env_get_fd(handle, &descriptor), "examine \(path)")
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { throw LMDBError(code: errno, operation: "examine \(path)") }
    // An environment that was never written to has no pages beside the two that describe it.
    guard statistics.ms_psize > 0, information.me_last_txnid > 0 else { return }
    guard status.st_size / Int(statistics.ms_psize) > information.me_last_pgno else {
      throw LMDBError(code: MDB_CORRUPTED, operation: "open \(path), whose file is cut off")
    }
  }

  // MARK: Transactions

  /// Runs the body with a view of the last commit. It must not itself read or write this environment otherwise.
  public func read<Result>(_ body: (borrowing ReadTransaction) throws -> Result) throws -> Result {
    let (transaction, place) = try beginReading()
    let result: Result
    do {
      result = try body(ReadTransaction(handle: transaction))
    } catch {
      // LMDB reads nothing more in a transaction that met an error.
      endReading(transaction, place, keepingView: false)
      throw error
    }
    endReading(transaction, place, keepingView: options.isSoleWriter)
    return result
  }

  /// Runs the body in a transaction and commits it; an error from the body leaves everything as it was.
  ///
  /// The body runs once more whenever the map had to grow, so it must have no effect but on the transaction. It blocks
  /// the thread until the commit is on disk: never call it on the cooperative pool.
  public func write<Result>(_ body: (borrowing WriteTransaction) throws -> Result) throws -> Result {
    while true {
      do {
        return try writeOnce(body)
      } catch let error as LMDBError where error.isMapFull {
        try grow(after: error)
      } catch let error as LMDBError where error.isMapResized {
        try adoptMapSize()
      }
    }
  }

  private func writeOnce<Result>(_ body: (borrowing WriteTransaction) throws -> Result) throws -> Result {
    let place = enterWithoutView()
    defer { lanes.leave(place, keeping: place.idle) }
    let transaction = try begin(flags: 0)
    let result: Result
    do {
      result = try body(WriteTransaction(handle: transaction))
    } catch {
      mdb_txn_abort(transaction)
      throw error
    }
    // A commit that fails has freed the transaction too.
    let code = mdb_txn_commit(transaction)
    try LMDBError.check(code == EIO && isDiskFull ? ENOSPC : code, "commit to \(path)")
    dropViews()
    return result
  }

  /// A place for one who does not read by what waits there: nobody else could drop its view meanwhile.
  private func enterWithoutView() -> ReaderLanes.Place {
    let place = lanes.enter()
    if place.hasView, let idle = place.idle { mdb_txn_reset(idle) }
    return place
  }

  /// Views that wait for a reader see nothing any more: they hold no pages back, and count as no readers.
  @discardableResult
  func dropViews() -> Bool { lanes.dropViews { mdb_txn_reset($0) } }

  /// The number of the last commit, of whatever process, as the map has it.
  private var lastCommit: Int {
    var information = MDB_envinfo()
    mdb_env_info(handle, &information)
    return information.me_last_txnid
  }

  /// LMDB calls a write that the disk had room for only a part of EIO.
  private var isDiskFull: Bool {
    var status = statvfs()
    return statvfs(path, &status) == 0 && UInt64(status.f_bavail) * UInt64(status.f_frsize) < Environment.fullBelow
  }

  /// A disk with less room than this, in octets, is full.
  private static let fullBelow: UInt64 = 64 << 10

  private func begin(flags: Int32) throws(LMDBError) -> OpaquePointer {
    var transaction: OpaquePointer?
    try LMDBError.check(mdb_txn_begin(handle, nil, UInt32(flags), &transaction), "begin a transaction")
    guard let transaction else { throw LMDBError(code: ENOMEM, operation: "begin a transaction") }
    return transaction
  }

  private func beginReading() throws(LMDBError) -> (OpaquePointer, ReaderLanes.Place) {
    var mayRetry = true
    while true {
      let place = lanes.enter()
      do throws(LMDBError) {
        guard let transaction = place.idle else { return (try begin(flags: MDB_RDONLY), place) }
        if place.hasView {
          if mdb_txn_id(transaction) == lastCommit { return (transaction, place) }
          mdb_txn_reset(transaction)
        }
        let code = mdb_txn_renew(transaction)
        if code != MDB_SUCCESS { mdb_txn_abort(transaction) }
        try LMDBError.check(code, "renew a transaction")
        return (transaction, place)
      } catch {
        lanes.leave(place, keeping: nil)
        if error.isMapResized {
          try adoptMapSize()
        } else if error.isReadersFull, mayRetry {
          mayRetry = false
          mdb_reader_check(handle, nil)
        } else {
          throw error
        }
      }
    }
  }

  private func endReading(_ transaction: OpaquePointer, _ place: ReaderLanes.Place, keepingView: Bool) {
    guard place.keeps else {
      // Aborted while its place is still held, or the map might be changed under it.
      mdb_txn_abort(transaction)
      lanes.leave(place, keeping: nil)
      return
    }
    if !keepingView { mdb_txn_reset(transaction) }
    lanes.leave(place, keeping: transaction, isView: keepingView)
  }

  // MARK: The map

  private func grow(after error: LMDBError) throws(LMDBError) {
    try alone { () throws(LMDBError) in
      var information = MDB_envinfo()
      try LMDBError.check(mdb_env_info(handle, &information), "examine \(path)")
      guard information.me_mapsize < options.maximumMapSize else { throw error }
      let size = min(information.me_mapsize * 2, options.maximumMapSize)
      try LMDBError.check(mdb_env_set_mapsize(handle, size), "enlarge the map of \(path)")
    }
  }

  /// Runs the body while no transaction of this process sees anything.
  private func alone(_ body: () throws(LMDBError) -> Void) throws(LMDBError) {
    try lanes.alone { () throws(LMDBError) in
      // Who comes now takes a lane for a moment, sees that it must wait, and leaves it as it was.
      while !dropViews() {}
      try body()
    }
  }

  /// Takes over the size that another process has given to the map.
  private func adoptMapSize() throws(LMDBError) {
    try alone { () throws(LMDBError) in
      try LMDBError.check(mdb_env_set_mapsize(handle, 0), "enlarge the map of \(path)")
    }
  }

  /// Keeps the map from being changed while the body uses the handle.
  func holdingMap<Result>(_ body: () throws(LMDBError) -> Result) throws(LMDBError) -> Result {
    let place = enterWithoutView()
    defer { lanes.leave(place, keeping: place.idle) }
    return try body()
  }
}
