import DNS
import Foundation
import JSON
import Posture
import Synchronization
import Testing

@testable import Hallmark

/// Pages and their forms as a browser asks for them: over HTTP, with and without tokens.
@Suite struct PageFormTests {
  typealias T = TestServer

  private static let html = "Accept: text/html,*/*;q=0.8\r\n"
  private static let tokens = """
    \(TokenTable.line(for: "read-me", name: "gateway", role: .reader))
    \(TokenTable.line(for: "all-of-it", name: "operator", role: .admin))
    """

  private static func post(
    _ door: Door, _ path: String, _ form: String, _ headers: String = "Sec-Fetch-Site: same-origin\r\n",
    type: String = "application/x-www-form-urlencoded"
  ) async throws -> Socket.Response {
    let port = door.port
    let request =
      "POST \(path) HTTP/1.1\r\nHost: localhost\r\nContent-Type: \(type)\r\n\(headers)"
      + "Content-Length: \(form.utf8.count)\r\n\r\n\(form)"
    return try await offPool {
      let client = try Socket(port: port)
      client.send(request)
      return try #require(client.response())
    }
  }

  /// The secret that the page's forms carry.
  private static func csrf(_ page: Socket.Response) throws -> String {
    let mark = "name=\"csrf\" value=\""
    let start = try #require(page.body.range(of: mark)?.upperBound)
    return String(page.body[start...].prefix { $0 != "\"" })
  }

  private static func signIn(_ door: Door, _ token: String) async throws -> (cookie: String, to: String) {
    let page = try await door.get("/sign-in?to=/whitelist", html)
    let answer = try await post(door, "/sign-in", "token=\(token)&to=%2Fwhitelist&csrf=\(try csrf(page))")
    #expect(answer.status == 303)
    let cookie = try #require(answer.headers["set-cookie"])
    return ("Cookie: \(cookie.prefix { $0 != ";" })\r\n", answer.headers["location"] ?? "")
  }

  @Test func headersOfPages() async throws {
    let door = try await Door(StoreFixture())
    for path in ["/", "/whitelist", "/pairs"] {
      let page = try await door.get(path, Self.html)
      #expect(page.status == 200 && page.headers["content-type"] == "text/html; charset=utf-8")
      let policy = try #require(page.headers["content-security-policy"])
      #expect(policy.hasPrefix("default-src 'none';") && policy.contains("frame-ancestors 'none'"))
      #expect(!policy.contains("unsafe"))
      #expect(page.headers["x-content-type-options"] == "nosniff" && page.headers["referrer-policy"] == "same-origin")
      #expect(page.headers["vary"]?.contains("Accept") == true && page.headers["cache-control"] == "no-store")
      // Nothing in it needs what the policy forbids, or comes from elsewhere.
      #expect(!page.body.contains(" style=") && !page.body.contains("<style") && !page.body.contains(" onload="))
      #expect(!page.body.contains("src=\"http") && !page.body.contains("href=\"http"))
    }
    for path in ["/style.css", "/copy.js", "/icon.svg"] {
      let file = try await door.get(path)
      #expect(file.status == 200 && !file.body.isEmpty && file.headers["cache-control"]?.hasSuffix("immutable") == true)
    }
    let search = try await door.get("/domains?name=%20Postmaster@Example.gov.uk")
    #expect(search.status == 303 && search.headers["location"] == "/domains/Example.gov.uk")
    #expect(try await door.get("/domains?name=https://a.uk/b?c").headers["location"] == "/domains/a.uk")
    #expect(try await door.get("/domains?name=//evil.example").headers["location"] == "/domains/%2F%2Fevil.example")
    #expect(try await door.get("/pairs?sender=a.uk&recipient=b.uk").headers["location"] == "/pairs/a.uk/b.uk")
    let wrong = try await door.get("/domains/a..uk", Self.html)
    #expect(wrong.status == 400 && wrong.body.contains("<h1>That did not work</h1>"))
    await door.close()
  }

