import DNS
import Glibc
import LMDB
import Posture
import Synchronization

/// All that Hallmark keeps: records, evidence, the watch list, the whitelist and what changed.
///
/// Reads are synchronous, run on any thread and see one consistent state each; a read must not be made within the
/// closure of another. Writes go through `commit`. Nothing outside this folder knows what lies below.
public final class Store: Sendable {
  public struct Options: Sendable {
    /// Opened for reading alone, the store may be written by another process at the same time.
    public var isReadOnly: Bool
    /// How many revisions back the changes are kept.
    public var keptRevisions: Int
    /// How many changes are kept of one domain.
    public var keptHistory: Int
    /// How many days changes are kept, of one domain and of all, and the tallies of days.
    public var keptDays: Int64
    /// The size of the map at the start, in octets; it grows by itself.
    public var mapSize: Int
    /// Called after each commit that gave out revisions, with the last one, on the writer's thread: it must be quick.
    public var onRevision: (@Sendable (UInt64) -> Void)?
    /// Called after damaged values were found and mended, or could not be; on the writer's thread.
    public var onRepair: (@Sendable (Result<StoreRepair, any Error>) -> Void)?
    /// Where the time of a change of the whitelist is taken from.
    public var clock: WallClock

    public init(
      isReadOnly: Bool = false, keptRevisions: Int = 100_000, keptHistory: Int = 1000,
      keptDays: Int64 = Store.keptDays, mapSize: Int = 1 << 30,
      clock: WallClock = .system, onRevision: (@Sendable (UInt64) -> Void)? = nil,
      onRepair: (@Sendable (Result<StoreRepair, any Error>) -> Void)? = nil
    ) {
      self.isReadOnly = isReadOnly
      self.keptRevisions = keptRevisions
      self.keptHistory = keptHistory
      self.keptDays = keptDays
      self.mapSize = mapSize
      self.clock = clock
      self.onRevision = onRevision
      self.onRepair = onRepair
    }
  }

  /// How many days changes are kept where nothing else is asked for: somewhat over a year.
  public static let keptDays: Int64 = 400

  public let path: String
  let environment: Environment
  let layout: StoreLayout
  let writer: StoreWriter?
  private let lock: StoreLock?
  /// Domains that are being renewed or are put off, each until when.
  let claimed = Mutex<[DomainName: Timestamp]>([:])

  /// Opens the store in a directory; for writing, both are made where they are not there.
  ///
  /// - Throws: `StoreError`, whose description is one line that names the directory.
  public init(path: String, options: Options = Options()) throws {
    self.path = path
    if options.isReadOnly {
      guard access(path + "/data.mdb", F_OK) == 0 else { throw StoreError.absent(path: path) }
      lock = nil
    } else {
      try StoreLock.makeDirectory(path)
      lock = try StoreLock(directory: path)
    }
    let environment = try Store.open(path, options)
    let layout = try StoreError.translating { try Store.layout(environment, options) }
    self.environment = environment
    self.layout = layout
    guard !options.isReadOnly else {
      writer = nil
      return
    }
    let rules = StoreRules(
      layout: layout, keptRevisions: UInt64(max(1, options.keptRevisions)), keptHistory: max(1, options.keptHistory),
      keptDays: max(1, options.keptDays),
      clock: options.clock)
    writer = StoreWriter(
      environment: environment, rules: rules, onRevision: options.onRevision, onRepair: options.onRepair)
  }

  private static func open(_ path: String, _ options: Options) throws(StoreError) -> Environment {
    do throws(LMDBError) {
      return try Environment(
        path: path,
        options: .init(
          databases: StoreLayout.databases, mapSize: options.mapSize, isReadOnly: options.isReadOnly,
          // The lock is held.
          isSoleWriter: !options.isReadOnly))
    } catch {
      if error.isDamaged || error.isNoSpace { throw StoreError(error) }
      throw .inaccessible(path: path, reason: error.description)
    }
  }

  private static func layout(_ environment: Environment, _ options: Options) throws -> StoreLayout {
    let found = try StoreLayout.form(environment)
    guard !options.isReadOnly || found > 0 else { throw StoreError.absent(path: environment.path) }
    // Before the tables of this form are looked for, or made.
    guard found == UInt64(StoreLayout.schema) || !options.isReadOnly && found < UInt64(StoreLayout.schema) else {
      throw StoreError.schema(path: environment.path, found: UInt32(clamping: found), expected: StoreLayout.schema)
    }
    let layout = try StoreLayout(environment)
    guard found != UInt64(StoreLayout.schema) else { return layout }
    try environment.write { try StoreMigration(layout: layout).run(from: found, $0) }
    return layout
  }

