import Foundation
import JSON
import NIOCore
import TestKit
import Testing

@testable import Hallmark

/// A table that keeps nothing.
private final class Replies: SocketmapTable {
  private let reply: @Sendable (String) -> SocketmapReply

  init(_ reply: @escaping @Sendable (String) -> SocketmapReply) { self.reply = reply }

  func answer(for domain: String, last: SocketmapAnswer?) -> SocketmapAnswer { SocketmapAnswer(reply(domain)) }

  func isCurrent(_ answer: SocketmapAnswer) -> Bool { false }

  func count(_ answer: SocketmapAnswer) {}
}

@Suite struct SocketmapTests {
  private static let policies = [
    "good.loc": "secure match=mail.loc servername=hostname", "dane.gov.uk": "dane-only",
    "example.gov.uk": "secure match=mx1.example.gov.uk:.mail.example.gov.uk servername=hostname",
  ]

  private static func start(
    _ change: (inout SocketmapServer.Configuration) -> Void = { _ in },
    reply: @escaping @Sendable (String) -> SocketmapReply = { SocketmapTests.policies[$0].map { .ok($0) } ?? .notFound }
  ) throws -> (SocketmapServer, Int) {
    var configuration = SocketmapServer.Configuration()
    configuration.names = ["whitelist", "test", "test2"]
    change(&configuration)
    let server = SocketmapServer(configuration: configuration, table: Replies(reply))
    return (server, Int(try server.start()))
  }

  @Test func suite() async throws {
    let cases = publicCases("netstring/socketmap.json")
    let (server, port) = try Self.start()
    let frames = cases.map { $0["requestFrame"]?.stringValue ?? "" }
    let replies = try await offPool {
      let client = try Socket(port: port)
      return frames.map { frame in
        // In two pieces, on one connection.
        let bytes = Array(frame.utf8)
        client.send(bytes[..<(bytes.count / 2)])
        client.send(bytes[(bytes.count / 2)...])
        return Self.reply(client)
      }
    }
    var passed = 0
    for (test, reply) in zip(cases, replies) {
      let frame = try #require(test["requestFrame"]?.stringValue)
      let expected = try #require(test["reply"]?.stringValue)
      let right = expected == "PERM" ? reply.hasPrefix("PERM ") && reply.count > 5 : reply == expected
      #expect(right, "\(frame) -> \(reply)")
      if right { passed += 1 }
    }
    if !cases.isEmpty { PublicSuites.report("netstring/socketmap.json", passed: passed, total: cases.count) }
    await server.shutdown()
  }

  /// What comes of a text until the server closes, and whether it did.
  private static func exchange(
    _ text: String, _ port: Int, _ then: @escaping @Sendable (Socket) -> Void = { _ in }
  ) async throws -> (answer: String, isAtEnd: Bool) {
    try await offPool {
      let client = try Socket(port: port)
      client.send(text)
      then(client)
      return (client.readAll(), client.isAtEnd)
    }
  }

  private static func reply(_ client: Socket) -> String {
    var length = 0
    while let digit = client.read(count: 1).first, digit != UInt8(ascii: ":") { length = length * 10 + Int(digit) - 48 }
    let payload = client.read(count: length)
    return client.read(count: 1) == [UInt8(ascii: ",")] ? String(decoding: payload, as: UTF8.self) : "no comma"
  }

  @Test func pipelinedRequestsAreAnsweredInOrder() async throws {
    let (server, port) = try Self.start(reply: { .ok($0) })
    let names = (0..<500).map { "h\($0).example" }
    let replies = try await offPool {
      let client = try Socket(port: port)
      client.send(names.map { "\("whitelist \($0)".utf8.count):whitelist \($0)," }.joined())
      return names.map { _ in Self.reply(client) }
    }
    #expect(replies == names.map { "OK \($0)" })
    await server.shutdown()
  }

  @Test(arguments: ["x:whitelist a,", "9:whitelist", "2049:", "01:x,", "3:abc;"])
  func whatIsOutOfStepIsClosed(text: String) async throws {
    let (server, port) = try Self.start { $0.idle = .seconds(3) }
    let (answer, isAtEnd) = try await Self.exchange("21:whitelist dane.gov.uk,\(text)", port)
    #expect(answer == "12:OK dane-only," && isAtEnd)
    await server.shutdown()
  }

  @Test func whoIsIdleIsClosed() async throws {
    let (server, port) = try Self.start { $0.idle = .milliseconds(200) }
    let (answer, isAtEnd) = try await Self.exchange("21:whitelist dane.gov.uk,", port)
    #expect(answer == "12:OK dane-only," && isAtEnd)
    #expect(server.connections == 0)
    await server.shutdown()
  }

