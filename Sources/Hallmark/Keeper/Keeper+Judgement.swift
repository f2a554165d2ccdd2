import DNS
import Posture

/// Some of the domains that must be judged anew.
struct OutdatedPage: Sendable {
  let domains: [DomainName]
  /// Where the next page goes on; nil behind the last.
  let next: DomainName?
  /// When they were looked at.
  let at: Timestamp
}

// Records that another standard or another program judged, or that are from a time yet to come.
extension Keeper {
  /// Whether it is known that there are none.
  var areAllJudged: Bool { reading { try store.isJudged(by: judgement, at: clock.now) } ?? false }

  /// All records are about to be gone through.
  func beginJudging() async { await commit(.beginJudging(judgement, at: clock.now)) }

  /// None were found, the last of them looked at then: the next start need not go through them.
  func endJudging(at now: Timestamp) async { await commit(.endJudging(judgement, at: now)) }

  /// A page of them; nil where the store could not be read.
  func outdated(after name: DomainName?, limit: Int) async -> OutdatedPage? {
    let now = clock.now
    return await reading(apart: .background) { [store, judgement] _ in
      let found = try store.outdatedRecords(for: judgement, at: now, after: name, limit: limit)
      return OutdatedPage(domains: found.domains, next: found.next, at: now)
    }
  }

  /// Those of a page of the whitelist; nil where the store could not be read.
  func outdatedListed(after name: DomainName?, limit: Int) async -> OutdatedPage? {
    let now = clock.now
    return await reading(apart: .background) { [self] _ in
      let page = try store.whitelist(after: name, limit: limit)
      let domains = page.entries.map(\.domain).filter { domain in
        reading {
          try store.withLentRecord(of: domain) { header, _ in
            !header.isOf(judgement) || header.isFromTheFuture(at: now)
          }
        } ?? false
      }
      return OutdatedPage(domains: domains, next: page.next, at: now)
    }
  }

  private func commit(_ write: StoreWrite) async {
    do {
      try await store.commit([write])
    } catch {
      // Without the mark the next start takes longer, and nothing else.
      log.warning("what records were judged by could not be kept", metadata: ["reason": "\(error)"])
    }
  }
}
