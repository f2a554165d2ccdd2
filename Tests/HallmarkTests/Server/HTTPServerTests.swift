import Foundation
import JSON
import JSONRPC
import NIOCore
import Testing

@testable import Hallmark

@Suite struct HTTPServerTests {
  typealias T = TestServer

  // MARK: What an answer is

  @Test func callsAreAnsweredWithTheStoredBytes() async throws {
    let server = try await T()
    let answers = try await server.ask(T.post(T.call("checkDomain", "[\"example.gov.uk\"]")))
    let answer = try #require(answers.first)
    #expect(answer.status == 200)
    #expect(answer.body == "{\"jsonrpc\":\"2.0\",\"result\":\(T.record),\"id\":1}")
    #expect(answer.headers["content-type"] == "application/json")
    for name in ["date", "x-request-id", "x-content-type-options", "content-security-policy", "referrer-policy"] {
      #expect(answer.headers[name]?.isEmpty == false, "\(name)")
    }
    await server.stop()
    let records = server.probe.records.withLock { $0 }
    #expect(records.map(\.status) == [200] && records.map(\.path) == ["/rpc"])
    #expect(records.first?.requestID == answer.headers["x-request-id"])
  }

  /// Compared as text such a target would take time with the square of its marks. The parser of heads refuses whatever is not
  /// ASCII, and the target would be refused behind it.
  @Test func targetsThatPileUpMarksAreRefused() async throws {
    let piled = "/" + String(repeating: "\u{301}\u{316}", count: 1_000)
    #expect(RequestTarget(piled) == nil)
    #expect(RequestTarget("/rpc")?.path == "/rpc" && RequestTarget("/rpc?a=b")?.rawQuery == "a=b")
    let server = try await T()
    let answers = try await server.ask(T.get(piled))
    #expect(answers.map(\.status) == [400])
    await server.stop()
  }

  static let notification = "{\"jsonrpc\":\"2.0\",\"method\":\"health\"}"
  static let big = "\"" + String(repeating: "x", count: 1 << 20) + "\""

  /// Request, status, and a field that the answer has to carry.
  static let statuses: [(String, Int, String?)] = [
    (T.post(notification), 204, nil), (T.post("[\(notification),\(notification)]"), 204, nil),
    (T.post("nonsense"), 200, nil),
    (T.get("/rpc"), 405, "allow: POST"), (T.get("/", method: "DELETE"), 405, "allow: GET, HEAD"),
    (T.get("/nothing"), 404, nil),
    (T.get("/pairs/a"), 404, nil), (T.get("/pairs/%zz/b"), 400, nil), (T.get("/pairs/a/b?q=%"), 400, nil),
    ("POST /rpc HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n\r\n{}", 415, nil),
    ("POST /rpc HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\n\r\n{}", 415, nil),
    (
      "POST /rpc HTTP/1.1\r\nHost: localhost\r\nContent-Type: Application/JSON; charset=utf-8\r\n"
        + "Content-Length: 2\r\n\r\n{}",
      200, nil
    ),
    (T.post("{}", "Content-Encoding: gzip\r\n"), 415, nil), (T.post(big), 413, nil),
    (T.post("{}", "Expect: the-unexpected\r\n"), 417, nil), (T.post("{}", "grpc-timeout: 5\r\n"), 400, nil),
    (T.post("{}", "grpc-timeout: 123456789S\r\n"), 400, nil), (T.post("{}", "grpc-timeout: 99999999H\r\n"), 200, nil),
    ("GET / HTTP/1.1\r\n\r\n", 400, nil), ("GET / HTTP/1.0\r\n\r\n", 200, nil), ("GET / HTTP/3.0\r\n\r\n", 505, nil),
    ("GET http://localhost:8460/pairs/a/b HTTP/1.1\r\nHost: elsewhere.example\r\n\r\n", 200, nil),
    (T.get("/", "X-Long: " + String(repeating: "x", count: 20_000) + "\r\n"), 431, nil),
    (T.get("/", (0..<200).map { "X-\($0): y\r\n" }.joined()), 431, nil),
    (T.get("/" + String(repeating: "x", count: 40_000)), 431, nil),
  ]

