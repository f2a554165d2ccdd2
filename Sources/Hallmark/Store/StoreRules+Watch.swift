import DNS
import LMDB
import Posture

extension StoreRules {
  func watchEntry(_ domain: DomainName, _ transaction: borrowing ReadTransaction) throws -> WatchEntry? {
    try transaction.withValue(of: StoreKey.name(domain), in: layout.watch) { bytes in
      try bytes.map { try WatchEntry(domain, $0) }
    }
  }

  /// Adds what the entry brings to what is there.
  func watch(_ added: WatchEntry, _ transaction: borrowing WriteTransaction) throws -> StoreOutcome {
    let key = StoreKey.name(added.domain)
    let present = try watchEntry(added.domain, transaction.reading)
    var entry = present ?? added
    entry.organisations.formUnion(added.organisations)
    var known = Set(entry.selectors)
    let room = StoreWrite.maximumSelectors - entry.selectors.count
    entry.selectors += added.selectors.filter { known.insert($0).inserted }.prefix(room)
    guard entry != present else { return .watched(added: false) }
    try transaction.put(entry.encoded, for: key, in: layout.watch)
    for organisation in added.organisations {
      try transaction.put([], for: StoreKey.organisation(organisation, key), in: layout.organisations)
    }
    if present == nil { try transaction.put([], for: StoreKey.due(entry.dueAt, key), in: layout.due) }
    return .watched(added: entry.organisations != present?.organisations)
  }

  func unwatch(
    _ domain: DomainName, _ organisation: String?, _ transaction: borrowing WriteTransaction
  ) throws -> StoreOutcome {
    guard var entry = try watchEntry(domain, transaction.reading) else { return .unwatched(removed: false) }
    let key = StoreKey.name(domain)
    let leaving = organisation.map { entry.organisations.intersection([$0]) } ?? entry.organisations
    guard !leaving.isEmpty || organisation == nil else { return .unwatched(removed: false) }
    for organisation in leaving {
      try transaction.remove(StoreKey.organisation(organisation, key), from: layout.organisations)
    }
    entry.organisations.subtract(leaving)
    var listing = ListingChange.none
    if entry.organisations.isEmpty {
      try transaction.remove(key, from: layout.watch)
      try transaction.remove(StoreKey.due(entry.dueAt, key), from: layout.due)
      let change = try whitelistChange(domain, key, .remove, transaction)
      listing = change.listing
      if change.isVisible { try keep(change, of: key, nextRevision(transaction), transaction) }
    } else {
      try transaction.put(entry.encoded, for: key, in: layout.watch)
    }
    return .unwatched(removed: true, listing: listing)
  }

  func reschedule(
    _ domain: DomainName, _ dueAt: Timestamp, _ transaction: borrowing WriteTransaction
  ) throws -> StoreOutcome {
    .done(changed: try move(domain, to: dueAt, transaction))
  }

  /// Moves a domain within the due queue; false where it is not watched, and so stands in no queue.
  func move(_ domain: DomainName, to dueAt: Timestamp, _ transaction: borrowing WriteTransaction) throws -> Bool {
    guard var entry = try watchEntry(domain, transaction.reading) else { return false }
    guard entry.dueAt != dueAt else { return true }
    let key = StoreKey.name(domain)
    try transaction.remove(StoreKey.due(entry.dueAt, key), from: layout.due)
    entry.dueAt = dueAt
    try transaction.put(entry.encoded, for: key, in: layout.watch)
    try transaction.put([], for: StoreKey.due(dueAt, key), in: layout.due)
    return true
  }
}