  /// What it asks is longer than what is read at once, and what it is told is longer than what a socket holds.
  @Test func whoDoesNotReadIsNotReadFrom() async throws {
    let (server, port) = try Self.start(reply: { .ok(String(repeating: "\($0.prefix(5)) ", count: 1_500)) })
    let names = (10_000..<11_500).map { "\($0).example" }
    let requests = names.map { "\("whitelist \($0)".utf8.count):whitelist \($0)," }.joined()
    let isRight = try await offPool {
      let client = try Socket(port: port, receiveBuffer: 4_096)
      let send = client.sender()
      Thread.detachNewThread { send(requests) }
      // Another is answered meanwhile, and the first one is not forgotten.
      let other = try Socket(port: port)
      other.send("21:whitelist dane.gov.uk,")
      guard Self.reply(other).hasPrefix("OK dane.") else { return false }
      for name in names {
        guard Self.reply(client) == "OK " + String(repeating: "\(name.prefix(5)) ", count: 1_500) else { return false }
      }
      return withExtendedLifetime(client) { true }
    }
    #expect(isRight)
    await server.shutdown()
  }

  @Test func whoEndsItsSideGetsItsAnswers() async throws {
    let (server, port) = try Self.start()
    let requests = "21:whitelist dane.gov.uk,21:whitelist dane.gov.uk,9:whi"
    let (answer, isAtEnd) = try await Self.exchange(requests, port) { $0.finishSending() }
    #expect(answer == "12:OK dane-only,12:OK dane-only," && isAtEnd)
    await server.shutdown()
  }

  @Test func shutdownClosesWhatIsOpen() async throws {
    let (server, port) = try Self.start()
    let client = try Socket(port: port)
    client.send("21:whitelist dane.gov.uk,")
    #expect(Self.reply(client) == "OK dane-only")
    #expect(server.connections == 1)
    await server.shutdown()
    #expect(client.readAll().isEmpty && client.isAtEnd)
    #expect(throws: Socket.Failure.self) { try Socket(port: port) }
  }

  @Test func oneConnectionTooManyIsClosed() async throws {
    let (server, port) = try Self.start { $0.connections = 1 }
    let isClosed = try await offPool {
      let first = try Socket(port: port)
      first.send("21:whitelist dane.gov.uk,")
      guard Self.reply(first) == "OK dane-only" else { return false }
      let second = try Socket(port: port)
      return withExtendedLifetime(first) { second.readAll().isEmpty && second.isAtEnd }
    }
    #expect(isClosed)
    await server.shutdown()
  }

  static let replies: [(SocketmapReply, String)] = [
    (.ok("secure"), "OK secure"), (.notFound, "NOTFOUND "), (.temporary("no store"), "TEMP no store"),
    (.permanent("a\r\nOK b\u{0}"), "PERM a  OK b "),
    (.ok(String(repeating: "x", count: 100_000)), "PERM the answer is longer than Postfix takes"),
  ]

  @Test(arguments: replies)
  func renders(reply: SocketmapReply, text: String) {
    #expect(String(decoding: reply.bytes, as: UTF8.self) == text)
  }

  /// The key, and the domain that is looked up for it.
  static let keys: [(String, String?)] = [
    ("dept.gov.uk", "dept.gov.uk"), ("Dept.GOV.uk.", "dept.gov.uk"), ("dept.gov.uk:25", "dept.gov.uk"),
    ("[dept.gov.uk]", "dept.gov.uk"), ("[Dept.gov.uk.]:submission", "dept.gov.uk"), ("localhost", "localhost"),
    ("4.example", "4.example"), ("a-b.1c", "a-b.1c"), ("m\u{fc}nchen.example", "m\u{fc}nchen.example"),
    (".gov.uk", nil), ("", nil), (".", nil), ("a..b", nil), ("dept.gov.uk..", nil), ("192.0.2.1", nil),
    ("[192.0.2.1]", nil),
    ("[192.0.2.1]:25", nil), ("[2001:db8::1]", nil), ("2001:db8::1", nil), ("dept.gov.uk:", nil),
    ("dept.gov.uk:2 5", nil),
    ("a b.example", nil), ("[dept.gov.uk", nil), ("[dept.gov.uk]25", nil), ("[dept.gov.uk]:", nil), ("[]", nil),
    ("a.1:25", nil),
  ]

  @Test(arguments: keys)
  func findsTheDomainOfANextHop(key: String, domain: String?) throws {
    #expect(try #require(SocketmapRequest("whitelist \(key)".utf8)).domain == domain)
  }

  @Test(arguments: [[UInt8]("whitelist".utf8), [0x77, 0x20, 0xff], [0xff, 0x20, 0x61], []])
  func whatIsNoQuestionIsRefused(payload: [UInt8]) {
    #expect(SocketmapRequest(payload) == nil)
  }
}
