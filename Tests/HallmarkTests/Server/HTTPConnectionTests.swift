import Foundation
import JSON
import JSONRPC
import NIOCore
import NIOPosix
import Synchronization
import Testing

@testable import Hallmark

// One after the other: several of them tell by the order of things, which a busy machine blurs.
@Suite(.serialized) struct HTTPConnectionTests {
  typealias T = TestServer

  // MARK: Order

  @Test func pipelinedAnswersComeInOrderThoughOneIsSlow() async throws {
    let server = try await T()
    let requests = [
      T.post(T.call("health", id: "1")), T.post(T.call("slow", "[300]", id: "2")), T.get("/"),
      T.post(T.call("slow", "[1]", id: "3")), T.post(T.call("checkDomain", "[\"a\"]", id: "4")), T.get("/stream"),
    ]
    let answers = try await server.ask(requests.joined(), answers: 6)
    #expect(answers.count == 6)
    let ids = answers.map { try? JSONValue(parsing: $0.body)["id"]?.integerValue }
    #expect(ids == [1, 2, nil, 3, 4, nil])
    #expect(answers.map { $0.body.prefix(5) }[2] == "hello")
    await server.stop()
  }

  @Test func thousandsOfPipelinedRequests() async throws {
    let server = try await T()
    let port = server.port
    let count = 5000
    let bodies = try await offPool {
      let client = try Socket(port: port, receiveBuffer: 4096)
      let requests = (0..<count).map { T.post(T.call("checkDomain", "[\"a\"]", id: "\($0)")) }.joined()
      let sender = client.sender()
      Thread.detachNewThread { sender(requests) }
      // Nothing is read at first: the server has to stop reading, and to go on.
      usleep(500_000)
      return (0..<count).map { _ in client.response()?.body ?? "" }
    }
    #expect(bodies.enumerated().allSatisfy { $1.hasSuffix(",\"id\":\($0)}") })
    await server.stop()
  }

  @Test func aSlowCallHoldsNobodyElse() async throws {
    let server = try await T()
    let isSlowDone = Mutex(false)
    async let slow = {
      let answers = try await server.ask(T.post(T.call("slow", "[4000]")))
      isSlowDone.withLock { $0 = true }
      return answers.first?.status
    }()
    let quick = try await server.ask(T.post(T.call("health")))
    #expect(quick.first?.status == 200)
    #expect(!isSlowDone.withLock { $0 })
    #expect(try await slow == 200)
    await server.stop()
  }

  // MARK: Shapes by which requests are smuggled: 400, and the connection is closed

  static let smuggled = [
    "Content-Length: 2\r\nContent-Length: 2\r\n\r\n{}", "Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}",
    "Content-Length: 2, 2\r\n\r\n{}", "Content-Length: +2\r\n\r\n{}", "Content-Length: 0x2\r\n\r\n{}",
    "Content-Length: 99999999999999999999\r\n\r\n{}", "Content-Length: -1\r\n\r\n{}",
    "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n",
    "Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n", "Content-Length : 2\r\n\r\n{}",
    "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n", "Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n",
    "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", "Transfer-Encoding:\u{b}chunked\r\n\r\n0\r\n\r\n",
    "X: y\n\r\n", "X: y\nContent-Length: 2\r\n\r\n{}", "Content-Length: 2\n\n{}",
    "X: a\r\n b\r\nContent-Length: 2\r\n\r\n{}",
    "X: a\r\n\tb\r\n\r\n", " X: y\r\n\r\n", "X\u{0}: y\r\n\r\n", "X: a\u{0}b\r\n\r\n", "X: a\rb\r\n\r\n", ": y\r\n\r\n",
    "X y\r\n\r\n",
    "Transfer-Encoding: chunked\r\n\r\n2\n{}\r\n0\r\n\r\n", "Transfer-Encoding: chunked\r\n\r\n2 ;x\r\n{}\r\n0\r\n\r\n",
    "Transfer-Encoding: chunked\r\n\r\n-2\r\n{}\r\n0\r\n\r\n",
    "Transfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\n{}",
    "Transfer-Encoding: chunked\r\n\r\n2\r\n{}X\r\n0\r\n\r\n", "Host: other\r\nContent-Length: 2\r\n\r\n{}",
  ]