  @Test func withoutTokensFormsStillCarryASecret() async throws {
    let door = try await Door(StoreFixture())
    let page = try await door.get("/", Self.html)
    #expect(!page.body.contains("/sign-in"))
    let csrf = try Self.csrf(page)
    let form = "domains=A.gov.uk%0D%0Ab.gov.uk&organisation=Home+Office"
    // No secret, a wrong one, a page of another site, another kind of body: nothing is done.
    for (form, headers, status) in [
      (form, "", 403), (form + "&csrf=00", "", 403), (form + "&csrf=\(csrf)", "Sec-Fetch-Site: cross-site\r\n", 403),
      (form + "&csrf=\(csrf)", "Sec-Fetch-Site: same-site\r\n", 403),
      (form + "&csrf=\(csrf)", "Origin: https://evil.example\r\n", 403),
      (form + "&csrf=\(csrf)", "Origin: null\r\n", 403),
      (form + "&csrf=\(csrf)", "Host: evil.example\r\n", 400), (form + "&csrf=%zz", "", 400),
    ] {
      #expect(try await Self.post(door, "/watch", form, headers).status == status, "\(headers)\(form)")
    }
    #expect(try await Self.post(door, "/watch", form + "&csrf=\(csrf)", type: "text/plain").status == 415)
    #expect(try await door.get("/watch").status == 405)
    #expect(try door.store.domains(limit: 10).domains.isEmpty)

    let done = try await Self.post(door, "/watch", form + "&csrf=\(csrf)", "Origin: http://localhost\r\n")
    #expect(done.status == 303 && done.headers["location"] == "/?organisation=Home%20Office&done=watched")
    #expect(try door.store.domains(organisation: "Home Office", limit: 10).domains.count == 2)
    let bad = try await Self.post(door, "/watch", "domains=a..uk&csrf=\(csrf)")
    #expect(bad.status == 400 && bad.body.contains("That did not work"))
    let away = try await Self.post(door, "/domains/a.gov.uk/unwatch", "organisation=Home+Office&csrf=\(csrf)")
    #expect(away.status == 303)
    #expect(
      try door.store.domains(organisation: "Home Office", limit: 10).domains.map(\.domain) == [domain("b.gov.uk")])
    let assured = try await Self.post(
      door, "/domains/b.gov.uk/assurance", "scheme=CE&reference=7&validUntil=2099-01-31&csrf=\(csrf)")
    #expect(assured.status == 303)
    #expect(try door.store.assurance(of: domain("b.gov.uk"))?.validUntil.description == "2099-01-31T23:59:59Z")
    let noDate = try await Self.post(
      door, "/domains/b.gov.uk/assurance", "scheme=CE&reference=7&validUntil=soon&csrf=\(csrf)")
    #expect(noDate.status == 400)
    let checked = try await Self.post(door, "/domains/b.gov.uk/check", "csrf=\(csrf)")
    #expect(checked.status == 303 && checked.headers["location"] == "/domains/b.gov.uk")
    await door.close()
  }

  @Test func signingIn() async throws {
    let door = try await Door(StoreFixture(), tokens: try TokenTable(parsing: Self.tokens))
    // A page leads to the door; what is no page is refused as before.
    let first = try await door.get("/whitelist?contains=a", Self.html)
    #expect(first.status == 303 && first.headers["location"] == "/sign-in?to=%2Fwhitelist%3Fcontains%3Da")
    #expect(try await door.get("/whitelist").status == 401)
    #expect(try await door.get("/style.css").status == 200)
    let reader = try await Self.signIn(door, "read-me")
    #expect(reader.to == "/whitelist")
    let page = try await door.get("/", Self.html + reader.cookie)
    #expect(page.status == 200 && page.body.contains("gateway") && !page.body.contains("action=\"/watch\""))
    let csrf = try Self.csrf(page)
    // The role of the token holds, and each session has a secret of its own.
    let form = "domains=a.gov.uk&csrf=\(csrf)"
    #expect(try await Self.post(door, "/watch", form, reader.cookie).status == 403)
    let admin = try await Self.signIn(door, "all-of-it")
    #expect(try await Self.post(door, "/watch", form, admin.cookie).status == 403)
    let own = try Self.csrf(try await door.get("/", Self.html + admin.cookie))
    #expect(try await Self.post(door, "/watch", "domains=a.gov.uk&csrf=\(own)", admin.cookie).status == 303)
    #expect(try await Self.post(door, "/watch", "domains=a.gov.uk&csrf=\(own)", "").status == 401)
    let stranger = admin.cookie + "Sec-Fetch-Site: cross-site\r\n"
    #expect(try await Self.post(door, "/watch", "domains=b.gov.uk&csrf=\(own)", stranger).status == 403)
    // The cookie opens pages and not the interface for programs.
    for (field, status) in [(admin.cookie, 401), ("Authorization: Bearer all-of-it\r\n", 200)] {
      let call = T.call("listDomains")
      let answer = try await Self.post(door, "/rpc", call, field, type: "application/json")
      #expect(answer.status == status && answer.body.contains("\"result\"") == (status == 200), "\(answer.body)")
    }
    // Signed out, the cookie is worth nothing.
    let out = try await Self.post(door, "/sign-out", "csrf=\(own)", admin.cookie)
    #expect(out.status == 303 && out.headers["set-cookie"]?.contains("Max-Age=0") == true)
    #expect(try await door.get("/", Self.html + admin.cookie).status == 303)
    // A token that is taken away ends its sessions.
    door.server.replaceTokens(try TokenTable(parsing: TokenTable.line(for: "new", name: "n", role: .reader)))
    #expect(try await door.get("/", Self.html + reader.cookie).status == 303)
    await door.close()
  }

  @Test func wrongTokensAreSlowedDown() async throws {
    let door = try await Door(StoreFixture(), tokens: try TokenTable(parsing: Self.tokens))
    let csrf = try Self.csrf(try await door.get("/sign-in", Self.html))
    for _ in 0..<Sessions.maximumAttempts {
      let answer = try await Self.post(door, "/sign-in", "token=wrong&csrf=\(csrf)")
      #expect(answer.status == 403 && answer.headers["set-cookie"] == nil && !answer.body.contains("wrong\""))
    }
    let more = try await Self.post(door, "/sign-in", "token=read-me&csrf=\(csrf)")
    #expect(more.status == 429 && more.headers["retry-after"] == "60" && more.headers["set-cookie"] == nil)
    await door.close()
  }

  @Test(arguments: [
    ("/whitelist?a=b", "/whitelist?a=b"), ("//evil.example", "/"), ("https://evil.example", "/"), ("/\\evil", "/"),
    ("", "/"), ("/a b", "/"), ("/a\r\nSet-Cookie: x", "/"), ("/ü", "/"),
  ])
  func nobodyIsLedElsewhere(_ address: String, _ to: String) { #expect(Pages.local(address) == to) }

  /// A resolver that answers when it is told to.
  private final class Hold: Sendable {
    let isOpen = Atomic<Bool>(false)
    var instruments: Instruments {
      var instruments = Instruments.failing
      instruments.lookUp = { question in
        while !self.isOpen.load(ordering: .relaxed) { try? await Task.sleep(for: .milliseconds(5)) }
        return Answer(question, .noSuchName, ttl: 300, security: .insecure)
      }
      return instruments
    }
  }

  @Test func aColdCheckShowsHowFarItCame() async throws {
    let hold = Hold()
    let door = try await Door(StoreFixture(), instruments: hold.instruments, timeout: .seconds(120))
    let (port, request) = (door.port, T.get("/domains/cold.gov.uk", Self.html))
    let (early, rest) = try await offPool {
      let client = try Socket(port: port)
      client.send(request)
      // The page has begun and says what goes on, while nothing has been found out yet.
      var early = ""
      while !early.contains("role=\"log\""), let more = client.readSome() { early += more }
      hold.isOpen.store(true, ordering: .relaxed)
      var rest = ""
      while !rest.contains("</html>"), let more = client.readSome() { rest += more }
      return (early, rest)
    }
    #expect(early.contains("<h1 id=\"progress-title\">Looking at cold.gov.uk</h1>") && !early.contains("id=\"record\""))
    #expect(rest.contains("<li>DNS: ") && rest.contains("id=\"record\"") && rest.contains("<h1>cold.gov.uk</h1>"))
    // Known now, it is there at once.
    let again = try await door.get("/domains/cold.gov.uk", Self.html)
    #expect(again.headers["content-length"] != nil && again.body.contains("id=\"record\""))
    await door.close()
  }
}
