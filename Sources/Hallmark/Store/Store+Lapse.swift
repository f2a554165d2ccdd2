import DNS
import LMDB
import Posture

/// An entry that was taken off the whitelist because its grace was over.
public struct Lapse: Hashable, Sendable {
  public let domain: DomainName
  public let revision: UInt64
}

/// The end of the whitelist's grace.
///
/// An entry that is past its grace does not go out, whether or not it has been taken off: listings leave it out, `since` names
/// it as removed, a single look-up does not find it, all of them by the same rule (`WhitelistEntry.isServed`). Taking it
/// off gives that a revision. So the two cannot differ, though no write be possible for days.
extension Store {
  /// How long an entry stays on the whitelist behind its expiry, in seconds: three days.
  public static let graceTime: Int64 = 3 * 86_400
  /// Entries that one write takes off at most.
  static let maximumLapsed = 10_000

  /// When the first entry may be past its grace: never later than it is, and perhaps earlier. nil while the whitelist is empty.
  public func nextLapse() throws -> Timestamp? {
    try read { transaction, layout in
      guard try transaction.count(of: layout.whitelist) > 0 else { return nil }
      return try layout.firstExpiry(transaction) + Store.graceTime
    }
  }

  /// Takes off what is past its grace, each under a revision of its own, and puts it first of what is due: gateways miss it.
  ///
  /// - Returns: what was taken off, and whether there is more.
  public func lapse(at now: Timestamp) async throws -> (lapses: [Lapse], isMore: Bool) {
    let outcomes = try await commit([.lapse(at: now, limit: Store.maximumLapsed)])
    guard case .lapsed(let lapses, let isMore)? = outcomes.first else { return ([], false) }
    return (lapses, isMore)
  }
}

extension StoreLayout {
  /// No entry of the whitelist expires before it; 1970 where that is not known.
  func firstExpiry(_ transaction: borrowing ReadTransaction) throws -> Timestamp {
    Timestamp(seconds: Int64(clamping: try number(StoreMeta.firstExpiry, transaction)))
  }

  /// The keys of entries that no longer go out, below a prefix; none is looked for before the first can be past its grace.
  func lapsed(
    at now: Timestamp, under prefix: [UInt8], _ transaction: borrowing ReadTransaction
  ) throws -> [[UInt8]] {
    guard try firstExpiry(transaction) + Store.graceTime <= now else { return [] }
    var keys: [[UInt8]] = []
    try transaction.scan(whitelist, from: prefix) { key, value in
      guard key.starts(with: prefix) else { return .stop }
      if try !WhitelistEntry.isServed(value, at: now) { keys.append([UInt8](key)) }
      return .more
    }
    return keys
  }
}

extension StoreRules {
  func lapse(at now: Timestamp, _ limit: Int, _ transaction: borrowing WriteTransaction) throws -> StoreOutcome {
    guard try layout.firstExpiry(transaction.reading) + Store.graceTime <= now else {
      return .lapsed([], isMore: false)
    }
    var keys: [[UInt8]] = []
    var first = Int64.max
    var isMore = false
    try transaction.reading.scan(layout.whitelist) { key, value in
      if try WhitelistEntry.isServed(value, at: now) {
        first = min(first, try WhitelistEntry.expiry(of: value).seconds)
        return .more
      }
      isMore = keys.count >= limit
      guard !isMore else { return .stop }
      keys.append([UInt8](key))
      return .more
    }
    let front = try firstDue(transaction.reading)
    var lapses: [Lapse] = []
    for key in keys {
      let domain = try StoreKey.name(in: key)
      let revision = try nextRevision(transaction)
      try keep(.remove, of: key, revision, transaction)
      if let front, front <= now, let entry = try watchEntry(domain, transaction.reading), entry.dueAt <= now {
        _ = try move(domain, to: front + -1, transaction)
      }
      lapses.append(Lapse(domain: domain, revision: revision))
    }
    if !isMore { try layout.set(StoreMeta.firstExpiry, to: UInt64(max(0, first)), transaction) }
    return .lapsed(lapses, isMore: isMore)
  }

  /// Since when the longest due domain is due, or when the next will be.
  private func firstDue(_ transaction: borrowing ReadTransaction) throws -> Timestamp? {
    var first: Timestamp?
    try transaction.scan(layout.due) { key, _ in
      var reader = ByteReader(key)
      first = Timestamp(seconds: try reader.signed())
      return .stop
    }
    return first
  }

  /// Sees that the first expiry is not said to be later than that of an entry which is about to be put.
  func noteExpiry(_ entry: WhitelistEntry, _ transaction: borrowing WriteTransaction) throws {
    let first = try layout.firstExpiry(transaction.reading).seconds
    let seconds = max(0, entry.expiresAt.seconds)
    // What is not known of the entries that are there is found out when they are next gone through.
    let isFirst = try first == 0 && transaction.reading.count(of: layout.whitelist) == 0
    if isFirst || seconds < first { try layout.set(StoreMeta.firstExpiry, to: UInt64(seconds), transaction) }
  }
}
