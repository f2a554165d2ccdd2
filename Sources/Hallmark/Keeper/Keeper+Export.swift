import DNS
import JSON

extension Keeper {
  /// Writes the whole whitelist page by page, in constant memory and in the order of names.
  func export(
    _ format: WhitelistFormat, under: DomainName? = nil, _ write: ([UInt8]) async throws -> Void
  ) async throws {
    try await write(Array(format.head(revision: try store.headRevision()).utf8))
    var after: DomainName?
    var isFirst = true
    repeat {
      let page = try store.whitelist(after: after, limit: Routes.whitelistPage, under: under)
      var text = ""
      for entry in page.entries {
        guard let value = json(entry) else { continue }
        text += format.line(value, isFirst: isFirst)
        isFirst = false
      }
      if !text.isEmpty { try await write(Array(text.utf8)) }
      after = page.next
    } while after != nil
    try await write(Array(format.tail.utf8))
  }

  /// What a gateway asks for one domain: the policy of smtp_tls_policy_maps.
  func policy(of text: String) -> SocketmapReply {
    guard let name = CanonicalName.domain(text) ?? DomainName(text), name.isHostName else { return .notFound }
    do {
      guard let entry = try store.whitelistEntry(of: name), let value = json(entry),
        let policy = WhitelistFormat.postfixPolicy(value)
      else { return .notFound }
      return .ok(policy)
    } catch {
      log.error("the whitelist could not be read", metadata: ["reason": "\(error)"])
      return .temporary("the whitelist cannot be read")
    }
  }
}
