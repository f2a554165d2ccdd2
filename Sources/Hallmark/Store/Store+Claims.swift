import DNS
import LMDB
import Posture
import Synchronization

/// A domain that somebody renews at present, and since when it has been due.
public struct Claim: Hashable, Sendable {
  public let domain: DomainName
  public let dueAt: Timestamp
}

/// Which of the due domains are claimed.
public enum ClaimOrder: Hashable, Sendable {
  /// The longest due first.
  case oldest
  /// Those of the whitelist, in the order of names, after one.
  case listed(after: DomainName?)
}

/// What was claimed.
public struct Claims: Hashable, Sendable {
  public let claims: [Claim]
  /// Where the listed ones go on; nil behind the last, and for the oldest.
  public let next: DomainName?
}

/// Due work, handed out so that no two renew the same domain.
///
/// This store has one writer process, so that its claims live in memory and end with it. A store that several processes share
/// keeps them beside the due time instead; for that the calls are asynchronous, and a claim ends by itself after a time.
extension Store {
  /// Entries of the whitelist that one call for listed domains looks at.
  static let maximumListedExamined = 1000
  /// How long a claim holds at most, in seconds: longer than any check takes.
  static let longestLease: Int64 = 3600

  /// Claims watched domains that are due and that nobody has claimed.
  ///
  /// - Parameters:
  ///   - order: which of them go first.
  ///   - now: when they have to be due.
  ///   - limit: at most so many.
  ///   - lease: the claim ends by itself after so many seconds.
  public func claim(_ order: ClaimOrder, at now: Timestamp, limit: Int, lease: Int64) async throws -> Claims {
    let found: Claims
    switch order {
    case .oldest: found = Claims(claims: try oldestUnclaimed(at: now, limit), next: nil)
    case .listed(let name): found = try listedUnclaimed(after: name, at: now, limit)
    }
    claimed.withLock { claimed in
      for claim in found.claims { claimed[claim.domain] = now + min(lease, Store.longestLease) }
    }
    return found
  }

  /// Gives a claim back: the domain has been renewed, or may be claimed again.
  public func release(_ domain: DomainName) async { claimed.withLock { $0[domain] = nil } }

  /// Keeps the domain from being claimed until a time, though it stays due.
  public func putOff(_ domain: DomainName, until time: Timestamp) async { claimed.withLock { $0[domain] = time } }

  /// When the next domain can be claimed that cannot be now; nil where there is none.
  public func nextClaim(after now: Timestamp) async throws -> Timestamp? {
    let ends = claimed.withLock { $0.values.filter { $0 > now }.min() }
    return [try nextDue(after: now), ends].compactMap { $0 }.min()
  }

  private func isClaimed(_ domain: DomainName, at now: Timestamp) -> Bool {
    claimed.withLock { claimed in
      guard let end = claimed[domain] else { return false }
      // One that ends later than any can was made by a clock that has been set back since.
      if end > now, end - now <= Store.longestLease { return true }
      claimed[domain] = nil
      return false
    }
  }

  private func oldestUnclaimed(at now: Timestamp, _ limit: Int) throws -> [Claim] {
    try read { transaction, layout in
      var claims: [Claim] = []
      try transaction.scan(layout.due) { key, _ in
        var reader = ByteReader(key)
        let dueAt = Timestamp(seconds: try reader.signed())
        guard claims.count < limit, dueAt <= now else { return .stop }
        let domain = try StoreKey.name(in: reader.rest)
        if !isClaimed(domain, at: now) { claims.append(Claim(domain: domain, dueAt: dueAt)) }
        return .more
      }
      return claims
    }
  }

  private func listedUnclaimed(after name: DomainName?, at now: Timestamp, _ limit: Int) throws -> Claims {
    let start = name.map { StoreKey.name($0) + [0] } ?? []
    return try read { transaction, layout in
      var claims: [Claim] = []
      var last: DomainName?
      var examined = 0
      var isMore = false
      try transaction.scan(layout.whitelist, from: start) { key, _ in
        isMore = claims.count >= limit || examined >= Store.maximumListedExamined
        guard !isMore else { return .stop }
        examined += 1
        let domain = try StoreKey.name(in: key)
        last = domain
        let entry = try transaction.withValue(of: [UInt8](key), in: layout.watch) { bytes in
          try bytes.map { try WatchEntry(domain, $0) }
        }
        if let entry, entry.dueAt <= now, !isClaimed(domain, at: now) {
          claims.append(Claim(domain: domain, dueAt: entry.dueAt))
        }
        return .more
      }
      return Claims(claims: claims, next: isMore ? last : nil)
    }
  }
}
