import Foundation
import JSON
import JSONRPC
import NIOCore
import Testing

@testable import Hallmark

@Suite struct AccessTests {
  typealias T = TestServer

  private static let file = """
    # who may
    \(TokenTable.line(for: "read-me", name: "gateway", role: .reader))

    \(TokenTable.line(for: "all-of-it", name: "operator", role: .admin))
    """

  private static func bearer(_ token: String) -> String { "Authorization: Bearer \(token)\r\n" }

  /// Request, status, JSON-RPC code.
  static let requests: [(String, Int, Int64?)] = [
    (T.post(T.call("health")), 200, nil), (T.post(T.call("checkDomain", "[\"a\"]")), 401, -32016),
    (T.post("[\(T.call("checkDomain", "[\"a\"]")),\(T.call("health"))]"), 200, nil),
    (T.post(T.call("checkDomain", "[\"a\"]"), bearer("read-me")), 200, nil),
    (T.post(T.call("checkDomain", "[\"a\"]"), "authorization: bearer  read-me \r\n"), 200, nil),
    (T.post(T.call("watchDomains"), bearer("read-me")), 200, -32007),
    (T.post(T.call("watchDomains"), bearer("all-of-it")), 200, nil),
    (T.post(T.call("health"), bearer("wrong")), 401, nil),
    (T.post(T.call("health"), "Authorization: Basic cmVhZC1tZTo=\r\n"), 401, nil),
    (T.post(T.call("health"), "Authorization: Bearer\r\n"), 401, nil),
    (T.post(T.call("health"), bearer("read-me") + bearer("all-of-it")), 400, nil),
    (T.get("/secret"), 401, nil), (T.get("/secret", bearer("read-me")), 200, nil), (T.get("/"), 200, nil),
    (T.post(T.call("health"), bearer(String(repeating: "x", count: 2000))), 401, nil),
  ]

  @Test(arguments: requests)
  func roles(request: String, status: Int, code: Int64?) async throws {
    let tokens = try TokenTable(parsing: Self.file)
    let server = try await T { $0.tokens = tokens }
    let answer = try #require(try await server.ask(request).first)
    #expect(answer.status == status, "\(answer.body)")
    if status == 401 { #expect(answer.headers["www-authenticate"]?.hasPrefix("Bearer ") == true) }
    if let code { #expect(try JSONValue(parsing: answer.body)["error"]?["code"]?.integerValue == code) }
    await server.stop()
  }

  @Test func tokensAreReadAgain() async throws {
    let tokens = try TokenTable(parsing: Self.file)
    let server = try await T { $0.tokens = tokens }
    let other = try TokenTable(parsing: TokenTable.line(for: "new", name: "n", role: .reader))
    // Connections enough for every event loop to have the tokens that go, and then those that come.
    for _ in 0..<System.coreCount {
      #expect(try await server.ask(T.get("/secret", Self.bearer("read-me"))).first?.status == 200)
    }
    server.server.replaceTokens(other)
    for _ in 0..<System.coreCount {
      #expect(try await server.ask(T.get("/secret", Self.bearer("read-me"))).first?.status == 401)
      #expect(try await server.ask(T.get("/secret", Self.bearer("new"))).first?.body == "n")
    }
    await server.stop()
  }

  static let malformed: [(String, Int)] = [
    ("reader name", 1), ("\nking name \(String(repeating: "0", count: 64))", 2), ("reader name xyz", 1),
    ("reader a \(String(repeating: "0", count: 63))", 1), ("reader a \(String(repeating: "g", count: 64))", 1),
    ("reader a \(String(repeating: "0", count: 64)) more", 1),
    ("reader a \(String(repeating: "0", count: 64))\nadmin a \(String(repeating: "1", count: 64))", 2),
  ]

  @Test(arguments: malformed)
  func malformedLinesAreNamed(text: String, line: Int) {
    #expect { try TokenTable(parsing: text) } throws: { ($0 as? TokenTable.Malformed)?.line == line }
  }

  @Test func theLineOfAToken() throws {
    // SHA-256 of "abc", FIPS 180-4.
    let line = TokenTable.line(for: "abc", name: "n", role: .admin)
    #expect(line == "admin n ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
    let table = try TokenTable(parsing: line.uppercased().replacing("ADMIN N", with: "admin n") + "\r\n")
    #expect(table.entry(of: "abc")?.name == "n" && table.entry(of: "abd") == nil)
  }

  /// Host, other fields, status: a server without tokens on loopback, and pages in a browser on the same machine.
  static let pages: [(String, String, Int)] = [
    ("localhost:8460", "", 200), ("127.0.0.1:8460", "", 200), ("127.1.2.3", "", 200), ("[::1]:8460", "", 200),
    ("LOCALHOST", "", 200),
    ("x.localhost", "", 200), ("watch.example", "", 200),
    ("evil.example", "", 421), ("127.0.0.1.evil.example", "", 421), ("localhost.evil.example", "", 421), ("", "", 400),
    ("localhost:8460", "Origin: http://localhost:8460\r\n", 200),
    ("localhost:8460", "Origin: http://evil.example\r\n", 403),
    ("localhost:8460", "Origin: null\r\n", 403), ("localhost:8460", "Origin: http://localhost:9999\r\n", 403),
    ("localhost:8460", "Origin: http://localhost:8460.evil.example\r\n", 403),
    ("localhost", "Sec-Fetch-Site: cross-site\r\n", 403), ("localhost", "Sec-Fetch-Site: same-site\r\n", 403),
    ("localhost", "Sec-Fetch-Site: none\r\n", 200), ("localhost", "Sec-Fetch-Site: same-origin\r\n", 200),
  ]

  @Test(arguments: pages)
  func strangersPages(host: String, fields: String, status: Int) async throws {
    let server = try await T { $0.hosts = ["watch.example"] }
    let request = T.post(T.call("health"), fields).replacing("Host: localhost", with: "Host: \(host)")
    #expect(try await server.ask(request).first?.status == status)
    await server.stop()
  }

  @Test func linksFromOtherSitesAreFollowed() async throws {
    let server = try await T()
    #expect(try await server.ask(T.get("/", "Sec-Fetch-Site: cross-site\r\n")).first?.status == 200)
    #expect(try await server.ask(T.get("/", "Origin: http://evil.example\r\n")).first?.status == 403)
    await server.stop()
  }

  /// Address, tokens, proxy: whether it begins.
  static let listeners: [(String, Bool, Bool, Bool)] = [
    ("127.0.0.1", false, false, true), ("0.0.0.0", false, false, false), ("0.0.0.0", false, true, false),
    ("0.0.0.0", true, false, false), ("localhost", false, false, true),
  ]

  @Test(arguments: listeners)
  func beyondLoopback(address: String, hasTokens: Bool, proxy: Bool, begins: Bool) async throws {
    let tokens = hasTokens ? try TokenTable(parsing: Self.file) : nil
    let change = { (configuration: inout HTTPServerConfiguration) in
      configuration.address = address
      configuration.tokens = tokens
      configuration.isBehindProxy = proxy
    }
    if begins {
      let server = try await T(change)
      await server.stop()
    } else {
      await #expect(throws: HTTPServer.Failure.self) { _ = try await T(change) }
    }
  }

  @Test func aBusyPortIsNamed() async throws {
    let server = try await T()
    let port = server.port
    await #expect {
      _ = try await T { $0.port = port }
    } throws: { error in
      "\(error)".contains("127.0.0.1:\(port)")
    }
    await server.stop()
  }
}
