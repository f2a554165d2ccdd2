import JSON
import Testing

@testable import Hallmark

/// Requests behind others with the same head, which is then not read again: they must be answered as if it were.
@Suite(.serialized) struct RepeatedHeadTests {
  typealias T = TestServer

  /// How a row of requests is cut up on its way.
  static let cuts: [@Sendable (String) -> [String]] = [
    { [$0] },
    { $0.map { String($0) } },
    { text in
      stride(from: 0, to: text.utf8.count, by: 7).map { start in
        String(decoding: Array(text.utf8)[start..<min(start + 7, text.utf8.count)], as: UTF8.self)
      }
    },
    // The head and the body apart, as many clients send them.
    {
      $0.split(separator: "{\"json", omittingEmptySubsequences: false).enumerated().map {
        ($0 > 0 ? "{\"json" : "") + $1
      }
    },
    // A request and a half at a time.
    { text in
      let step = text.utf8.count / 40 * 3 / 2
      return stride(from: 0, to: text.utf8.count, by: step).map { start in
        String(decoding: Array(text.utf8)[start..<min(start + step, text.utf8.count)], as: UTF8.self)
      }
    },
  ]

  @Test(arguments: cuts.indices)
  func bodiesOfEachLengthAreAnsweredInOrder(cut: Int) async throws {
    let server = try await T()
    // Ids of one to twenty digits, so that the length has two and three.
    let ids = (0..<40).map { String(repeating: "7", count: 1 + $0 % 18) }
    let requests = ids.map { T.post(T.call("checkDomain", "[\"a\"]", id: $0)) }
    let port = server.port
    let pieces = Self.cuts[cut](requests.joined())
    let answers = try await offPool {
      let client = try Socket(port: port)
      // The first alone, so that its head is known to the rest.
      client.send(requests[0])
      let first = client.response()
      for piece in pieces { client.send(piece) }
      return [first] + ids.map { _ in client.response() }
    }
    let expected = ([ids[0]] + ids).map { "{\"jsonrpc\":\"2.0\",\"result\":\(T.record),\"id\":\($0)}" }
    #expect(answers.map { $0?.body } == expected)
    #expect(Set(answers.compactMap { $0?.headers["x-request-id"] }).count == expected.count)
    await server.stop()
  }

  /// What comes behind a call with the head `POST /rpc HTTP/1.1`, Host, Content-Type and Content-Length, and how it is answered on a
  /// connection of its own.
  static let followers =
    HTTPConnectionTests.smuggled.map {
      "POST /rpc HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n" + $0
    }
    + HTTPConnectionTests.firstLines
    + [
      T.post("{}", "Origin: http://evil.example\r\n"), T.post("{}", "Content-Encoding: gzip\r\n"),
      T.post("{}", "Transfer-Encoding: chunked\r\n"), T.post("{}", "Expect: 100-continues\r\n"),
      T.post("{}").replacing("localhost", with: "evil.example"),
      T.post("{}").replacing("application/json", with: "text/plain"),
      T.post("{}").replacing("Content-Length: 2", with: "Content-Length: 02"),
      T.post("{}").replacing("Content-Length: 2", with: "Content-Length: "),
      T.post("{}").replacing("Content-Length: 2", with: "Content-Length: 2 "),
      T.post("{}").replacing("Content-Length: 2", with: "Content-Length: 2,2"),
      T.post("{}").replacing("Content-Length: 2", with: "Content-Length: 2\r\nContent-Length: 2"),
      T.post("{}").replacing("Content-Length: 2", with: "Content-Length: 1048577"),
      T.post("{}").replacing("Content-Length: 2", with: "Content-Length: 9999999999"),
      T.post("{}").replacing("Content-Length: 2", with: "Content-Length: 0"),
      T.post("{}").replacing("POST", with: "PUT"), T.post("{}").replacing("HTTP/1.1", with: "HTTP/1.0"),
      T.post("{}").replacing("Content-Length", with: "content-length"), "\r\n" + T.post("{}"),
      T.post("nonsense"), T.post("[]"), T.get("/"), T.get("/", method: "HEAD"),
    ]

  @Test(arguments: followers)
  func whatDiffersIsReadAnew(text: String) async throws {
    let server = try await T()
    let port = server.port
    let first = T.post(T.call("checkDomain", "[\"a\"]"))
    let (alone, behind) = try await offPool {
      let fresh = try Socket(port: port)
      fresh.send(text)
      fresh.finishSending()
      let alone = fresh.readAll()
      let warm = try Socket(port: port)
      for _ in 0..<2 {
        warm.send(first)
        _ = warm.response()
      }
      warm.send(text)
      warm.finishSending()
      return (alone, warm.readAll())
    }
    #expect(Self.withoutMoment(behind) == Self.withoutMoment(alone))
    await server.stop()
  }

  /// Without the date and the request's id.
  private static func withoutMoment(_ text: String) -> String {
    text.split(separator: "\r\n", omittingEmptySubsequences: false)
      .filter { !$0.hasPrefix("Date: ") && !$0.hasPrefix("X-Request-Id: ") }.joined(separator: "\r\n")
  }

  @Test func aTokenThatIsTakenBackCountsNoMore() async throws {
    let tokens = try TokenTable(parsing: TokenTable.line(for: "old", name: "n", role: .reader))
    let server = try await T { $0.tokens = tokens }
    let port = server.port
    let request = T.post(T.call("checkDomain", "[\"a\"]"), "Authorization: Bearer old\r\n")
    let other = try TokenTable(parsing: TokenTable.line(for: "new", name: "n", role: .reader))
    let listener = server.server
    let statuses = try await offPool {
      let client = try Socket(port: port)
      client.send(request + request)
      let before = [client.response()?.status, client.response()?.status]
      listener.replaceTokens(other)
      client.send(request)
      return before + [client.response()?.status]
    }
    #expect(statuses == [200, 200, 401])
    await server.stop()
  }

  @Test func aDeadlineIsCountedAnew() async throws {
    let server = try await T()
    let port = server.port
    let quick = T.post(T.call("health"), "grpc-timeout: 200m\r\n")
    let slow = T.post(T.call("slow", "[30000]"), "grpc-timeout: 200m\r\n")
    let bodies = try await offPool {
      let client = try Socket(port: port)
      return [quick, quick, slow, slow, quick].map { request in
        client.send(request)
        return client.response()?.body ?? ""
      }
    }
    #expect(bodies.map { $0.contains("DEADLINE_EXCEEDED") } == [false, false, true, true, false])
    await server.stop()
  }

  @Test func slowOnesAmongThemKeepTheOrder() async throws {
    let server = try await T()
    let calls = (1...30).map { number in
      number % 7 == 0 ? T.call("slow", "[20]", id: "\(number)") : T.call("checkDomain", "[\"a\"]", id: "\(number)")
    }
    let port = server.port
    let ids = try await offPool {
      let client = try Socket(port: port)
      client.send(T.post(T.call("health", id: "0")))
      _ = client.response()
      client.send(calls.map { T.post($0) }.joined())
      return calls.map { _ in client.response().flatMap { try? JSONValue(parsing: $0.body)["id"]?.integerValue } }
    }
    #expect(ids == (1...30).map { Int64($0) })
    await server.stop()
  }

  @Test func aConnectionEndsAfterItsLastRequest() async throws {
    let server = try await T { $0.limits.requestsOfConnection = 5 }
    let request = T.post(T.call("health"))
    let (text, isClosed) = try await server.exhaust(String(repeating: request, count: 9))
    #expect(isClosed && text.components(separatedBy: "HTTP/1.1 200 ").count == 6)
    await server.stop()
  }
}
