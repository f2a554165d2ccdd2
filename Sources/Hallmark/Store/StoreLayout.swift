import LMDB

/// The databases of a store, and what their keys and values are.
struct StoreLayout: Sendable {
  /// The form of everything below. A store of another form is refused.
  static let schema: UInt32 = 1
  static let databases = 12

  /// Fixed names: the schema, the head and the floor of the revisions, a count for each verdict.
  let meta: Database
  /// name: header, JSON.
  let records: Database
  /// name: expiry, octets.
  let evidence: Database
  /// the caller's key: expiry, octets.
  let endpoints: Database
  /// name: when added, when due, selectors, organisations.
  let watch: Database
  /// organisation, name: nothing.
  let organisations: Database
  /// when due, name: nothing; watched names alone.
  let due: Database
  /// name: scheme, reference, validity.
  let assurances: Database
  /// name: revision, expiry, stale, octets.
  let whitelist: Database
  /// revision: name.
  let whitelistLog: Database
  /// name, revision: octets.
  let history: Database
  /// revision: count of the name's octets, name, octets.
  let changes: Database

  /// - Throws: `StoreError.absent` when the environment is read-only and some database is not there.
  init(_ environment: Environment) throws {
    func open(_ name: String) throws -> Database {
      guard let database = try environment.database(name) else { throw StoreError.absent(path: environment.path) }
      return database
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
  }
}

/// The fixed names of the database `meta`; each value is a number of 64 bits.
enum StoreMeta {
  static let schema = Array("schema".utf8)
  /// The last revision that was given out.
  static let head = Array("head".utf8)
  /// Changes up to and with this revision are no longer kept.
  static let floor = Array("floor".utf8)
  static let verdictPrefix = Array("verdict:".utf8)

  static func verdict(_ verdict: String) -> [UInt8] { verdictPrefix + Array(verdict.utf8.prefix(100)) }
}

extension StoreLayout {
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
