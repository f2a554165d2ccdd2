import DNS
import LMDB
import Posture

/// A page of the whitelist, in the order of `DomainName`.
public struct WhitelistPage: Sendable {
  /// The last revision that was given out when the page was read.
  public let head: UInt64
  public let entries: [WhitelistEntry]
  /// The name after which the next page begins; nil behind the last.
  public let next: DomainName?
}

/// What changed on the whitelist after a revision.
public struct WhitelistChanges: Sendable {
  public let head: UInt64
  /// As they are now, each once.
  public let entries: [WhitelistEntry]
  public let removed: [DomainName]
  /// The revision after which the next page begins; nil behind the last.
  public let next: UInt64?
}

extension Store {
  /// Changes that one page examines at most, so that a narrow `under` does not read the whole log at once.
  static let maximumExamined = 20_000

  /// The last revision that was given out; 0 in an empty store.
  public func headRevision() throws -> UInt64 {
    try read { transaction, layout in try layout.number(StoreMeta.head, transaction) }
  }

  /// The last revision that changed the whitelist, and when it did; nil while nothing ever was on it.
  public func whitelistHead() throws -> (revision: UInt64, at: Timestamp)? {
    try read { transaction, layout in
      let revision = try layout.number(StoreMeta.whitelistHead, transaction)
      guard revision > 0 else { return nil }
      let seconds = try layout.number(StoreMeta.whitelistTime, transaction)
      return (revision, Timestamp(seconds: Int64(clamping: seconds)))
    }
  }

  public func whitelistEntry(of domain: DomainName) throws -> WhitelistEntry? {
    try whitelistEntryAndCommit(of: domain).entry
  }

  /// The same, with the number of the last commit: for as long as `lastCommit` says that number, the entry is the same.
  public func whitelistEntryAndCommit(of domain: DomainName) throws -> (entry: WhitelistEntry?, commit: UInt64) {
    let key = StoreKey.name(domain)
    return try read { transaction, layout in
      guard !key.isEmpty else { return (nil, transaction.commit) }
      let entry = try transaction.withValue(of: key, in: layout.whitelist) {
        try $0.map { try WhitelistEntry(domain, $0) }
      }
      return (entry, transaction.commit)
    }
  }

  /// A page of at most `limit` entries after a name, or from the first on; `under` keeps to a name and all below it.
  public func whitelist(
    after name: DomainName? = nil, limit: Int, under: DomainName? = nil
  ) throws -> WhitelistPage {
    let prefix = under.map { StoreKey.name($0) } ?? []
    let start = name.map { StoreKey.name($0) + [0] } ?? prefix
    return try read { transaction, layout in
      var entries: [WhitelistEntry] = []
      var isMore = false
      // A start before the range would end the scan at once.
      try transaction.scan(layout.whitelist, from: start.lexicographicallyPrecedes(prefix) ? prefix : start) {
        guard $0.starts(with: prefix) else { return .stop }
        isMore = entries.count >= limit
        guard !isMore else { return .stop }
        entries.append(try WhitelistEntry(try StoreKey.name(in: $0), $1))
        return .more
      }
      return WhitelistPage(
        head: try layout.number(StoreMeta.head, transaction), entries: entries,
        next: isMore ? entries.last?.domain : nil)
    }
  }

  /// What changed after a revision.
  ///
  /// - Parameters:
  ///   - revision: that the caller knows.
  ///   - limit: at most so many entries and removals.
  ///   - under: the domains at and below this one; nil: all.
  ///   - now: what no longer goes out at that time has left. What is past its grace and was not taken off yet stands behind the
  ///     last page, beyond the limit. nil: what was taken off has left, and nothing else.
  /// - Throws: `StoreError.compacted` when it is older than what is kept, `.unknownRevision` when it lies ahead.
  public func whitelistChanges(
    since revision: UInt64, limit: Int, under: DomainName? = nil, at now: Timestamp? = nil
  ) throws -> WhitelistChanges {
    let prefix = under.map { StoreKey.name($0) } ?? []
    return try read { transaction, layout in
      let head = try Store.checkedHead(since: revision, layout, transaction)
      let log = try Store.changedNames(since: revision, limit, prefix, layout, transaction)
      var entries: [WhitelistEntry] = []
      var removed: [DomainName] = []
      for key in log.names {
        let domain = try StoreKey.name(in: key)
        let entry = try transaction.withValue(of: key, in: layout.whitelist) {
          try $0.map { try WhitelistEntry(domain, $0) }
        }
        if let entry, now.map(entry.isServed) ?? true { entries.append(entry) } else { removed.append(domain) }
      }
      if let now, log.next == nil {
        let told = Set(log.names)
        for key in try layout.lapsed(at: now, under: prefix, transaction) where !told.contains(key) {
          removed.append(try StoreKey.name(in: key))
        }
      }
      return WhitelistChanges(head: head, entries: entries, removed: removed, next: log.next)
    }
  }

  /// The names in the log after a revision, each once, and where to go on.
  private static func changedNames(
    since revision: UInt64, _ limit: Int, _ prefix: [UInt8], _ layout: StoreLayout,
    _ transaction: borrowing ReadTransaction
  ) throws -> (names: [[UInt8]], next: UInt64?) {
    guard revision < .max else { return ([], nil) }
    var names: [[UInt8]] = []
    var seen: Set<[UInt8]> = []
    var last = revision
    var examined = 0
    var isMore = false
    try transaction.scan(layout.whitelistLog, from: StoreKey.revision(revision + 1)) { key, value in
      isMore = names.count >= limit || examined >= maximumExamined
      guard !isMore else { return .stop }
      examined += 1
      last = try StoreKey.revision(endOf: key)
      let name = [UInt8](value)
      if name.starts(with: prefix), seen.insert(name).inserted { names.append(name) }
      return .more
    }
    return (names, isMore ? last : nil)
  }

  /// The head, once it is sure that all changes after the revision are kept.
  static func checkedHead(
    since revision: UInt64, _ layout: StoreLayout, _ transaction: borrowing ReadTransaction
  ) throws -> UInt64 {
    let head = try layout.number(StoreMeta.head, transaction)
    let floor = try layout.number(StoreMeta.floor, transaction)
    guard revision >= floor else { throw StoreError.compacted(floor: floor) }
    guard revision <= head else { throw StoreError.unknownRevision(head: head) }
    return head
  }
}
