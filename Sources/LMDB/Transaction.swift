import CLMDB

/// A named table within an environment; opened once, valid as long as the environment.
public struct Database: Sendable {
  let identifier: MDB_dbi
}

/// Which way a scan goes.
public enum ScanDirection: Sendable { case forward, backward }
/// Whether a scan goes on.
public enum ScanStep: Sendable { case more, stop }

/// A consistent view of the environment, lent to a synchronous closure; it can be neither stored nor awaited across.
///
/// Bytes are lent in the same way: they lie in the map, and are gone when the closure returns.
public struct ReadTransaction: ~Copyable {
  let handle: OpaquePointer

  /// The number of the commit that is seen.
  public var commit: UInt64 { UInt64(mdb_txn_id(handle)) }

  /// Lends the value of a key; nil where there is none.
  public borrowing func withValue<Result>(
    of key: UnsafeRawBufferPointer, in database: Database, _ body: (UnsafeRawBufferPointer?) throws -> Result
  ) throws -> Result {
    var key = MDB_val(lending: key)
    var value = MDB_val()
    let code = mdb_get(handle, database.identifier, &key, &value)
    if code == MDB_NOTFOUND { return try body(nil) }
    try LMDBError.check(code, "read")
    return try body(value.bytes)
  }

  /// As the above.
  public borrowing func withValue<Result>(
    of key: [UInt8], in database: Database, _ body: (UnsafeRawBufferPointer?) throws -> Result
  ) throws -> Result {
    let handle = self.handle
    return try key.withUnsafeBytes { try ReadTransaction(handle: handle).withValue(of: $0, in: database, body) }
  }

  /// A copy of the value of a key.
  public borrowing func value(of key: [UInt8], in database: Database) throws -> [UInt8]? {
    try withValue(of: key, in: database) { $0.map { [UInt8]($0) } }
  }

  public borrowing func contains(_ key: [UInt8], in database: Database) throws -> Bool {
    try withValue(of: key, in: database) { $0 != nil }
  }

  /// The number of keys.
  public borrowing func count(of database: Database) throws -> Int {
    var statistics = MDB_stat()
    try LMDBError.check(mdb_stat(handle, database.identifier, &statistics), "count")
    return statistics.ms_entries
  }

  /// Lends keys and values in the order of the keys' octets, from `start` on.
  ///
  /// Forward it begins with the first key that is not less than `start`; backward with the last that is not greater. An
  /// empty `start` begins with the first, or the last. The database must not be written within the body.
  public borrowing func scan(
    _ database: Database, from start: [UInt8] = [], _ direction: ScanDirection = .forward,
    _ body: (_ key: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer) throws -> ScanStep
  ) throws {
    var opened: OpaquePointer?
    try LMDBError.check(mdb_cursor_open(handle, database.identifier, &opened), "open a cursor")
    guard let cursor = opened else { return }
    defer { mdb_cursor_close(cursor) }
    var entry = try ReadTransaction.seek(cursor, start, direction)
    while let (key, value) = entry {
      if case .stop = try body(key.bytes, value.bytes) { return }
      entry = try ReadTransaction.move(cursor, direction == .forward ? MDB_NEXT : MDB_PREV)
    }
  }

  private static func seek(
    _ cursor: OpaquePointer, _ start: [UInt8], _ direction: ScanDirection
  ) throws -> (MDB_val, MDB_val)? {
    guard !start.isEmpty else { return try move(cursor, direction == .forward ? MDB_FIRST : MDB_LAST) }
    let found = try start.withUnsafeBytes { bytes in
      try move(cursor, MDB_SET_RANGE, MDB_val(lending: bytes))
    }
    guard direction == .backward else { return found }
    guard let found else { return try move(cursor, MDB_LAST) }
    return found.0.bytes.elementsEqual(start) ? found : try move(cursor, MDB_PREV)
  }

  private static func move(
    _ cursor: OpaquePointer, _ operation: MDB_cursor_op, _ start: MDB_val = MDB_val()
  ) throws(LMDBError) -> (MDB_val, MDB_val)? {
    var key = start
    var value = MDB_val()
    let code = mdb_cursor_get(cursor, &key, &value, operation)
    if code == MDB_NOTFOUND { return nil }
    try LMDBError.check(code, "move a cursor")
    return (key, value)
  }
}

/// Octets of a value that are asked of the memory at once; behind them the processor sees that they are read in a row.
private let maximumExpected = 16 << 10

/// Tells the processor that these octets of the map will be read all, so that their first lines are not waited for one by one.
public func expectReading(_ octets: UnsafeRawBufferPointer) {
  hallmark_expect(octets.baseAddress, min(octets.count, maximumExpected))
}

/// The one transaction that may write; it also reads what it has written.
public struct WriteTransaction: ~Copyable {
  public let reading: ReadTransaction

  init(handle: OpaquePointer) { reading = ReadTransaction(handle: handle) }

  /// Stores a value, in place of the one that the key had.
  ///
  /// - Throws: `LMDBError` for a key that is empty or longer than 511 octets, among others.
  public borrowing func put(_ value: [UInt8], for key: [UInt8], in database: Database) throws {
    let handle = reading.handle
    let code = key.withUnsafeBytes { keyBytes in
      value.withUnsafeBytes { valueBytes in
        var key = MDB_val(lending: keyBytes)
        var value = MDB_val(lending: valueBytes)
        return mdb_put(handle, database.identifier, &key, &value, 0)
      }
    }
    try LMDBError.check(code, "write")
  }

  /// Whether there was such a key.
  @discardableResult
  public borrowing func remove(_ key: [UInt8], from database: Database) throws -> Bool {
    let handle = reading.handle
    let code = key.withUnsafeBytes { bytes in
      var key = MDB_val(lending: bytes)
      return mdb_del(handle, database.identifier, &key, nil)
    }
    if code == MDB_NOTFOUND { return false }
    try LMDBError.check(code, "remove")
    return true
  }
}

extension MDB_val {
  /// LMDB takes keys and values by pointers that are not const, and does not write through them.
  fileprivate init(lending bytes: UnsafeRawBufferPointer) {
    self.init(mv_size: bytes.count, mv_data: UnsafeMutableRawPointer(mutating: bytes.baseAddress))
  }

  fileprivate var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: mv_data, count: mv_size) }
}
