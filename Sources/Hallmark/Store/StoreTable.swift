import LMDB

/// A named table whose values are sealed: what is read is what was written for that key, or `StoreError.broken`.
struct StoreTable: Sendable {
  let name: String
  let database: Database

  fileprivate func open(
    _ sealed: UnsafeRawBufferPointer, key: UnsafeRawBufferPointer
  ) throws(StoreError) -> UnsafeRawBufferPointer {
    guard let value = Seal.current.open(sealed, key: key) else { throw .broken(table: name) }
    return value
  }
}

// The same as LMDB's own, for sealed values.
extension ReadTransaction {
  /// Lends a value, and looks at its seal behind the body: what is not in the processor's caches is copied sooner than it is
  /// checked, and checked in no time when it was just copied. Where this throws, what the body did with it is to be undone.
  borrowing func withValueCheckedBehind<Result>(
    of key: UnsafeRawBufferPointer, in table: StoreTable, _ body: (UnsafeRawBufferPointer) throws -> Result
  ) throws -> Result? {
    try withValue(of: key, in: table.database) { sealed in
      guard let sealed else { return nil }
      expectReading(sealed)
      guard let value = Seal.value(in: sealed) else { throw StoreError.broken(table: table.name) }
      let result = Swift.Result { try body(value) }
      _ = try table.open(sealed, key: key)
      return try result.get()
    }
  }

  borrowing func withValue<Result>(
    of key: [UInt8], in table: StoreTable, _ body: (UnsafeRawBufferPointer?) throws -> Result
  ) throws -> Result {
    try withValue(of: key, in: table.database) { sealed in
      guard let sealed else { return try body(nil) }
      return try body(try key.withUnsafeBytes { bytes in try table.open(sealed, key: bytes) })
    }
  }

  /// Whether there is such a key; its value is not looked at.
  borrowing func contains(_ key: [UInt8], in table: StoreTable) throws -> Bool {
    try contains(key, in: table.database)
  }

  borrowing func count(of table: StoreTable) throws -> Int { try count(of: table.database) }

  borrowing func scan(
    _ table: StoreTable, from start: [UInt8] = [], _ direction: ScanDirection = .forward,
    _ body: (_ key: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer) throws -> ScanStep
  ) throws {
    try scan(table.database, from: start, direction) { key, sealed in try body(key, try table.open(sealed, key: key)) }
  }

  /// Lends the keys alone: the values are neither looked at nor brought into memory.
  borrowing func scanKeys(of table: StoreTable, _ body: (_ key: UnsafeRawBufferPointer) throws -> ScanStep) throws {
    try scan(table.database) { key, _ in try body(key) }
  }

  /// The keys whose values are not what was written for them.
  borrowing func brokenKeys(of table: StoreTable) throws -> [[UInt8]] {
    var broken: [[UInt8]] = []
    try scan(table.database) { key, sealed in
      if Seal.current.open(sealed, key: key) == nil { broken.append([UInt8](key)) }
      return .more
    }
    return broken
  }
}

extension WriteTransaction {
  borrowing func put(_ value: [UInt8], for key: [UInt8], in table: StoreTable) throws {
    try put(Seal.current.close(value, key: key), for: key, in: table.database)
  }

  @discardableResult
  borrowing func remove(_ key: [UInt8], from table: StoreTable) throws -> Bool {
    try remove(key, from: table.database)
  }
}
