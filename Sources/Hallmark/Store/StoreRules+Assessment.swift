import DNS
import LMDB
import Posture

extension StoreRules {
  /// Keeps evidence, record, place in the due queue, whitelist and history of one check.
  func assess(_ assessment: Assessment, _ transaction: borrowing WriteTransaction) throws -> StoreOutcome {
    let key = StoreKey.name(assessment.domain)
    let previous = try layout.header(key, transaction.reading)
    if let replaced = assessment.replaces, previous?.checkedAt != replaced { return .done(changed: false) }
    try transaction.put(assessment.evidence.encoded, for: key, in: layout.evidence)
    for (endpoint, blob) in assessment.endpoints {
      try transaction.put(blob.encoded, for: endpoint, in: layout.endpoints)
    }
    let isWatched = try move(assessment.domain, to: assessment.header.dueAt, transaction)
    let decision = isWatched ? assessment.whitelist : assessment.whitelist.ofUnwatched
    let change = try whitelistChange(assessment.domain, key, decision, transaction)
    var revision = previous?.revision ?? 0
    let isNew = previous == nil || assessment.change != nil || change.isVisible
    if isNew { revision = try nextRevision(transaction) }
    try keep(change, of: key, revision, transaction)
    if let render = assessment.change { try keepHistory(key, revision, render(revision), transaction) }
    try keepRecord(assessment, key, previous, revision, transaction)
    return .assessed(revision: revision, isNew: isNew, listing: change.listing)
  }

  private func keepRecord(
    _ assessment: Assessment, _ key: [UInt8], _ previous: RecordHeader?, _ revision: UInt64,
    _ transaction: borrowing WriteTransaction
  ) throws {
    var header = assessment.header
    header.revision = revision
    let json = assessment.render(revision)
    try noteJudgement(of: header, transaction)
    var writer = ByteWriter(capacity: json.count + 128)
    header.write(to: &writer)
    writer.put(raw: json)
    try transaction.put(writer.octets, for: key, in: layout.records)
    if let digest = assessment.digest { try transaction.put(digest.encoded, for: key, in: layout.digests) }
    guard previous?.verdict != header.verdict else { return }
    if let previous { try adjustCount(of: previous.verdict, by: -1, transaction) }
    try adjustCount(of: header.verdict, by: 1, transaction)
  }

  private func keepHistory(
    _ name: [UInt8], _ revision: UInt64, _ octets: [UInt8], _ transaction: borrowing WriteTransaction
  ) throws {
    try transaction.put(octets, for: StoreKey.history(name, revision), in: layout.history)
    try removeHistory(name, keeping: keptHistory, transaction)
    var writer = ByteWriter(capacity: octets.count + name.count + 2)
    writer.put(UInt16(clamping: name.count))
    writer.put(raw: name)
    writer.put(raw: octets)
    try transaction.put(writer.octets, for: StoreKey.revision(revision), in: layout.changes)
  }

  // MARK: The whitelist

  /// What happens to one place of the whitelist.
  enum WhitelistChange {
    case none
    /// The expiry alone moves, under the revision that the entry has.
    case refresh(WhitelistEntry)
    /// The entry is new, or its content is.
    case put(WhitelistEntry)
    case remove

    /// Whether those who follow the whitelist must hear of it.
    var isVisible: Bool {
      switch self {
      case .none, .refresh: false
      case .put, .remove: true
      }
    }

    var listing: ListingChange {
      switch self {
      case .none, .refresh: .none
      // An entry that was there before has the revision of its last change.
      case .put(let entry): entry.revision == 0 ? .joined : .none
      case .remove: .left
      }
    }
  }

  func whitelistChange(
    _ domain: DomainName, _ key: [UInt8], _ decision: WhitelistDecision, _ transaction: borrowing WriteTransaction
  ) throws -> WhitelistChange {
    let present = try transaction.reading.withValue(of: key, in: layout.whitelist) { bytes in
      try bytes.map { try WhitelistEntry(domain, $0) }
    }
    switch decision {
    case .unchanged: return .none
    case .remove: return present == nil ? .none : .remove
    case .entry(let octets, let expiresAt, let isStale):
      // One that no longer goes out has left for all who follow the whitelist.
      let present = present.flatMap { $0.isServed(at: clock.now) ? $0 : nil }
      let entry = WhitelistEntry(
        domain: domain, octets: octets, expiresAt: expiresAt, isStale: isStale, revision: present?.revision ?? 0)
      guard let present, present.octets == octets, present.isStale == isStale else { return .put(entry) }
      return present.expiresAt == expiresAt ? .none : .refresh(entry)
    }
  }

  func keep(
    _ change: WhitelistChange, of key: [UInt8], _ revision: UInt64, _ transaction: borrowing WriteTransaction
  ) throws {
    switch change {
    case .none: return
    case .refresh(let entry):
      try noteExpiry(entry, transaction)
      return try transaction.put(entry.encoded, for: key, in: layout.whitelist)
    case .put(var entry):
      entry.revision = revision
      try noteExpiry(entry, transaction)
      try transaction.put(entry.encoded, for: key, in: layout.whitelist)
    case .remove: try transaction.remove(key, from: layout.whitelist)
    }
    try transaction.put(key, for: StoreKey.revision(revision), in: layout.whitelistLog)
    try markWhitelist(revision, transaction)
  }

  /// The whitelist changed now, at that revision.
  func markWhitelist(_ revision: UInt64, _ transaction: borrowing WriteTransaction) throws {
    try layout.set(StoreMeta.whitelistHead, to: revision, transaction)
    try layout.set(StoreMeta.whitelistTime, to: UInt64(max(0, clock.now.seconds)), transaction)
  }
}

extension WhitelistDecision {
  /// A domain that nobody watches is not on the whitelist, whatever its verdict.
  fileprivate var ofUnwatched: WhitelistDecision {
    if case .entry = self { .remove } else { self }
  }
}
