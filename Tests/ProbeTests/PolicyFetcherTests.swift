import DNS
import Foundation
import NIOPosix
import Posture
import Testing

@testable import Probe

@Suite(.serialized) struct PolicyFetcherTests {
  static let host = "mta-sts.example.com"
  static let policy = "version: STSv1\r\nmode: enforce\r\nmx: mx.example.com\r\nmax_age: 86400\r\n"

  let prober: Prober

  init() throws { prober = try Prober() }

  private func fetch(
    _ port: UInt16, addresses: [String] = ["127.0.0.1"], timeout: Duration = .seconds(10),
    clock: @escaping @Sendable () -> Timestamp = Prober.now, policy: AddressPolicy? = nil
  ) async throws -> PolicyFetch.Outcome {
    try await whole(port, addresses: addresses, timeout: timeout, clock: clock, policy: policy).outcome
  }

  private func whole(
    _ port: UInt16, addresses: [String] = ["127.0.0.1"], timeout: Duration = .seconds(10),
    clock: @escaping @Sendable () -> Timestamp = Prober.now, policy: AddressPolicy? = nil
  ) async throws -> PolicyFetch {
    let fetcher = try PolicyFetcher(
      group: MultiThreadedEventLoopGroup.singleton, trust: prober.trust, addresses: try policy ?? Prober.loopback(),
      port: port,
      timeout: timeout, clock: clock)
    let host = try #require(DomainName(Self.host))
    return await fetcher.fetch(PolicyFetchKey(host: host, addresses: addresses.compactMap { IPAddress($0) }))
  }

  struct Answer: CustomTestStringConvertible, Sendable {
    let name: String
    let steps: [String]
    var status: Int?
    var type: String?
    var body: String?
    var kind: PolicyFetch.Failure.Kind?
    var timeout = Duration.seconds(10)
    var options: [String] = []
    var testDescription: String { name }
  }

  static func octets(_ text: String) -> String { "X " + text.utf8.map { String(format: "%02x", $0) }.joined() }

  static let ask = ["TLS", "HEADERS"]
  static let answers: [Answer] = [
    Answer(
      name: "with a length",
      steps: ask + [
        "S HTTP/1.1 200 OK", "S Content-Type: text/plain", "S Content-Length: \(policy.utf8.count)", "S ",
        octets(policy), "HOLD",
      ],
      status: 200, type: "text/plain", body: policy),
    Answer(
      name: "chunked",
      steps: ask + ["S HTTP/1.1 200 OK", "S Transfer-Encoding: chunked", "S ", "S 5", "S hello", "S 0", "S ", "HOLD"],
      status: 200, body: "hello"),
    Answer(
      name: "without a length, ended well", steps: ask + ["S HTTP/1.1 200 OK", "S ", "S hello", "UNWRAP"], status: 200,
      body: "hello\r\n"),
    Answer(
      name: "without a length, cut", steps: ask + ["S HTTP/1.1 200 OK", "S ", "S hello", "CLOSE"], kind: .temporary),
    Answer(
      name: "cut short", steps: ask + ["S HTTP/1.1 200 OK", "S Content-Length: 100", "S ", "S hello", "UNWRAP"],
      kind: .invalid),
    Answer(
      name: "not found", steps: ask + ["S HTTP/1.1 404 Not Found", "S Content-Length: 0", "S ", "HOLD"], status: 404,
      body: ""),
    Answer(
      name: "a redirect is not followed",
      steps: ask + ["S HTTP/1.1 302 Found", "S Location: https://127.0.0.1/", "S Content-Length: 0", "S ", "HOLD"],
      status: 302, body: ""),
    Answer(
      name: "an interim answer",
      steps: ask + [
        "S HTTP/1.1 103 Early Hints", "S ", "S HTTP/1.1 200 OK", "S Content-Length: 2", "S ", "S ok", "HOLD",
      ],
      status: 200, body: "ok"),
    Answer(
      name: "too long by its length", steps: ask + ["S HTTP/1.1 200 OK", "S Content-Length: 70000", "S ", "ENDLESS x"],
      kind: .invalid),
    Answer(name: "endless body", steps: ask + ["S HTTP/1.1 200 OK", "S ", "ENDLESS x"], kind: .invalid),
    Answer(name: "endless header", steps: ask + ["S HTTP/1.1 200 OK", "ENDLESS X-A: b\\r\\n"], kind: .invalid),
    Answer(name: "endless header line", steps: ask + ["S HTTP/1.1 200 OK", "ENDLESS x"], kind: .invalid),
    Answer(name: "not HTTP", steps: ask + ["S 220 mx.example.com ESMTP", "HOLD"], kind: .invalid),
    Answer(name: "not TLS", steps: ["S HTTP/1.1 400 Bad Request", "S ", "HOLD"], kind: .invalid),
    Answer(name: "closes at once", steps: ["CLOSE"], kind: .temporary),
    Answer(name: "closes unanswered", steps: ask + ["UNWRAP"], kind: .temporary),
    Answer(name: "silent", steps: ["HOLD"], kind: .temporary, timeout: .milliseconds(300)),
    Answer(name: "silent behind TLS", steps: ask + ["HOLD"], kind: .temporary, timeout: .milliseconds(500)),
    Answer(name: "TLS 1.1", steps: ask + ["HOLD"], kind: .invalid, options: ["--max", "1.1"]),
  ]