  @Test(arguments: smuggled)
  func isRefused(rest: String) async throws {
    let server = try await T()
    let head = "POST /rpc HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
    let (text, isClosed) = try await server.exhaust(head + rest + T.get("/smuggled"))
    #expect(
      text.hasPrefix("HTTP/1.1 400 ") || text.hasPrefix("HTTP/1.1 501 "), "\(rest.debugDescription): \(text.prefix(60))"
    )
    #expect(isClosed)
    #expect(text.components(separatedBy: "HTTP/1.1 ").count == 2, "the rest was taken for a request")
    await server.stop()
  }

  static let firstLines = [
    "GET / HTTP/1.1\nHost: localhost\r\n\r\n", "GET /\r\n\r\n",
    "GET / HTTP/1.1 \r\nHost: localhost\r\n\r\n", "get / HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "GET / http/1.1\r\nHost: localhost\r\n\r\n", "\u{16}\u{3}\u{1}\u{2}\u{0}\u{1}",
    "GET x HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "CONNECT a:1 HTTP/1.1\r\nHost: localhost\r\n\r\n", "GET / HTTP/1.1\r\nHost: localhost\r\nHost: localhost\r\n\r\n",
    "GET / HTTP/1.1\r\nHost:\r\n\r\n", "GET / HTTP/1.1\r\nHost: :80\r\n\r\n",
    "GET / HTTP/1.1\r\nHost: localhost x\r\n\r\n", "GET / HTTP/1.1\r\nHost: localhost/x\r\n\r\n",
    "GET / HTTP/1.1\r\nHost: x@localhost\r\n\r\n", "GET / HTTP/1.1\r\nHost: localhost:80:x\r\n\r\n",
    "GET / HTTP/1.1\r\nHost: localhost:x\r\n\r\n", "GET / HTTP/1.1\r\nHost: [::1].x\r\n\r\n",
    "GET / HTTP/1.1\r\nHost: [::1\r\n\r\n", "GET / HTTP/1.1\r\nHost: [x]\r\n\r\n",
    "GET http://localhost/ HTTP/1.1\r\nHost: localhost x\r\n\r\n",
  ]

  @Test(arguments: firstLines)
  func isNoRequest(text: String) async throws {
    let server = try await T()
    let (answer, isClosed) = try await server.exhaust(text)
    #expect(
      answer.hasPrefix("HTTP/1.1 400 ") || answer.hasPrefix("HTTP/1.1 505 "),
      "\(text.debugDescription): \(answer.prefix(60))")
    #expect(isClosed)
    await server.stop()
  }

  @Test func whatCameBeforeAnErrorIsAnswered() async throws {
    let server = try await T()
    let (text, isClosed) = try await server.exhaust(T.post(T.call("slow", "[200]")) + T.get("/") + "nonsense\r\n\r\n")
    let statuses = text.components(separatedBy: "HTTP/1.1 ").dropFirst().map { $0.prefix(3) }
    #expect(statuses == ["200", "200", "400"] && isClosed)
    await server.stop()
  }

  @Test func upgradesAreIgnoredAndTheConnectionIsClosed() async throws {
    let server = try await T()
    let fields = "Upgrade: h2c\r\nConnection: Upgrade\r\n"
    let (text, isClosed) = try await server.exhaust(T.post(T.call("health"), fields))
    #expect(text.hasPrefix("HTTP/1.1 200 ") && text.contains("SERVING") && isClosed)
    await server.stop()
  }

  // MARK: Keeping alive, closing, time

  @Test func connectionsCloseWhenTold() async throws {
    let server = try await T { $0.limits.requestsOfConnection = 2 }
    for text in [
      T.get("/", "Connection: close\r\n"), "GET / HTTP/1.0\r\n\r\n", T.get("/") + T.get("/") + T.get("/"),
    ] {
      let (answer, isClosed) = try await server.exhaust(text)
      #expect(isClosed && answer.contains("Connection: close\r\n"))
      #expect(answer.components(separatedBy: "HTTP/1.1 200").count <= 3)
    }
    let old = try await server.ask("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
    #expect(old.first?.headers["connection"] == "keep-alive")
    await server.stop()
  }

  /// Limits, what is sent, the status (0: closed without a word).
  static let dawdlers: [(String, Int)] = [
    ("", 0), ("GET / HTTP/1.1\r\nHost: loc", 0), (T.get("/"), 200), (T.get("/") + "GET", 200),
    (String(T.post(T.call("health")).dropLast(3)), 408),
  ]

  @Test(arguments: dawdlers)
  func dawdlersAreDropped(text: String, status: Int) async throws {
    let server = try await T {
      $0.limits.firstHead = .seconds(2)
      $0.limits.idle = .seconds(2)
      $0.limits.bodyArrival = .seconds(2)
    }
    let (answer, isClosed) = try await server.exhaust(text)
    #expect(isClosed)
    #expect(status == 0 ? answer.isEmpty : answer.hasPrefix("HTTP/1.1 \(status) "), "\(answer)")
    await server.stop()
  }

  @Test func aHalfClosedPeerStillGetsWhatIsThereAtOnce() async throws {
    let server = try await T()
    let port = server.port
    let answer = try await offPool {
      let client = try Socket(port: port)
      client.send(T.post(T.call("checkDomain", "[\"a\"]")))
      client.finishSending()
      return client.readAll()
    }
    #expect(answer.hasPrefix("HTTP/1.1 200 ") && answer.hasSuffix("\"id\":1}"))
    await server.stop()
  }

  /// The end of the stream is read together with the request that it cuts off, so that it is told before the answer is sent.
  @Test func aPeerThatEndsWithinABodyStillGetsTheRefusal() async throws {
    let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
    let server = try await T(group: group)
    let port = server.port
    let request = T.post("{}").replacing("Content-Length: 2", with: "Content-Length: 9999999999")
    let answer = try await offPool {
      let held = DispatchSemaphore(value: 0)
      group.next().execute { held.wait() }
      let client = try Socket(port: port)
      client.send(request)
      client.finishSending()
      held.signal()
      return client.readAll()
    }
    #expect(answer.hasPrefix("HTTP/1.1 413 "))
    await server.stop()
    try await group.shutdownGracefully()
  }

  @Test func workForAPeerThatIsGoneIsCancelled() async throws {
    let server = try await T()
    for request in [T.post(T.call("slow", "[30000]")), T.get("/slow")] {
      let before = server.probe.cancelled.load(ordering: .relaxed)
      let port = server.port
      try await offPool {
        let client = try Socket(port: port)
        client.send(request)
        usleep(200_000)
      }
      for _ in 0..<1500 where server.probe.cancelled.load(ordering: .relaxed) == before {
        try await Task.sleep(for: .milliseconds(20))
      }
      #expect(server.probe.cancelled.load(ordering: .relaxed) == before + 1)
    }
    await server.stop()
  }

  @Test func deadlines() async throws {
    let server = try await T()
    let start = ContinuousClock.now
    let batch = "[\(T.call("slow", "[30000]", id: "1")),\(T.call("health", id: "2"))]"
    let answers = try await server.ask(T.post(batch, "grpc-timeout: 200m\r\n") + T.get("/"), answers: 2)
    let results = try JSONValue(parsing: answers.first?.body ?? "")
    #expect(results[0]?["error"]?["code"] == -32004 && results[1]?["result"] != nil)
    #expect(answers.last?.status == 200)
    let route = try await server.ask(T.get("/slow", "grpc-timeout: 100000u\r\n") + T.get("/"), answers: 2)
    #expect(route.map(\.status) == [504, 200])
    let passed = try await server.ask(T.post(T.call("slow", "[30000]"), "grpc-timeout: 0S\r\n"))
    #expect(passed.first?.body.contains("-32004") == true)
    #expect(ContinuousClock.now - start < .seconds(120))
    await server.stop()
  }

  // MARK: Too many

  @Test func tooManyConnections() async throws {
    let server = try await T { $0.limits.connections = 1 }
    let port = server.port
    let statuses = try await offPool {
      let first = try Socket(port: port)
      first.send(T.get("/"))
      let served = first.response()?.status
      let refused = try Socket(port: port).response()
      first.send(T.get("/"))
      return [served, refused?.status, refused?.headers["retry-after"].flatMap(Int.init), first.response()?.status]
    }
    #expect(statuses == [200, 503, 1, 200])
    await server.stop()
  }

  @Test(arguments: [(1, 500, 503), (2000, 1, 429)])
  func tooManyThatWait(waiting: Int, ofOne: Int, status: Int) async throws {
    let server = try await T {
      $0.limits.waiting = waiting
      $0.limits.waitingOfOne = ofOne
    }
    async let first = server.ask(T.post(T.call("slow", "[6000]")))
    while server.probe.started.load(ordering: .relaxed) == 0 { try await Task.sleep(for: .milliseconds(10)) }
    let second = try await server.ask(T.post(T.call("slow", "[1]")) + T.post(T.call("health")), answers: 2)
    #expect(second.map(\.status) == [status, 200])
    #expect(try await first.map(\.status) == [200])
    #expect(try await server.ask(T.post(T.call("slow", "[1]"))).map(\.status) == [200])
    await server.stop()
  }

  // MARK: Draining

  @Test func drainingFinishesWhatRuns() async throws {
    let server = try await T()
    async let running = server.ask(T.post(T.call("slow", "[5000]")))
    async let idle = server.exhaust(T.get("/"))
    while server.probe.started.load(ordering: .relaxed) == 0 { try await Task.sleep(for: .milliseconds(10)) }
    try await Task.sleep(for: .milliseconds(200))
    let start = ContinuousClock.now
    await server.server.shutdown(within: .seconds(60))
    #expect(ContinuousClock.now - start < .seconds(120))
    #expect(try await running.first?.status == 200)
    #expect(try await running.first?.headers["connection"] == "close")
    #expect(try await idle.isClosed)
    #expect(server.server.connections == 0)
  }

  @Test func drainingCutsOffWhatTakesTooLong() async throws {
    let server = try await T()
    async let running = server.exhaust(T.post(T.call("slow", "[30000]")))
    while server.probe.started.load(ordering: .relaxed) == 0 { try await Task.sleep(for: .milliseconds(10)) }
    await server.server.shutdown(within: .milliseconds(300))
    #expect(try await running.isClosed)
    #expect(server.server.connections == 0)
  }
}
