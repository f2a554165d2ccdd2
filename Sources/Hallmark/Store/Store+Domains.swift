import DNS
import LMDB
import Posture

/// A watched domain, and the header of its record where it has one.
public struct DomainSummary: Hashable, Sendable {
  public let domain: DomainName
  public let header: RecordHeader?
}

/// A page of watched domains, in the order of `DomainName`.
public struct DomainPage: Sendable {
  public let domains: [DomainSummary]
  /// The name after which the next page begins; nil behind the last. A page may be short, or empty, and not be the
  /// last.
  public let next: DomainName?
}

extension Store {
  /// At most `limit` watched domains after a name: all, or those of an organisation, or with a verdict, or both.
  public func domains(
    organisation: String? = nil, verdict: String? = nil, after name: DomainName? = nil, limit: Int
  ) throws -> DomainPage {
    let prefix = organisation.map { StoreKey.organisation($0) } ?? []
    let start = name.map { prefix + StoreKey.name($0) + [0] } ?? prefix
    return try read { transaction, layout in
      var domains: [DomainSummary] = []
      var last: [UInt8]?
      var examined = 0
      var isMore = false
      let database = organisation == nil ? layout.watch : layout.organisations
      try transaction.scan(database, from: start) { key, _ in
        guard key.starts(with: prefix) else { return .stop }
        isMore = domains.count >= limit || examined >= Store.maximumExamined
        guard !isMore else { return .stop }
        examined += 1
        let name = [UInt8](key.dropFirst(prefix.count))
        last = name
        let header = try layout.header(name, transaction)
        guard verdict == nil || header?.verdict == verdict else { return .more }
        domains.append(DomainSummary(domain: try StoreKey.name(in: name), header: header))
        return .more
      }
      return DomainPage(domains: domains, next: isMore ? try last.map { try StoreKey.name(in: $0) } : nil)
    }
  }

  /// A page of the watch list: at most `limit` entries after a name.
  public func watchList(after name: DomainName? = nil, limit: Int) throws -> (entries: [WatchEntry], next: DomainName?)
  {
    try read { transaction, layout in
      var entries: [WatchEntry] = []
      var isMore = false
      try transaction.scan(layout.watch, from: name.map { StoreKey.name($0) + [0] } ?? []) { key, value in
        isMore = entries.count >= limit
        guard !isMore else { return .stop }
        entries.append(try WatchEntry(try StoreKey.name(in: key), value))
        return .more
      }
      return (entries, isMore ? entries.last?.domain : nil)
    }
  }

  // MARK: The due queue

  /// The watched domains that are due before a time, the longest overdue first.
  public func due(before time: Timestamp, limit: Int) throws -> [(domain: DomainName, dueAt: Timestamp)] {
    try read { transaction, layout in
      var due: [(domain: DomainName, dueAt: Timestamp)] = []
      try transaction.scan(layout.due) { key, _ in
        var reader = ByteReader(key)
        let dueAt = Timestamp(seconds: try reader.signed())
        guard due.count < limit, dueAt < time else { return .stop }
        due.append((try StoreKey.name(in: reader.rest), dueAt))
        return .more
      }
      return due
    }
  }

  /// The most due domains that are counted; a backlog beyond it is as bad.
  static let maximumDueCounted = 100_000

  /// How many watched domains are due at a time, how many were before another, and since when the longest is.
  public func dueCounts(
    at now: Timestamp, overdueBefore limit: Timestamp
  ) throws -> (due: Int, overdue: Int, oldest: Timestamp?) {
    try read { transaction, layout in
      var counts: (due: Int, overdue: Int, oldest: Timestamp?) = (0, 0, nil)
      try transaction.scan(layout.due) { key, _ in
        var reader = ByteReader(key)
        let dueAt = Timestamp(seconds: try reader.signed())
        guard dueAt <= now, counts.due < Store.maximumDueCounted else { return .stop }
        counts.due += 1
        if dueAt < limit { counts.overdue += 1 }
        counts.oldest = counts.oldest ?? dueAt
        return .more
      }
      return counts
    }
  }

  /// When the next watched domain is due behind a time, or at all; nil where none is.
  public func nextDue(after time: Timestamp? = nil) throws -> Timestamp? {
    try read { transaction, layout in
      var next: Timestamp?
      try transaction.scan(layout.due, from: time.map { StoreKey.due($0 + 1, []) } ?? []) { key, _ in
        var reader = ByteReader(key)
        next = Timestamp(seconds: try reader.signed())
        return .stop
      }
      return next
    }
  }
}
