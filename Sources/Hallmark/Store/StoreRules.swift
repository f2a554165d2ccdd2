import DNS
import LMDB
import Posture

/// What each write does within its transaction.
struct StoreRules: Sendable {
  let layout: StoreLayout
  /// Changes that are kept, over all domains.
  let keptRevisions: UInt64
  /// Changes that are kept of one domain.
  let keptHistory: Int
  /// Days that a change, and the tally of a day, is kept.
  let keptDays: Int64
  /// When the whitelist changed is kept, what is past its grace counts as gone, and what is too old goes.
  let clock: WallClock
  /// Changes that one new revision may clear away at most, after `keptRevisions` was made smaller.
  static let clearedPerRevision = 1000

  func apply(_ write: StoreWrite, _ transaction: borrowing WriteTransaction) throws -> StoreOutcome {
    switch write {
    case .assessment(let assessment): return try assess(assessment, transaction)
    case .watch(let domain, let organisation, let selectors, let time, let dueAt):
      return try watch(
        WatchEntry(domain: domain, organisations: [organisation], selectors: selectors, addedAt: time, dueAt: dueAt),
        transaction)
    case .unwatch(let domain, let organisation): return try unwatch(domain, organisation, transaction)
    case .setAssurance(let domain, let assurance):
      let key = StoreKey.name(domain)
      guard let assurance else { return .done(changed: try transaction.remove(key, from: layout.assurances)) }
      try transaction.put(assurance.encoded, for: key, in: layout.assurances)
      return .done(changed: true)
    case .reschedule(let domain, let dueAt): return try reschedule(domain, dueAt, transaction)
    case .lapse(let now, let limit): return try lapse(at: now, limit, transaction)
    case .forgetEndpoint(let key, let limit): return try forgetEndpoint(key, limit, transaction)
    case .forgetChanges: return try forgetOldChanges(transaction)
    case .forgetHistory(let keys, let revision): return try forgetHistory(keys, upTo: revision, transaction)
    case .forgetDomain(let domain, let limit): return try forgetDomain(domain, limit, transaction)
    case .tally(let day, let tallies): return try tally(day, tallies, transaction)
    case .beginJudging(let judgement, let now):
      try beginJudging(judgement, at: now, transaction)
      return .done(changed: true)
    case .endJudging(let judgement, let now):
      return .done(changed: try endJudging(judgement, at: now, transaction))
    }
  }

  // MARK: Revisions

  /// Gives out the next revision; the changes that fall out of what is kept go with it.
  func nextRevision(_ transaction: borrowing WriteTransaction) throws -> UInt64 {
    let last = try layout.number(StoreMeta.head, transaction.reading)
    let revision = last + 1
    try layout.set(StoreMeta.head, to: revision, transaction)
    try noteDay(after: last, transaction)
    try clearChanges(upTo: revision > keptRevisions ? revision - keptRevisions : 0, transaction)
    return revision
  }

  func adjustCount(
    of verdict: String, by difference: Int, _ transaction: borrowing WriteTransaction
  ) throws {
    let key = StoreMeta.verdict(verdict)
    let count = Int(clamping: try layout.number(key, transaction.reading))
    try layout.set(key, to: UInt64(max(0, count + difference)), transaction)
  }

  // MARK: Forgetting

  private func forgetEndpoint(
    _ key: [UInt8], _ limit: Timestamp, _ transaction: borrowing WriteTransaction
  ) throws -> StoreOutcome {
    let expiresAt = try transaction.reading.withValue(of: key, in: layout.endpoints) { bytes in
      try bytes.map { try EvidenceBlob.expiry(of: $0) }
    }
    guard let expiresAt, expiresAt < limit else { return .done(changed: false) }
    return .done(changed: try transaction.remove(key, from: layout.endpoints))
  }

  private func forgetDomain(
    _ domain: DomainName, _ limit: Timestamp, _ transaction: borrowing WriteTransaction
  ) throws -> StoreOutcome {
    let key = StoreKey.name(domain)
    guard let header = try layout.header(key, transaction.reading), header.expiresAt < limit,
      try !transaction.reading.contains(key, in: layout.watch)
    else { return .done(changed: false) }
    try adjustCount(of: header.verdict, by: -1, transaction)
    try transaction.remove(key, from: layout.records)
    try transaction.remove(key, from: layout.evidence)
    try transaction.remove(key, from: layout.digests)
    try removeHistory(key, keeping: 0, transaction)
    return .done(changed: true)
  }

  /// Removes the oldest changes of a domain until so many are left, and those that are too old.
  func removeHistory(_ name: [UInt8], keeping kept: Int, _ transaction: borrowing WriteTransaction) throws {
    var found: [[UInt8]] = []
    let start = StoreKey.history(name, .max)
    try transaction.reading.scan(layout.history, from: start, .backward) { key, _ in
      guard key.starts(with: name + [0]) else { return .stop }
      found.append([UInt8](key))
      return .more
    }
    let old = try layout.number(StoreMeta.tooOld, transaction.reading)
    for (place, key) in found.enumerated() {
      let revision = try key.withUnsafeBytes { try StoreKey.revision(endOf: $0) }
      if place >= kept || revision <= old { try transaction.remove(key, from: layout.history) }
    }
  }
}
