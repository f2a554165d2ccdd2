import DNS
import LMDB
import Posture

/// A watched domain with what a list tells of it.
public struct OverviewEntry: Hashable, Sendable {
  public let domain: DomainName
  public let organisations: Set<String>
  /// nil: it was not looked at yet.
  public let digest: RecordDigest?
}

/// The tally of one day.
public struct DayTally: Hashable, Sendable {
  /// Days since 1970-01-01.
  public let day: Int64
  public let tally: VerdictTally
}

extension Store {
  /// Lends every watched domain in the order of names: one pass and one view, and no record is taken apart.
  func overview(_ cancellation: LongReads.Cancellation, _ body: (OverviewEntry) throws -> Void) throws {
    try read { transaction, layout in
      try transaction.scan(layout.watch) { key, value in
        try cancellation.check()
        let domain = try StoreKey.name(in: key)
        let watch = try WatchEntry(domain, value)
        let digest = try Store.digest([UInt8](key), layout, transaction)
        try body(OverviewEntry(domain: domain, organisations: watch.organisations, digest: digest))
        return .more
      }
    }
  }

  /// A record that was written before there were digests has its header alone.
  private static func digest(
    _ key: [UInt8], _ layout: StoreLayout, _ transaction: borrowing ReadTransaction
  ) throws -> RecordDigest? {
    let kept = try transaction.withValue(of: key, in: layout.digests) { try $0.map { try RecordDigest($0) } }
    if let kept { return kept }
    return try layout.header(key, transaction).map {
      RecordDigest(
        verdict: $0.verdict, encryption: "", verification: "", assurance: "", errors: 0, warnings: 0,
        checkedAt: $0.checkedAt, expiresAt: $0.expiresAt)
    }
  }

  /// The tallies from a day on, oldest first; nil: of all domains.
  public func tallies(of organisation: String?, since day: Int64) throws -> [DayTally] {
    let prefix = StoreKey.tally(organisation)
    return try read { transaction, layout in
      var tallies: [DayTally] = []
      try transaction.scan(layout.tallies, from: StoreKey.tally(organisation, day: day)) { key, value in
        guard key.starts(with: prefix), key.count == prefix.count + 8 else { return .stop }
        tallies.append(DayTally(day: try StoreKey.day(endOf: key), tally: try VerdictTally(value)))
        return .more
      }
      return tallies
    }
  }

  /// The last changes, newest first, as far as the body asks for more.
  public func recentChanges(_ body: (StoredChange) throws -> Bool) throws {
    try read { transaction, layout in
      try transaction.scan(layout.changes, .backward) { key, value in
        try body(try Store.change(key, value).change) ? .more : .stop
      }
    }
  }
}

extension StoreRules {
  func tally(
    _ day: Int64, _ tallies: [String?: VerdictTally], _ transaction: borrowing WriteTransaction
  ) throws -> StoreOutcome {
    let isNewDay = try !transaction.reading.contains(StoreKey.tally(nil, day: day), in: layout.tallies)
    for (organisation, tally) in tallies {
      try transaction.put(tally.encoded, for: StoreKey.tally(organisation, day: day), in: layout.tallies)
    }
    guard isNewDay else { return .done(changed: true) }
    var old: [[UInt8]] = []
    try transaction.reading.scan(layout.tallies) { key, _ in
      if try StoreKey.day(endOf: key) <= day - keptDays { old.append([UInt8](key)) }
      return .more
    }
    for key in old { try transaction.remove(key, from: layout.tallies) }
    return .done(changed: true)
  }
}
