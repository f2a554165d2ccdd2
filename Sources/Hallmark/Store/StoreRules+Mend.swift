import DNS
import LMDB
import Posture

/// What was done about values that rotted.
public struct StoreRepair: Hashable, Sendable {
  /// How many values of each table were taken out or, on the watch list and the whitelist, replaced.
  public var broken: [String: Int] = [:]
  /// Domains that were put back on the watch list from the due queue and the organisations. Their selectors are lost.
  public var rewatched: [DomainName] = []
  /// Domains that are looked at again at once.
  public var rescheduled: [DomainName] = []
}

extension StoreRules {
  /// Takes out what no longer matches its seal, and makes the tables agree again, out of what they hold twice.
  ///
  /// It reads the whole store, which takes seconds where there are many records. What cannot be made anew from the rest
  /// (records, evidence) is found out again by the next look at the domain; an assurance is lost.
  func mend(_ transaction: borrowing WriteTransaction) throws -> StoreRepair {
    var repair = StoreRepair()
    var removed: [String: [[UInt8]]] = [:]
    for table in layout.tables {
      let keys = try transaction.reading.brokenKeys(of: table)
      guard !keys.isEmpty else { continue }
      for key in keys { try transaction.remove(key, from: table) }
      removed[table.name] = keys
      repair.broken[table.name] = keys.count
    }
    try count(transaction)
    // A lost change is one that nobody hears of, and so is one below a floor that is not known.
    if removed[layout.whitelistLog.name] != nil || removed[layout.meta.name] != nil { try forgetChanges(transaction) }
    if removed[layout.meta.name] != nil {
      try markWhitelist(layout.number(StoreMeta.head, transaction.reading), transaction)
    }
    let entries = removed[layout.whitelist.name] ?? []
    for key in entries { try holdPlace(key, transaction) }
    repair.rewatched = try watchAgain(transaction)
    try queueAll(transaction)
    repair.rescheduled = try lookAgain(entries + (removed[layout.records.name] ?? []), transaction)
    return repair
  }

  /// Makes domains due; they were watched before now, so that when they were added lies behind.
  private func lookAgain(_ names: [[UInt8]], _ transaction: borrowing WriteTransaction) throws -> [DomainName] {
    var rescheduled: Set<DomainName> = []
    for key in names {
      guard let domain = try? StoreKey.name(in: key), let entry = try watchEntry(domain, transaction.reading) else {
        continue
      }
      _ = try move(domain, to: entry.addedAt, transaction)
      rescheduled.insert(domain)
    }
    return rescheduled.sorted()
  }

  /// An entry that never goes out keeps the place until the next look at the domain, so that its leaving, if it comes
  /// to that, is told to those who follow the whitelist.
  private func holdPlace(_ key: [UInt8], _ transaction: borrowing WriteTransaction) throws {
    guard let domain = try? StoreKey.name(in: key) else { return }
    let expiresAt = try layout.header(key, transaction.reading)?.expiresAt ?? Timestamp(seconds: 0)
    let entry = WhitelistEntry(
      domain: domain, octets: [], expiresAt: expiresAt, isStale: true,
      revision: try layout.number(StoreMeta.head, transaction.reading))
    try transaction.put(entry.encoded, for: key, in: layout.whitelist)
    // So that it is found among what no longer goes out.
    try layout.set(StoreMeta.firstExpiry, to: 0, transaction)
  }

  /// A change of the whitelist is lost, so that whoever follows it must fetch the whole.
  private func forgetChanges(_ transaction: borrowing WriteTransaction) throws {
    try layout.set(StoreMeta.floor, to: layout.number(StoreMeta.head, transaction.reading), transaction)
  }

  /// Puts back on the watch list what stands in the due queue or with an organisation and not on it.
  private func watchAgain(_ transaction: borrowing WriteTransaction) throws -> [DomainName] {
    var lost: [[UInt8]: WatchEntry] = [:]
    func add(_ key: [UInt8], _ change: (inout WatchEntry) -> Void) throws {
      guard try !transaction.reading.contains(key, in: layout.watch), let domain = try? StoreKey.name(in: key) else {
        return
      }
      let never = Timestamp(seconds: 0)
      change(&lost[key, default: WatchEntry(domain: domain, organisations: [], addedAt: never, dueAt: never)])
    }
    try transaction.reading.scan(layout.due) { key, _ in
      var reader = ByteReader(key)
      let dueAt = Timestamp(seconds: try reader.signed())
      try add([UInt8](reader.rest)) {
        $0.dueAt = dueAt
        $0.addedAt = dueAt
      }
      return .more
    }
    try transaction.reading.scan(layout.organisations) { key, _ in
      let parts = key.split(separator: 0, maxSplits: 1, omittingEmptySubsequences: false)
      guard parts.count == 2 else { return .more }
      try add([UInt8](parts[1])) { $0.organisations.insert(String(decoding: parts[0], as: UTF8.self)) }
      return .more
    }
    for (key, entry) in lost { try transaction.put(entry.encoded, for: key, in: layout.watch) }
    return lost.values.map(\.domain).sorted()
  }

  /// Gives each watched domain its place in the due queue and with its organisations.
  private func queueAll(_ transaction: borrowing WriteTransaction) throws {
    var due: [[UInt8]] = []
    var organisations: [[UInt8]] = []
    try transaction.reading.scan(layout.watch) { key, value in
      let name = [UInt8](key)
      let entry = try WatchEntry(try StoreKey.name(in: key), value)
      let place = StoreKey.due(entry.dueAt, name)
      if try !transaction.reading.contains(place, in: layout.due) { due.append(place) }
      for organisation in entry.organisations {
        let place = StoreKey.organisation(organisation, name)
        if try !transaction.reading.contains(place, in: layout.organisations) { organisations.append(place) }
      }
      return .more
    }
    for key in due { try transaction.put([], for: key, in: layout.due) }
    for key in organisations { try transaction.put([], for: key, in: layout.organisations) }
  }

  /// Counts the verdicts again, and sees that no revision is given out twice.
  private func count(_ transaction: borrowing WriteTransaction) throws {
    var verdicts: [String: UInt64] = [:]
    var last: UInt64 = 0
    try transaction.reading.scan(layout.records) { _, value in
      var reader = ByteReader(value)
      let header = try RecordHeader(&reader)
      verdicts[header.verdict, default: 0] += 1
      last = max(last, header.revision)
      return .more
    }
    for table in [layout.whitelistLog, layout.changes] {
      try transaction.reading.scan(table, .backward) { key, _ in
        last = max(last, try StoreKey.revision(endOf: key))
        return .stop
      }
    }
    for key in try countKeys(transaction.reading) { try transaction.remove(key, from: layout.meta) }
    for (verdict, count) in verdicts { try layout.set(StoreMeta.verdict(verdict), to: count, transaction) }
    let head = try layout.number(StoreMeta.head, transaction.reading)
    try layout.set(StoreMeta.head, to: max(head, last), transaction)
    try layout.set(StoreMeta.schema, to: UInt64(StoreLayout.schema), transaction)
  }

  private func countKeys(_ transaction: borrowing ReadTransaction) throws -> [[UInt8]] {
    var keys: [[UInt8]] = []
    try transaction.scan(layout.meta, from: StoreMeta.verdictPrefix) { key, _ in
      guard key.starts(with: StoreMeta.verdictPrefix) else { return .stop }
      keys.append([UInt8](key))
      return .more
    }
    return keys
  }
}
