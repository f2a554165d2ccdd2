import DNS
import IDNA
import JSON
import JSONRPC
import NIOHTTP1
import Posture

/// What people see: pages that the server renders, without a script that they need and without anything from elsewhere.
struct Pages: Sendable {
  /// How long a page waits for a check before it shows how far it has come.
  static let patience = Duration.milliseconds(700)
  /// How often a page that waits looks for something new to show.
  static let pace = Duration.milliseconds(200)

  let desk: CheckDesk
  let keeper: Keeper
  let templates: PageTemplates
  let sessions: Sessions

  /// What each page is sent with. The script only copies a record to the clipboard; all else works without.
  static let policy =
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; "
    + "frame-ancestors 'none'"

  private static let headers = [
    ("Content-Security-Policy", policy), ("Vary", "Accept, Cookie"),
    // Forms need it: under no-referrer a browser says `Origin: null` (the Fetch Standard, "append a request Origin header").
    ("Referrer-Policy", "same-origin"), ("Cross-Origin-Opener-Policy", "same-origin"),
  ]

  var all: [Route] { files + [dashboard, domainSearch, pairs] + signInRoutes + forms }

  static func wants(_ request: HTTPRequest, of offers: [MediaType] = [.text, .json, .html]) -> MediaType {
    MediaType.preferred(request.headers["Accept"], of: offers)
  }

  static func page(
    _ text: String, _ status: HTTPResponseStatus = .ok, headers: [(name: String, value: String)] = []
  ) -> HTTPResponse {
    HTTPResponse(
      status, contentType: "text/html; charset=utf-8", headers: Pages.headers + headers, body: .bytes(Array(text.utf8)))
  }

  /// A page that comes bit by bit.
  static func page(
    stream: @escaping @Sendable (HTTPBodyWriter) async throws -> Void
  ) -> HTTPResponse {
    HTTPResponse(contentType: "text/html; charset=utf-8", headers: Pages.headers, body: .stream(stream))
  }

  /// Goes to another page by GET (RFC 9110 section 15.4.4).
  static func seeOther(_ address: String, headers: [(name: String, value: String)] = []) -> HTTPResponse {
    HTTPResponse(
      .seeOther, contentType: "text/plain; charset=utf-8", headers: [("Location", address)] + headers,
      text: "See \(address)\n")
  }

  /// - Parameter organisation: whose domains the page tells of; nil: of all.
  func layout(
    _ request: HTTPRequest, _ title: String, search: String = "", organisation: String? = nil
  ) -> LayoutView {
    let section = request.path.split(separator: "/").first
    return LayoutView(
      title: title, callerName: (request.session?.name).map(TextReport.printable),
      offersSignIn: request.tokens != nil && request.session == nil,
      isAdmin: request.caller.role == .admin, csrf: sessions.csrf(request.session), assets: templates.assets,
      version: Version.current, search: search, onDashboard: section == nil, onWhitelist: section == "whitelist",
      onPair: section == "pairs", feed: AtomFeed.path(of: organisation),
      notice: request.query["done"].flatMap { Pages.notices[$0] })
  }

  /// What an action did: a page is told by a word of these, so that an address cannot put words into our mouth.
  private static let notices = [
    "watched": "The domains are watched from now on.", "unwatched": "The domain is no longer watched for it.",
    "assured": "The assessment is on record.", "signed-out": "You are signed out.",
  ]

  // MARK: Failures

  private struct ErrorPage: Sendable {
    let layout: LayoutView
    let heading: String
    let message: String
    let back: String
  }

  func failure(
    _ request: HTTPRequest, _ status: HTTPResponseStatus, _ message: String, back: String = "/",
    headers: [(name: String, value: String)] = []
  ) -> HTTPResponse {
    let view = ErrorPage(
      layout: layout(request, "That did not work"), heading: "That did not work",
      message: TextReport.printable(message), back: back)
    return Pages.page(templates.render(view, .error), status, headers: headers)
  }

  func failure(_ request: HTTPRequest, _ error: RPCError, back: String = "/") -> HTTPResponse {
    let retry = error.retryAfter.map { [(name: "Retry-After", value: String($0))] } ?? []
    return failure(request, Routes.status(of: error), error.message, back: back, headers: retry)
  }

  // MARK: Files

  private static let aYear = 31_536_000

  static func file(_ path: String, _ type: String, _ bytes: [UInt8]) -> Route {
    Route(
      path, role: nil,
      fast: { _ in
        HTTPResponse(
          contentType: type, headers: [("Cache-Control", "public, max-age=\(aYear), immutable")], body: .bytes(bytes))
      })
  }

  var files: [Route] {
    [
      Pages.file("/style.css", "text/css; charset=utf-8", PageTemplates.style),
      Pages.file("/copy.js", "text/javascript; charset=utf-8", PageTemplates.script),
      Pages.file("/icon.svg", "image/svg+xml", PageTemplates.icon),
    ]
  }
}
