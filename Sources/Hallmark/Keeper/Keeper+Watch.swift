import DNS
import IDNA
import JSON
import JSONRPC
import Posture

extension Keeper {
  /// Watches domains for an organisation; each is due at once.
  func watch(
    _ domains: [MailDomain], organisation: String, selectors: [String], caller: CallerContext
  ) async throws(RPCError) -> JSONValue {
    let now = clock.now
    let watches = domains.map {
      StoreWrite.watch($0.name, organisation: organisation, selectors: selectors, at: now, dueAt: now)
    }
    // A domain that was watched before is looked at again when selectors come in.
    let visits = selectors.isEmpty ? [] : domains.map { StoreWrite.reschedule($0.name, dueAt: now) }
    let outcomes = try await commit(watches + visits)
    let added = outcomes.count { $0 == .watched(added: true) }
    audit(
      "watchDomains", caller, ["organisation": organisation, "domains": "\(domains.count)", "added": "\(added)"])
    noteDue()
    return ["added": JSONValue(added), "unchanged": JSONValue(domains.count - added)]
  }

  /// Gives domains up for an organisation, and those of others stay watched; for none in particular, altogether.
  func unwatch(
    _ domains: [MailDomain], organisation: String?, caller: CallerContext
  ) async throws(RPCError) -> JSONValue {
    let outcomes = try await commit(domains.map { StoreWrite.unwatch($0.name, organisation: organisation) })
    var removed = 0
    let head = reading { try store.headRevision() } ?? 0
    for (domain, outcome) in zip(domains, outcomes) {
      guard case .unwatched(removed: true, let listing) = outcome else { continue }
      removed += 1
      note(listing, of: domain.name, head)
    }
    audit(
      "unwatchDomains", caller,
      ["organisation": organisation ?? "*", "domains": "\(domains.count)", "removed": "\(removed)"])
    bell.ring()
    return ["removed": JSONValue(removed), "unknown": JSONValue(domains.count - removed)]
  }

  func setAssurance(_ assurance: Assurance, of domain: DomainName, caller: CallerContext) async throws(RPCError) {
    _ = try await commit([.setAssurance(domain, assurance)])
    audit("setAssurance", caller, ["domain": "\(domain)", "scheme": assurance.scheme])
  }

  private func commit(_ writes: [StoreWrite]) async throws(RPCError) -> [StoreOutcome] {
    guard !writes.isEmpty else { return [] }
    do {
      return try await store.commit(writes)
    } catch {
      throw Keeper.unavailable(error)
    }
  }

  static func unavailable(_ error: any Error) -> RPCError {
    RPCError(
      .unavailable, reason: "STORE_UNAVAILABLE",
      message: "Nothing was changed; try again, and tell the operator: \(error).",
      retryAfter: 5)
  }

  private func audit(_ action: String, _ caller: CallerContext, _ details: [String: String]) {
    log.notice(
      "the watch list or an assurance is changed",
      metadata: AuditTrail.metadata(action, caller, outcome: "done", details))
  }
}
