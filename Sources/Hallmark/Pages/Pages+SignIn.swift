import JSONRPC
import NIOHTTP1

/// Signing in at the pages, where access tokens are asked for.
extension Pages {
  private struct SignInPage: Sendable {
    let layout: LayoutView
    let to: String
    let isWrong: Bool
  }

  var signInRoutes: [Route] {
    [
      Route("/sign-in", role: nil, slow: { request in signInPage(request) }),
      Route(form: "/sign-in", role: nil, slow: { request in signIn(request) }),
      Route(form: "/sign-out", role: nil, slow: { request in signOut(request) }),
    ]
  }

  private func signInPage(_ request: HTTPRequest, isWrong: Bool = false) -> HTTPResponse {
    guard request.tokens != nil else { return Pages.seeOther("/") }
    let to = Pages.local(request.form["to"] ?? request.query["to"])
    let view = SignInPage(layout: layout(request, "Sign in"), to: to, isWrong: isWrong)
    return Pages.page(templates.render(view, .signIn), isWrong ? .forbidden : .ok)
  }

  private func signIn(_ request: HTTPRequest) -> HTTPResponse {
    guard let table = request.tokens else { return Pages.seeOther("/") }
    guard sessions.holds(request.form["csrf"] ?? "", request.session) else {
      return failure(
        request, .forbidden, "The page was too old: load it again, and sign in once more.", back: "/sign-in")
    }
    let address = sessions.address(request.remoteAddress, forwardedFor: request.headers["X-Forwarded-For"])
    if let wait = sessions.wait(of: address) {
      return failure(
        request, .tooManyRequests, "Too many tokens were wrong: wait \(wait) seconds, and try again.", back: "/sign-in",
        headers: [("Retry-After", String(wait))])
    }
    guard let entry = table.entry(of: (request.form["token"] ?? "").trimmed) else {
      sessions.noteFailure(of: address)
      return signInPage(request, isWrong: true)
    }
    // Whoever was signed in before is no longer (RFC 6265 section 8.4: a new session has a new name).
    sessions.end(cookies: request.fields.cookie)
    return Pages.seeOther(
      Pages.local(request.form["to"]), headers: [("Set-Cookie", sessions.cookie(sessions.begin(entry)))])
  }

  private func signOut(_ request: HTTPRequest) -> HTTPResponse {
    guard sessions.holds(request.form["csrf"] ?? "", request.session) else {
      return failure(request, .forbidden, "The page was too old: load it again, and sign out once more.")
    }
    sessions.end(cookies: request.fields.cookie)
    return Pages.seeOther("/sign-in?done=signed-out", headers: [("Set-Cookie", sessions.endedCookie)])
  }

  /// A path of this server, or the dashboard: nobody is led elsewhere (CWE-601).
  static func local(_ address: String?) -> String {
    guard let address, address.utf8.count <= 2048, address.hasPrefix("/"), !address.hasPrefix("//"),
      address.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7f && $0 != UInt8(ascii: "\\") })
    else { return "/" }
    return address
  }

  /// Where somebody asked for a page and has not said who it is: the page to sign in, instead of a bare refusal.
  static func signInFirst(_ head: HTTPRequestHead) -> HTTPFailure? {
    guard head.method == .GET || head.method == .HEAD, head.headers["Authorization"].isEmpty,
      MediaType.preferred(head.headers["Accept"], of: [.text, .json, .html]) == .html
    else { return nil }
    return HTTPFailure(
      .seeOther, "Sign in first.", headers: [("Location", "/sign-in?to=\(FormText.encode(Pages.local(head.uri)))")])
  }
}
