import CLMDB
import Glibc

extension Environment {
  /// Opens a named database; where there is none, it is made, or in a read-only environment nil comes back.
  public func database(_ name: String) throws -> Database? {
    if options.isReadOnly { return try openExisting(name) }
    return try make(name)
  }

  private func make(_ name: String) throws -> Database {
    try write { (transaction: borrowing WriteTransaction) throws -> Database in
      try Environment.openDatabase(transaction.reading.handle, name, UInt32(MDB_CREATE))
    }
  }

  private func openExisting(_ name: String) throws(LMDBError) -> Database? {
    do throws(LMDBError) {
      return try openReadOnly(name)
    } catch {
      guard error.isAbsent else { throw error }
      return nil
    }
  }

  /// A handle that is opened in a transaction lives on only if that commits, so this one is not taken from the idle
  /// ones.
  private func openReadOnly(_ name: String) throws(LMDBError) -> Database {
    try holdingMap { () throws(LMDBError) in
      var begun: OpaquePointer?
      try LMDBError.check(mdb_txn_begin(handle, nil, UInt32(MDB_RDONLY), &begun), "begin a transaction")
      guard let transaction = begun else { throw LMDBError(code: ENOMEM, operation: "begin a transaction") }
      do throws(LMDBError) {
        let database = try Environment.openDatabase(transaction, name, 0)
        try LMDBError.check(mdb_txn_commit(transaction), "commit")
        return database
      } catch {
        if error.operation != "commit" { mdb_txn_abort(transaction) }
        throw error
      }
    }
  }

  private static func openDatabase(
    _ transaction: OpaquePointer, _ name: String, _ flags: UInt32
  ) throws(LMDBError) -> Database {
    var identifier = MDB_dbi()
    try LMDBError.check(mdb_dbi_open(transaction, name, flags, &identifier), "open the database \(name)")
    return Database(identifier: identifier)
  }

  /// Writes a consistent, compacted copy into a directory, which must exist and hold no environment; it is on disk when
  /// this returns, and its owner's alone. What a failure leaves behind is taken away.
  ///
  /// Writers go on meanwhile, but what they free is not used again, and the map cannot grow, until the copy is done.
  public func copy(to directory: String) throws(LMDBError) {
    let operation = "copy \(path) to \(directory)"
    let file = directory + "/data.mdb"
    let descriptor = Glibc.open(file, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode_t(0o600))
    guard descriptor >= 0 else { throw LMDBError(code: errno, operation: operation) }
    defer { close(descriptor) }
    do throws(LMDBError) {
      try holdingMap { () throws(LMDBError) in
        try LMDBError.check(mdb_env_copyfd2(handle, descriptor, UInt32(MDB_CP_COMPACT)), operation)
      }
      guard fsync(descriptor) == 0 else { throw LMDBError(code: errno, operation: operation) }
    } catch {
      unlink(file)
      throw error
    }
    try Environment.synchronise(directory)
  }

  /// A new name in a directory is on disk once the directory is.
  private static func synchronise(_ directory: String) throws(LMDBError) {
    let descriptor = Glibc.open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard descriptor >= 0 else { throw LMDBError(code: errno, operation: "open \(directory)") }
    defer { close(descriptor) }
    guard fsync(descriptor) == 0 else { throw LMDBError(code: errno, operation: "synchronise \(directory)") }
  }

  public struct Statistics: Sendable, Hashable {
    /// Of the file, in octets.
    public var fileSize: Int
    /// Of the map, in octets.
    public var mapSize: Int
    /// Octets of the file that hold data, or that wait to be used again.
    public var usedSize: Int
    public var lastTransaction: UInt64
    public var readers: Int
    /// How many commits the oldest reader is behind; 0 where nobody reads. A large one keeps the file growing.
    public var oldestReaderLag: UInt64
  }

  public func statistics() throws(LMDBError) -> Statistics {
    try holdingMap { () throws(LMDBError) in
      var information = MDB_envinfo()
      var pages = MDB_stat()
      var descriptor: Int32 = -1
      try LMDBError.check(mdb_env_info(handle, &information), "examine \(path)")
      try LMDBError.check(mdb_env_stat(handle, &pages), "examine \(path)")
      try LMDBError.check(mdb_env_get_fd(handle, &descriptor), "examine \(path)")
      var status = stat()
      guard fstat(descriptor, &status) == 0 else { throw LMDBError(code: errno, operation: "examine \(path)") }
      let last = UInt64(information.me_last_txnid)
      dropViews()
      let reading = readingTransactions()
      return Statistics(
        fileSize: status.st_size, mapSize: information.me_mapsize,
        usedSize: (information.me_last_pgno + 1) * Int(pages.ms_psize), lastTransaction: last,
        readers: reading.count, oldestReaderLag: reading.min().map { last - min($0, last) } ?? 0)
    }
  }

  /// The transactions that are being read, as `mdb_reader_list` prints them: a line each of process, thread,
  /// transaction.
  private func readingTransactions() -> [UInt64] {
    var lines = ""
    withUnsafeMutablePointer(to: &lines) { pointer in
      _ = mdb_reader_list(
        handle,
        { text, context in
          guard let text, let context else { return 0 }
          context.assumingMemoryBound(to: String.self).pointee += String(cString: text)
          return 0
        }, pointer)
    }
    return lines.split(separator: "\n").compactMap { line in
      line.split(separator: " ").last.flatMap { UInt64($0) }
    }
  }
}