  /// Waits for the writes that are under way; later ones are refused.
  public func close() async {
    await writer?.close()
  }

  /// Keeps the batch whole or not at all, and returns once it is on disk. What other callers commit at the same time
  /// goes into the same transaction.
  ///
  /// - Returns: what became of each write, in their order.
  /// - Throws: `StoreError`.
  @discardableResult
  public func commit(_ batch: [StoreWrite]) async throws -> [StoreOutcome] {
    guard let writer else { throw StoreError.notWritable }
    return try await writer.commit(batch)
  }

  // MARK: Records and evidence

  /// Lends the record of a domain: the header, and the JSON as it lies in the map; nil where there is none. That it is sound is known
  /// when the body has returned: where this throws, what the body did with it is to be undone.
  public func withRecord<Result>(
    of domain: DomainName, _ body: (RecordHeader, UnsafeRawBufferPointer) throws -> Result
  ) throws -> Result? {
    try withRecordBytes(of: domain) { bytes in
      var reader = ByteReader(bytes)
      return try body(try RecordHeader(&reader), reader.rest)
    }
  }

  /// The same, with the header as it lies in the map.
  func withLentRecord<Result>(
    of domain: DomainName, _ body: (LentHeader, UnsafeRawBufferPointer) throws -> Result
  ) throws -> Result? {
    try withRecordBytes(of: domain) { bytes in
      var reader = ByteReader(bytes)
      return try body(try LentHeader(&reader), reader.rest)
    }
  }

  private func withRecordBytes<Result>(
    of domain: DomainName, _ body: (UnsafeRawBufferPointer) throws -> Result
  ) throws -> Result? {
    try StoreKey.withName(domain) { key in
      guard (1...StoreKey.maximumLength).contains(key.count) else { return nil }
      return try read { transaction, layout in
        try transaction.withValueCheckedBehind(of: key, in: layout.records, body)
      }
    }
  }

  /// A copy of the record of a domain.
  public func record(of domain: DomainName) throws -> StoredRecord? {
    try withRecord(of: domain) { StoredRecord(domain: domain, header: $0, json: [UInt8]($1)) }
  }

  public func evidence(of domain: DomainName) throws -> EvidenceBlob? {
    try value(of: StoreKey.name(domain), in: \.evidence) { try EvidenceBlob($0) }
  }

  /// What is kept of endpoints, in one view; a key of which nothing is kept is left out.
  public func endpoints(_ keys: [[UInt8]]) throws -> [[UInt8]: EvidenceBlob] {
    try read { transaction, layout in
      var found: [[UInt8]: EvidenceBlob] = [:]
      for key in keys where (1...StoreKey.maximumLength).contains(key.count) {
        found[key] = try transaction.withValue(of: key, in: layout.endpoints) { try $0.map { try EvidenceBlob($0) } }
      }
      return found
    }
  }

  public func assurance(of domain: DomainName) throws -> Assurance? {
    try value(of: StoreKey.name(domain), in: \.assurances) { try Assurance($0) }
  }

  public func watchEntry(of domain: DomainName) throws -> WatchEntry? {
    try value(of: StoreKey.name(domain), in: \.watch) { try WatchEntry(domain, $0) }
  }

  // MARK: Reading

  /// The number of the last commit, whoever made it. What was read at it is what would be read now.
  public func lastCommit() throws -> UInt64 { try read { transaction, _ in transaction.commit } }

  /// The one way into the database for reads.
  func read<Result>(_ body: (borrowing ReadTransaction, StoreLayout) throws -> Result) throws -> Result {
    let layout = self.layout
    do {
      return try StoreError.translating {
        try environment.read { transaction in try body(transaction, layout) }
      }
    } catch StoreError.broken(let table) {
      writer?.mend()
      throw StoreError.broken(table: table)
    }
  }

  private func value<Result>(
    of key: [UInt8], in database: KeyPath<StoreLayout, StoreTable>,
    _ decode: (UnsafeRawBufferPointer) throws -> Result
  ) throws -> Result? {
    guard (1...StoreKey.maximumLength).contains(key.count) else { return nil }
    return try read { transaction, layout in
      try transaction.withValue(of: key, in: layout[keyPath: database]) { try $0.map(decode) }
    }
  }
}