  @Test(arguments: answers) func answer(_ answer: Answer) async throws {
    let peer = try Peer(answer.steps, credentials: try prober.credentials(Self.host), options: answer.options)
    let outcome = try await fetch(peer.port, timeout: answer.timeout)
    let heard = peer.end()
    switch outcome {
    case .response(let status, let type, let body):
      #expect(status == answer.status)
      #expect(type == answer.type)
      #expect(String(decoding: body, as: UTF8.self) == answer.body)
      #expect(heard.contains("heard GET /.well-known/mta-sts.txt HTTP/1.1"))
      #expect(heard.contains("heard Host: \(Self.host):\(peer.port)"))
    case .failure(let failure):
      #expect(failure.kind == answer.kind, "\(failure.reason)")
      #expect(answer.status == nil, "\(failure.reason)")
    }
  }

  private func failure(_ outcome: PolicyFetch.Outcome) -> PolicyFetch.Failure? {
    if case .failure(let failure) = outcome { failure } else { nil }
  }

  @Test func nothingIsAskedOfWhoCannotProveHimself() async throws {
    let wrong = try Peer(Self.ask + ["HOLD"], credentials: try prober.credentials("other.example.net"))
    #expect(failure(try await fetch(wrong.port))?.reason == "the host's certificate does not name mta-sts.example.com")
    #expect(!wrong.end().contains { $0.hasPrefix("heard") })
    let alone = try Peer(Self.ask + ["HOLD"], credentials: try prober.credentials(Self.host, sendsIntermediate: false))
    #expect(failure(try await fetch(alone.port))?.kind == .invalid)
    #expect(!alone.end().contains { $0.hasPrefix("heard") })
    let late = try Peer(Self.ask + ["HOLD"], credentials: try prober.credentials(Self.host))
    let expired = try await fetch(late.port, clock: { Prober.now() + 200 * 86_400 })
    #expect(failure(expired)?.reason.contains("expired") == true && failure(expired)?.kind == .invalid)
  }

  @Test("the end of the certificate that a policy came over is noted beside it, and of no other")
  func certificateEnd() async throws {
    let steps = Self.ask + ["S HTTP/1.1 200 OK", "S Content-Length: 2", "S ", "S ok", "HOLD"]
    let peer = try Peer(steps, credentials: try prober.credentials(Self.host))
    let before = Prober.now()
    let end = try #require(try await whole(peer.port).certificateEnd)
    // The test authority's certificates are good for a hundred days from when they were made, in this run.
    #expect((99 * 86_400...100 * 86_400).contains(end - before))
    let wrong = try Peer(Self.ask + ["HOLD"], credentials: try prober.credentials("other.example.net"))
    #expect(try await whole(wrong.port).certificateEnd == nil)
  }

  @Test func addressesInTurn() async throws {
    let steps = Self.ask + ["S HTTP/1.1 200 OK", "S Content-Length: 2", "S ", "S ok", "HOLD"]
    let peer = try Peer(steps, credentials: try prober.credentials(Self.host))
    // Nobody listens at the first, and the second is forbidden.
    let outcome = try await fetch(peer.port, addresses: ["127.0.0.9", "10.0.0.1", "127.0.0.1"])
    #expect(failure(outcome) == nil)
    #expect(failure(try await fetch(peer.port, addresses: ["127.0.0.9", "10.0.0.1"]))?.kind == .temporary)
    #expect(failure(try await fetch(peer.port, addresses: ["10.0.0.1"]))?.kind == .invalid)
    #expect(failure(try await fetch(peer.port, addresses: []))?.kind == .invalid)
    #expect(failure(try await fetch(peer.port, policy: AddressPolicy()))?.kind == .invalid)
  }
}
