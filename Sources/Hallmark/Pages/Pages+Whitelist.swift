import DNS
import JSON
import Posture

extension Pages {
  struct WhitelistPage: Sendable {
    let layout: LayoutView
    let list: WhitelistView
  }

  /// Whether a request for /whitelist is for the page: it names no format, and a page is what it takes best.
  static func isForWhitelistPage(_ request: HTTPRequest) -> Bool {
    request.query["format"] == nil && Pages.wants(request, of: [.text, .html]) == .html
  }

  func whitelist(_ request: HTTPRequest) -> HTTPResponse {
    let text = request.query["contains"].map { $0.trimmed.prefix(DashboardQuery.maximumText).lowercased() }
    let contains = text?.isEmpty == false ? text : nil
    let after = request.query["after"].flatMap { DomainName($0) }
    guard let view = keeper.reading({ try view(contains, after, request) }) else {
      return failure(request, .serviceUnavailable, "The store cannot be read: tell the operator.")
    }
    return Pages.page(templates.render(WhitelistPage(layout: layout(request, "Whitelist"), list: view), .whitelist))
  }

  private func view(_ contains: String?, _ after: DomainName?, _ request: HTTPRequest) throws -> WhitelistView {
    var entries: [JSONValue] = []
    var place = after
    var examined = 0
    var isMore = false
    repeat {
      let page = try keeper.store.whitelist(after: place, limit: Routes.whitelistPage)
      place = page.next
      for entry in page.entries {
        examined += 1
        guard contains.map({ ShownName.contains(entry.domain.description, $0) }) ?? true, let value = keeper.json(entry)
        else {
          continue
        }
        isMore = entries.count >= WhitelistView.pageSize
        guard !isMore else { break }
        entries.append(value)
      }
    } while !isMore && place != nil && examined < WhitelistView.maximumExamined
    let last = isMore ? entries.last?["domain"]?.stringValue : place?.description
    let statistics = try keeper.store.statistics()
    return WhitelistView(
      entries, revision: statistics.head, total: statistics.whitelisted, contains: contains, next: last,
      origin: origin(request))
  }

  /// How the caller names this service, for the recipes.
  private func origin(_ request: HTTPRequest) -> String {
    let host = TextReport.printable(request.fields.host ?? "127.0.0.1:8460")
    return "\(sessions.isSecure ? "https" : "http")://\(host)"
  }
}
