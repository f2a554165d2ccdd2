import LMDB

/// The tables of a store, and what their keys and values are; a seal stands behind each value.
struct StoreLayout: Sendable {
  /// The form of everything below; a new table raises it too. A store of an earlier form is brought to this one, a later one is refused.
  ///
  /// 1: values without seals. 2: sealed by XXH64.
  static let schema: UInt32 = 3
  static let databases = 14

  /// Fixed names: the schema, the head and the floor of the revisions, the whitelist's, a mark for each day that had
  /// revisions, a count for each verdict, what all records were judged by.
  let meta: StoreTable
  /// name: header, JSON.
  let records: StoreTable
  /// name: expiry, octets.
  let evidence: StoreTable
  /// the caller's key: expiry, octets.
  let endpoints: StoreTable
  /// name: when added, when due, selectors, organisations.
  let watch: StoreTable
  /// organisation, name: nothing.
  let organisations: StoreTable
  /// when due, name: nothing; watched names alone.
  let due: StoreTable
  /// name: scheme, reference, validity.
  let assurances: StoreTable
  /// name: revision, expiry, stale, octets.
  let whitelist: StoreTable
  /// revision: name.
  let whitelistLog: StoreTable
  /// name, revision: octets.
  let history: StoreTable
  /// revision: count of the name's octets, name, octets.
  let changes: StoreTable
  /// name: what lists of domains tell of a record.
  let digests: StoreTable
  /// organisation or all, day: how many watched domains had each verdict.
  let tallies: StoreTable

  /// - Throws: `StoreError.absent` when the environment is read-only and some database is not there.
  init(_ environment: Environment) throws {
    func open(_ name: String) throws -> StoreTable {
      guard let database = try environment.database(name) else { throw StoreError.absent(path: environment.path) }
      return StoreTable(name: name, database: database)
    }
    meta = try open("meta")
    records = try open("records")
    evidence = try open("evidence")
    endpoints = try open("endpoints")
    watch = try open("watch")
    organisations = try open("organisations")
    due = try open("due")
    assurances = try open("assurances")
    whitelist = try open("whitelist")
    whitelistLog = try open("whitelist-log")
    history = try open("history")
    changes = try open("changes")
    digests = try open("digests")
    tallies = try open("tallies")
  }

  var tables: [StoreTable] {
    [
      meta, records, evidence, endpoints, watch, organisations, due, assurances, whitelist, whitelistLog, history,
      changes, digests, tallies,
    ]
  }
}

/// The fixed names of the database `meta`; each value but the mark is a number of 64 bits.
enum StoreMeta {
  static let schema = Array("schema".utf8)
  /// The last revision that was given out.
  static let head = Array("head".utf8)
  /// Changes up to and with this revision are no longer kept.
  static let floor = Array("floor".utf8)
  /// The last revision that changed the whitelist, and when it did, in seconds since 1970.
  static let whitelistHead = Array("whitelist".utf8)
  static let whitelistTime = Array("whitelist-time".utf8)
  /// No entry of the whitelist expires before this time, in seconds since 1970; some time before the first does.
  static let firstExpiry = Array("whitelist-expiry".utf8)
  /// Changes up to and with this revision are older than is kept.
  static let tooOld = Array("too-old".utf8)
  /// `JudgementMark`.
  static let judgement = Array("judged-by".utf8)
  /// Up to and with this revision nothing is left in the history of a domain.
  static let historyFloor = Array("history-floor".utf8)
  /// Before a day: the last revision before the first one of that day.
  static let dayPrefix = Array("day:".utf8)
  static let verdictPrefix = Array("verdict:".utf8)

  static func day(_ day: Int64) -> [UInt8] {
    var writer = ByteWriter(capacity: 12)
    writer.put(raw: dayPrefix)
    writer.put(day)
    return writer.octets
  }

  static func verdict(_ verdict: String) -> [UInt8] { verdictPrefix + Array(verdict.utf8.prefix(100)) }
}

extension StoreLayout {
  /// The form that the store was written in, which stands first in its value in every form; 0 in an empty store.
  static func form(_ environment: Environment) throws -> UInt64 {
    guard let meta = try environment.database("meta") else { return 0 }
    return try environment.read { transaction in
      try transaction.withValue(of: StoreMeta.schema, in: meta) { bytes in
        guard let bytes else { return 0 }
        var reader = ByteReader(bytes)
        return try reader.number()
      }
    }
  }

  func number(_ key: [UInt8], _ transaction: borrowing ReadTransaction) throws -> UInt64 {
    try transaction.withValue(of: key, in: meta) { bytes in
      guard let bytes else { return 0 }
      var reader = ByteReader(bytes)
      return try reader.number()
    }
  }

  func set(_ key: [UInt8], to number: UInt64, _ transaction: borrowing WriteTransaction) throws {
    try transaction.put(StoreKey.revision(number), for: key, in: meta)
  }

  func header(_ key: [UInt8], _ transaction: borrowing ReadTransaction) throws -> RecordHeader? {
    try transaction.withValue(of: key, in: records) { bytes in
      guard let bytes else { return nil }
      var reader = ByteReader(bytes)
      return try RecordHeader(&reader)
    }
  }
}
