import DNS
import Glibc
import LMDB
import Posture

/// What the metrics tell of a store.
public struct StoreStatistics: Hashable, Sendable {
  /// Records by verdict.
  public var verdicts: [String: Int] = [:]
  public var records = 0
  public var watched = 0
  public var whitelisted = 0
  public var endpoints = 0
  public var head: UInt64 = 0
  /// Changes up to and with this revision are no longer kept.
  public var floor: UInt64 = 0
  /// Of the file, in octets.
  public var fileSize = 0
  /// Values that were found damaged, and taken out or made anew, since the store was opened.
  public var broken = 0
  /// How many commits the oldest reader is behind.
  public var oldestReaderLag: UInt64 = 0
  /// The commit that the oldest reader looks at; nil where nobody reads.
  public var oldestReader: UInt64?
}

extension Store {
  public func statistics() throws -> StoreStatistics {
    var statistics = try read { transaction, layout in
      var statistics = StoreStatistics()
      statistics.records = try transaction.count(of: layout.records)
      statistics.watched = try transaction.count(of: layout.watch)
      statistics.whitelisted = try transaction.count(of: layout.whitelist)
      statistics.endpoints = try transaction.count(of: layout.endpoints)
      statistics.head = try layout.number(StoreMeta.head, transaction)
      statistics.floor = try layout.number(StoreMeta.floor, transaction)
      try transaction.scan(layout.meta, from: StoreMeta.verdictPrefix) { key, value in
        guard key.starts(with: StoreMeta.verdictPrefix) else { return .stop }
        let verdict = String(decoding: key.dropFirst(StoreMeta.verdictPrefix.count), as: UTF8.self)
        var reader = ByteReader(value)
        let count = try reader.number(UInt64.self)
        if count > 0 { statistics.verdicts[verdict] = Int(clamping: count) }
        return .more
      }
      return statistics
    }
    let file = try StoreError.translating { try environment.statistics() }
    statistics.fileSize = file.fileSize
    statistics.broken = writer?.broken ?? 0
    statistics.oldestReaderLag = file.oldestReaderLag
    statistics.oldestReader = file.readers > 0 ? file.lastTransaction - file.oldestReaderLag : nil
    return statistics
  }

  /// Gives memory that is not needed at present back to the kernel.
  public func releaseMemory() async {
    let environment = self.environment
    try? await LongReads.maintenance.run { _ in environment.releaseMemory() }
  }

  /// Writes a consistent, compacted copy, which is itself a store, into a directory that is made where it is not there,
  /// and reads the copy through.
  ///
  /// - Throws: `StoreError.inaccessible` when the directory already holds a store; `.damaged` or `.broken` when there is
  ///   something in the store that can no longer be read, and then there is no copy.
  public func backup(to directory: String) async throws {
    let environment = self.environment
    try await LongReads.maintenance.run { _ in
      try StoreLock.makeDirectory(directory)
      let file = directory + "/data.mdb"
      guard access(file, F_OK) != 0 else {
        throw StoreError.inaccessible(path: directory, reason: "it holds a store already")
      }
      do {
        try StoreError.translating { try environment.copy(to: directory) }
        try Store(path: directory, options: Options(isReadOnly: true)).verify()
      } catch {
        // Half a copy, or one with what is damaged in it, must not pass for one.
        unlink(file)
        unlink(directory + "/lock.mdb")
        throw error
      }
    }
  }

  /// Reads every value there is.
  ///
  /// - Throws: `StoreError.damaged` or `.broken` for the first that is not what was written.
  func verify() throws {
    try read { transaction, layout in
      for table in layout.tables {
        var found = 0
        try transaction.scan(table) { _, _ in
          found += 1
          return .more
        }
        // A whole page in another's place breaks no seal.
        let counted = try transaction.count(of: table)
        guard found == counted else {
          throw StoreError.damaged("\(found) values of \(table.name) are there, and \(counted) were kept")
        }
      }
    }
  }

  /// Forgets what expired before a time: evidence of endpoints, and whole domains that nobody watches; and changes that are
  /// too old. At most `limit` of each, so that a large backlog does not hold up other writes.
  ///
  /// - Returns: how many were forgotten.
  @discardableResult
  public func prune(expiredBefore time: Timestamp, limit: Int = 1000) async throws -> Int {
    let writes = try await LongReads.maintenance.run { try self.expired(before: time, limit, $0) }
    return try await commit(writes).count { $0 == .done(changed: true) }
  }

  private func expired(
    before time: Timestamp, _ limit: Int, _ cancellation: LongReads.Cancellation
  ) throws -> [StoreWrite] {
    try read { transaction, layout in
      var endpoints: [StoreWrite] = []
      try transaction.scan(layout.endpoints) { key, value in
        try cancellation.check()
        if try EvidenceBlob.expiry(of: value) < time {
          endpoints.append(.forgetEndpoint([UInt8](key), expiredBefore: time))
        }
        return endpoints.count < limit ? .more : .stop
      }
      var domains: [[UInt8]] = []
      // Nearly all are watched, and the record of a watched one is not looked at: this is done every hour, and reads a small part of
      // the store.
      try transaction.scanKeys(of: layout.records) { key in
        try cancellation.check()
        let name = [UInt8](key)
        if try !transaction.contains(name, in: layout.watch),
          let header = try layout.header(name, transaction), header.expiresAt < time
        {
          domains.append(name)
        }
        return domains.count < limit ? .more : .stop
      }
      let history = try layout.oldHistory(limit, transaction).map { [StoreWrite.forgetHistory($0.keys, upTo: $0.upTo)] }
      return try [.forgetChanges] + (history ?? []) + endpoints
        + domains.map { .forgetDomain(try StoreKey.name(in: $0), expiredBefore: time) }
    }
  }
}
