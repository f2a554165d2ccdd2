import DNS
import LMDB

/// One change of a record, as the caller rendered it.
public struct StoredChange: Hashable, Sendable {
  public let domain: DomainName
  public let revision: UInt64
  public let octets: [UInt8]
}

/// Changes of all domains after a revision, oldest first.
public struct ChangePage: Sendable {
  public let head: UInt64
  public let changes: [StoredChange]
  /// The revision after which the next page begins; nil behind the last.
  public let next: UInt64?
}

/// Changes of one domain, newest first.
public struct HistoryPage: Sendable {
  public let changes: [StoredChange]
  /// The revision before which the next page begins; nil behind the last.
  public let next: UInt64?
}

extension Store {
  /// At most `limit` changes of a domain that came before a revision, or the newest.
  public func history(
    of domain: DomainName, before revision: UInt64? = nil, limit: Int
  ) throws -> HistoryPage {
    let name = StoreKey.name(domain)
    if revision == 0 || name.isEmpty { return HistoryPage(changes: [], next: nil) }
    let start = StoreKey.history(name, revision.map { $0 - 1 } ?? .max)
    return try read { transaction, layout in
      var changes: [StoredChange] = []
      var isMore = false
      let old = try layout.number(StoreMeta.tooOld, transaction)
      try transaction.scan(layout.history, from: start, .backward) { key, value in
        guard key.starts(with: name + [0]), try StoreKey.revision(endOf: key) > old else { return .stop }
        isMore = changes.count >= limit
        guard !isMore else { return .stop }
        changes.append(
          StoredChange(domain: domain, revision: try StoreKey.revision(endOf: key), octets: [UInt8](value)))
        return .more
      }
      return HistoryPage(changes: changes, next: isMore ? changes.last?.revision : nil)
    }
  }

  /// At most `limit` changes after a revision, of all domains or of those that an organisation has watched now.
  ///
  /// - Throws: `StoreError.compacted` when it is older than what is kept, `.unknownRevision` when it lies ahead.
  public func changes(since revision: UInt64, organisation: String? = nil, limit: Int) throws -> ChangePage {
    try read { transaction, layout in
      let head = try Store.checkedHead(since: revision, layout, transaction)
      guard revision < .max else { return ChangePage(head: head, changes: [], next: nil) }
      var changes: [StoredChange] = []
      var last = revision
      var examined = 0
      var isMore = false
      try transaction.scan(layout.changes, from: StoreKey.revision(revision + 1)) { key, value in
        isMore = changes.count >= limit || examined >= Store.maximumExamined
        guard !isMore else { return .stop }
        examined += 1
        let (name, change) = try Store.change(key, value)
        last = change.revision
        let isWanted = try organisation.map {
          try transaction.contains(StoreKey.organisation($0, name), in: layout.organisations)
        }
        if isWanted ?? true { changes.append(change) }
        return .more
      }
      return ChangePage(head: head, changes: changes, next: isMore ? last : nil)
    }
  }

  /// The newest changes, at most `limit`, newest first, of all domains or of those that an organisation has watched now.
  public func latestChanges(organisation: String? = nil, limit: Int) throws -> [StoredChange] {
    try read { transaction, layout in
      var changes: [StoredChange] = []
      var examined = 0
      try transaction.scan(layout.changes, from: StoreKey.revision(.max), .backward) { key, value in
        guard changes.count < limit, examined < Store.maximumExamined else { return .stop }
        examined += 1
        let (name, change) = try Store.change(key, value)
        let isWanted = try organisation.map {
          try transaction.contains(StoreKey.organisation($0, name), in: layout.organisations)
        }
        if isWanted ?? true { changes.append(change) }
        return .more
      }
      return changes
    }
  }

  static func change(
    _ key: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer
  ) throws -> (name: [UInt8], change: StoredChange) {
    var reader = ByteReader(value)
    let name = [UInt8](try reader.take(Int(try reader.number(UInt16.self))))
    let change = StoredChange(
      domain: try StoreKey.name(in: name), revision: try StoreKey.revision(endOf: key), octets: [UInt8](reader.rest))
    return (name, change)
  }
}
