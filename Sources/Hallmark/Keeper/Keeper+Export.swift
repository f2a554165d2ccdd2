import DNS
import Posture

extension Keeper {
  /// Takes a piece of an export and returns once it is out.
  typealias Sink = ([UInt8]) async throws -> Void

  /// Writes the whole whitelist in the order of names, or with `since` what changed after that revision in the order of
  /// revisions, page by page and in constant memory.
  func export(
    _ format: WhitelistFormat, under: DomainName? = nil, since: UInt64? = nil, _ write: Sink
  ) async throws {
    // Read before the entries: who goes on from it hears of a change again rather than never. The comment of a table holds
    // the whitelist's own revision, so that the text stays the same while the whitelist does.
    let revision = try format == .json ? store.headRevision() : store.whitelistHead()?.revision ?? 0
    try await write(Array(format.head(revision: revision, isChanges: since != nil).utf8))
    var removed: [String] = []
    if let since {
      removed = try await exportChanges(format, under, since, write)
    } else {
      try await exportWhole(format, under, write)
    }
    try await write(Array(format.tail(removed: since == nil ? nil : removed).utf8))
  }

  private func exportWhole(_ format: WhitelistFormat, _ under: DomainName?, _ write: Sink) async throws {
    var after: DomainName?
    var isFirst = true
    repeat {
      let page = try store.whitelist(after: after, limit: Routes.whitelistPage, under: under)
      try await write(text(page.entries, format, isChange: false, &isFirst))
      after = page.next
    } while after != nil
  }

  /// Returns the names that are removed where the format tells them at the end; there are at most as many as revisions are
  /// kept.
  private func exportChanges(
    _ format: WhitelistFormat, _ under: DomainName?, _ since: UInt64, _ write: Sink
  ) async throws -> [String] {
    var removed: [String] = []
    var next: UInt64? = since
    var isFirst = true
    while let start = next {
      let page = try store.whitelistChanges(since: start, limit: Routes.whitelistPage, under: under, at: clock.now)
      try await write(text(page.entries, format, isChange: true, &isFirst))
      let names = page.removed.map(\.description)
      if format == .json { removed += names } else { try await write(Array(names.map(format.removal).joined().utf8)) }
      next = page.next
    }
    return removed
  }

  private func text(
    _ entries: [WhitelistEntry], _ format: WhitelistFormat, isChange: Bool, _ isFirst: inout Bool
  ) -> [UInt8] {
    let now = clock.now
    var text: [UInt8] = []
    for entry in entries where entry.isServed(at: now) {
      format.append(entry.shown(at: now), isFirst: isFirst, isChange: isChange, to: &text)
      isFirst = false
    }
    return text
  }
}
