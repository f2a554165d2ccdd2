import JSON
import JSONRPC
import Posture

/// `GET /changes.atom?organisation=`: the newest changes as a feed.
extension Routes {
  var changesFeed: Route { Route("/changes.atom", slow: { request in feed(request) }) }

  private func feed(_ request: HTTPRequest) -> HTTPResponse {
    let organisation = request.query["organisation"]
    let changes: [StoredChange]
    do {
      changes = try keeper.store.latestChanges(organisation: organisation, limit: AtomFeed.maximumEntries)
    } catch {
      return Routes.failure(Keeper.unavailable(error), false)
    }
    let values = changes.compactMap { try? JSONValue(parsing: $0.octets, limits: .evidence) }
    let updated = values.first?["at"]?.stringValue ?? Timestamp(seconds: 0).description
    let host = request.headers.first(name: "Host") ?? ""
    let feed = AtomFeed(organisation: organisation, host: host, changes: values, updated: updated)
    let text = Array(feed.text.utf8)
    // The text is its own version: an organisation that gains or loses a domain has another feed, at whatever revision.
    let tag = "\"\(String(AtomFeed.digest(text).prefix(32)))\""
    var headers = [("ETag", tag), ("Cache-Control", "no-cache")]
    // And no date of change says when that was.
    if organisation == nil, let moment = Timestamp(updated), !values.isEmpty {
      headers.append(("Last-Modified", HTTPDate.text(moment.seconds)))
    }
    return HTTPResponse(
      contentType: AtomFeed.contentType, headers: headers, isCompressible: true, body: .bytes(text))
  }
}
