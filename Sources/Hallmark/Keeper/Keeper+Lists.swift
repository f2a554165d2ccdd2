import DNS
import JSON
import JSONRPC
import Posture

extension Keeper {
  /// A page of the whitelist, or what changed on it after a revision.
  ///
  /// Every page of one listing names the revision at which its first page was read. A change that lands in between may or
  /// may not show in later pages; asking with `since` that revision gives all of them.
  func whitelistPage(
    size: Int, token: String?, since: UInt64?, under: DomainName?
  ) throws(RPCError) -> JSONValue {
    if let since { return try whitelistChanges(since: since, size: size, token: token, under: under) }
    let start = try PageToken.readName("w", token)
    let page = try listing { try store.whitelist(after: start?.name, limit: size, under: under) }
    let revision = start?.revision ?? page.head
    var object: JSONObject = [
      "revision": .integer(Int64(clamping: revision)), "entries": .array(page.entries.compactMap(json)),
    ]
    if let next = page.next { object["nextPageToken"] = .string(PageToken.name("w", next, revision: revision)) }
    return .object(object)
  }

  private func whitelistChanges(
    since: UInt64, size: Int, token: String?, under: DomainName?
  ) throws(RPCError) -> JSONValue {
    let start = try PageToken.readRevision("s", token) ?? since
    let page = try listing { try store.whitelistChanges(since: start, limit: size, under: under, at: clock.now) }
    var object: JSONObject = [
      "revision": .integer(Int64(clamping: page.next ?? page.head)), "entries": .array(page.entries.compactMap(json)),
      "removed": JSONValue(texts: page.removed.map(\.description)),
    ]
    if let next = page.next { object["nextPageToken"] = .string(PageToken.revision("s", next)) }
    return .object(object)
  }

  /// The entry as it goes out; one that has been stale for longer than the grace is left out.
  func json(_ entry: WhitelistEntry) -> JSONValue? {
    let now = clock.now
    guard entry.isServed(at: now), var object = (try? JSONValue(parsing: entry.octets))?.objectValue else { return nil }
    let shown = entry.shown(at: now)
    object["expiresAt"] = .string(shown.expiresAt.description)
    object["stale"] = .bool(shown.isStale)
    object["revision"] = .integer(Int64(clamping: shown.revision))
    return .object(object)
  }

  func domainsPage(
    organisation: String?, verdict: Verdict?, size: Int, token: String?
  ) throws(RPCError) -> JSONValue {
    let start = try PageToken.readName("d", token)
    let page = try listing {
      try store.domains(organisation: organisation, verdict: verdict?.rawValue, after: start?.name, limit: size)
    }
    var object: JSONObject = ["domains": .array(page.domains.map(summary))]
    if let next = page.next { object["nextPageToken"] = .string(PageToken.name("d", next, revision: 0)) }
    return .object(object)
  }

  private func summary(_ entry: DomainSummary) -> JSONValue {
    let record = reading { try store.record(of: entry.domain) }
      .flatMap { try? JSONValue(parsing: $0.json, limits: .evidence) }
    let organisations = reading { try store.watchEntry(of: entry.domain) }?.organisations ?? []
    var object: JSONObject = ["domain": .string(entry.domain.description)]
    if let unicode = record?["unicodeDomain"] { object["unicodeDomain"] = unicode }
    object["organisations"] = JSONValue(texts: organisations.filter { !$0.isEmpty }.sorted())
    object["verdict"] = record?["verdict"] ?? .null
    for section in ["encryption", "verification", "assurance"] {
      object[section] = record?[section]?["verdict"] ?? .null
    }
    object["stale"] = .bool(entry.header.map { $0.expiresAt <= clock.now } ?? false)
    for key in ["checkedAt", "expiresAt", "revision"] { object[key] = record?[key] ?? .null }
    return .object(object)
  }

  func history(of domain: DomainName, size: Int, token: String?) throws(RPCError) -> JSONValue {
    let before = try PageToken.readRevision("h", token)
    guard try listing({ try store.withRecord(of: domain) { _, _ in true } }) == true else {
      throw RPCError(
        .notFound, reason: "UNKNOWN_DOMAIN", message: "Check \(domain) first: nothing is kept of it.", field: "domain")
    }
    let page = try listing { try store.history(of: domain, before: before, limit: size) }
    var object: JSONObject = ["changes": .array(page.changes.compactMap { try? JSONValue(parsing: $0.octets) })]
    if let next = page.next { object["nextPageToken"] = .string(PageToken.revision("h", next)) }
    return .object(object)
  }

  /// Changes after a revision; with a wait, as soon as there are any, or none when it has passed.
  func changes(
    since: UInt64?, organisation: String?, wait: Int64, size: Int, token: String?
  ) async throws(RPCError) -> JSONValue {
    let start = try PageToken.readRevision("c", token)
    let deadline = ContinuousClock.now + .seconds(wait)
    while true {
      let heard = bell.count
      var from = start ?? since
      if from == nil { from = try oldest() }
      let page = try listing { try store.changes(since: from ?? 0, organisation: organisation, limit: size) }
      if page.changes.isEmpty, page.next == nil, wait > 0, ContinuousClock.now < deadline, !Task.isCancelled {
        await bell.wait(past: heard, until: deadline)
        continue
      }
      var object: JSONObject = [
        "revision": .integer(Int64(clamping: page.next ?? page.head)),
        "changes": .array(page.changes.compactMap { try? JSONValue(parsing: $0.octets) }),
      ]
      if let next = page.next { object["nextPageToken"] = .string(PageToken.revision("c", next)) }
      return .object(object)
    }
  }

  /// The oldest revision after which all changes are kept.
  private func oldest() throws(RPCError) -> UInt64 { try listing { try store.statistics().floor } }

  private func listing<Value>(_ body: () throws -> Value) throws(RPCError) -> Value {
    do {
      return try body()
    } catch let error as StoreError {
      switch error {
      case .compacted, .unknownRevision:
        // A revision that lies ahead is one of another store, such as before a backup was restored.
        let isAhead = if case .unknownRevision = error { true } else { false }
        throw RPCError(
          .outOfRange, reason: isAhead ? "REVISION_UNKNOWN" : "REVISION_TOO_OLD",
          message: "Fetch the whole, without since: \(error).", field: "since")
      default: throw Keeper.unavailable(error)
      }
    } catch {
      throw Keeper.unavailable(error)
    }
  }
}