  @Test func noTwoRequestsHaveOneID() async throws {
    let server = try await T()
    let port = server.port
    let count = 1500
    let identifiers = try await withThrowingTaskGroup(of: [String].self) { group in
      // Connections for more than one event loop, and more requests than a loop takes numbers at once.
      for _ in 0..<2 * System.coreCount {
        group.addTask {
          try await offPool {
            let client = try Socket(port: port)
            var identifiers: [String] = []
            for _ in 0..<count / 100 {
              client.send(String(repeating: T.get("/nothing"), count: 100))
              for _ in 0..<100 { identifiers.append(client.response()?.headers["x-request-id"] ?? "") }
            }
            return identifiers
          }
        }
      }
      return try await group.reduce(into: []) { $0 += $1 }
    }
    #expect(identifiers.count == 2 * System.coreCount * count)
    #expect(Set(identifiers).count == identifiers.count && !identifiers.contains(""))
    await server.stop()
  }

  @Test(arguments: statuses)
  func status(request: String, status: Int, field: String?) async throws {
    let server = try await T()
    let answer = try #require(try await server.ask(request).first, "\(request.prefix(200))")
    #expect(answer.status == status, "\(request.prefix(200)): \(answer.body)")
    if let field {
      let parts = field.split(separator: ":", maxSplits: 1)
      #expect(answer.headers[String(parts[0])] == String(parts[1].trimmingPrefix(" ")))
    }
    if status >= 400 { #expect(answer.body.count > 10) }
    await server.stop()
  }

  @Test func pathsAndQueriesAreDecoded() async throws {
    let server = try await T()
    let answers = try await server.ask(T.get("/pairs/b%C3%BCcher.example/b%2Fc?x=1&q=a+b%26c&y"))
    #expect(answers.first?.body == "b\u{fc}cher.example>b/c?a b&c")
    await server.stop()
  }

  // MARK: Bodies

  @Test func chunksAndPieces() async throws {
    let server = try await T()
    let body = T.call("health")
    let head =
      "POST /rpc HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
    let half = body.index(body.startIndex, offsetBy: 10)
    let chunks = [body[..<half], body[half...]].map { "\(String($0.utf8.count, radix: 16))\r\n\($0)\r\n" }
    let pieces = head + chunks.joined() + "0\r\nX-Trailer: y\r\n\r\n"
    let port = server.port
    let answers = try await offPool {
      let client = try Socket(port: port)
      for byte in pieces.utf8 { client.send([byte]) }
      client.send(T.get("/"))
      return [client.response(), client.response()]
    }
    #expect(answers.map { $0?.status } == [200, 200])
    #expect(answers[0]?.body == "{\"jsonrpc\":\"2.0\",\"result\":{\"status\":\"SERVING\"},\"id\":1}")
    await server.stop()
  }

  @Test func tooMuchIsRefusedByItsLengthAndWhileItComes() async throws {
    let server = try await T { $0.limits.body = 1000 }
    let head = "POST /rpc HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
    let announced = try await server.ask(head + "Content-Length: 1001\r\n\r\n")
    #expect(announced.map(\.status) == [413])
    #expect(announced.first?.headers["connection"] == "close")
    let chunk = "1f4\r\n" + String(repeating: "x", count: 500) + "\r\n"
    let streamed = try await server.ask(head + "Transfer-Encoding: chunked\r\n\r\n" + chunk + chunk + chunk)
    #expect(streamed.map(\.status) == [413])
    let enough = try await server.ask(T.post(String(repeating: " ", count: 1000)))
    #expect(enough.map(\.status) == [200])
    await server.stop()
  }

  @Test func theLargestBodyIsParsed() async throws {
    let server = try await T()
    let padding = String(repeating: " ", count: (1 << 20) - T.call("health").utf8.count)
    let answers = try await server.ask(T.post(T.call("health") + padding), T.get("/"), answers: 2)
    #expect(answers.map(\.status) == [200, 200])
    #expect(answers.first?.body.contains("SERVING") == true)
    await server.stop()
  }

  @Test func continueIsSaidBeforeTheBodyOrNotAtAll() async throws {
    let server = try await T()
    let port = server.port
    let body = T.call("health")
    let head = "POST /rpc HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nExpect: 100-continue\r\n"
    let statuses = try await offPool {
      let client = try Socket(port: port)
      client.send(head + "Content-Length: \(body.utf8.count)\r\n\r\n")
      let interim = client.response()?.status
      client.send(body)
      let final = client.response()?.status
      let refused = try Socket(port: port)
      refused.send(head + "Content-Length: 9999999\r\n\r\n")
      return [interim, final, refused.response()?.status]
    }
    #expect(statuses == [100, 200, 413])
    // RFC 9110 section 10.1.1: who speaks HTTP/1.0 does not know the interim answer.
    let old = head.replacing("HTTP/1.1", with: "HTTP/1.0") + "Content-Length: \(body.utf8.count)\r\n\r\n" + body
    #expect(try await server.ask(old).first?.status == 200)
    await server.stop()
  }

  // MARK: HEAD, conditions, streams

  @Test func headHasTheFieldsAndNoBody() async throws {
    let server = try await T()
    for path in ["/", "/tagged", "/stream", "/nothing", "/rpc"] {
      let answers = try await server.ask(T.get(path, method: "HEAD") + T.get("/"), answers: 2, hasBody: false)
      #expect(answers.count == 2, "\(path): something stood between the answers")
      #expect(answers.last?.status == 200)
    }
    #expect(try await server.ask(T.get("/", method: "HEAD"), hasBody: false).first?.headers["content-length"] == "5")
    await server.stop()
  }

  static let conditions: [(String, Int)] = [
    ("", 200), ("If-None-Match: \"v1\"\r\n", 304), ("If-None-Match: W/\"v1\"\r\n", 304), ("If-None-Match: *\r\n", 304),
    ("If-None-Match: \"v0\", \"v1\"\r\n", 304), ("If-None-Match: \"v0\"\r\nIf-None-Match: \"v1\"\r\n", 304),
    ("If-None-Match: \"v0\"\r\n", 200), ("If-None-Match: v1\r\n", 200),
    ("If-Modified-Since: Tue, 24 Nov 2026 20:12:33 GMT\r\n", 304),
    ("If-Modified-Since: Tue, 24 Nov 2026 20:12:32 GMT\r\n", 200),
    ("If-Modified-Since: Tue, 24 Nov 2026 20:12:34 GMT\r\n", 304),
    ("If-Modified-Since: Tuesday, 24-Nov-26 20:12:33 GMT\r\n", 304), ("If-Modified-Since: today\r\n", 200),
    ("If-None-Match: \"v0\"\r\nIf-Modified-Since: Tue, 24 Nov 2026 20:12:33 GMT\r\n", 200),
  ]

  @Test(arguments: conditions)
  func conditional(fields: String, status: Int) async throws {
    let server = try await T()
    let answers = try await server.ask(T.get("/tagged", fields) + T.get("/"), answers: 2)
    #expect(answers.map(\.status) == [status, 200])
    #expect(answers[0].headers["etag"] == "\"v1\"" && answers[0].headers["cache-control"] == "max-age=60")
    #expect(answers[0].body == (status == 200 ? "whole" : ""))
    await server.stop()
  }

  @Test func streams() async throws {
    let server = try await T()
    let answers = try await server.ask(T.get("/stream?pieces=3") + T.get("/"), answers: 2)
    #expect(answers.map(\.body) == ["piece 0\npiece 1\npiece 2\n", "hello"])
    let old = try await server.exhaust("GET /stream?pieces=2 HTTP/1.0\r\n\r\n")
    #expect(old.isClosed && old.text.hasSuffix("\r\n\r\npiece 0\npiece 1\n"))
    let broken = try await server.exhaust(T.get("/stream?pieces=1&break"))
    #expect(broken.isClosed && !broken.text.hasSuffix("0\r\n\r\n"))
    await server.stop()
  }

  @Test func streamsWaitForTheirReader() async throws {
    let server = try await T { $0.limits.stalledWrite = .seconds(1) }
    let (port, probe) = (server.port, server.probe)
    let isDropped = try await offPool {
      let client = try Socket(port: port, receiveBuffer: 4096)
      client.send(T.get("/stream?pieces=2000&big"))
      _ = client.read(count: 1)
      var patience = 600
      while server.server.connections > 0, patience > 0 {
        usleep(100_000)
        patience -= 1
      }
      return patience > 0
    }
    #expect(isDropped, "a peer that takes nothing is dropped")
    // 128 MB do not fit into any socket's buffers.
    #expect((1..<1000).contains(probe.written.load(ordering: .relaxed)))
    await server.stop()
  }

  @Test func valuesCannotBeginFields() async throws {
    let server = try await T()
    let answers = try await server.ask(T.get("/split"))
    #expect(answers.first?.headers["x-remote"] == "a  Set-Cookie: b")
    #expect(answers.first?.headers["set-cookie"] == nil)
    await server.stop()
  }
}
