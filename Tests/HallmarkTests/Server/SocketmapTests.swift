import Foundation
import JSON
import NIOCore
import NIOPosix
import TestKit
import Testing

@testable import Hallmark

@Suite struct SocketmapTests {
  private static let policies = [
    "good.loc": "secure match=mail.loc servername=hostname", "dane.gov.uk": "dane-only",
    "example.gov.uk": "secure match=mx1.example.gov.uk:.mail.example.gov.uk servername=hostname",
  ]

  private static func start(
    _ change: (inout SocketmapServer.Configuration) -> Void = { _ in },
    lookup: @escaping SocketmapServer.Lookup = { SocketmapTests.policies[$0].map { .ok($0) } ?? .notFound }
  ) async throws -> (SocketmapServer, Int) {
    var configuration = SocketmapServer.Configuration()
    configuration.names = ["whitelist", "test", "test2"]
    change(&configuration)
    let group = MultiThreadedEventLoopGroup.singleton
    let server = SocketmapServer(configuration: configuration, group: group) { lookup }
    return (server, try await server.start().port ?? 0)
  }

  @Test func suite() async throws {
    let cases = publicCases("netstring/socketmap.json")
    let (server, port) = try await Self.start()
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

  private static func reply(_ client: Socket) -> String {
    var length = 0
    while let digit = client.read(count: 1).first, digit != UInt8(ascii: ":") { length = length * 10 + Int(digit) - 48 }
    let payload = client.read(count: length)
    return client.read(count: 1) == [UInt8(ascii: ",")] ? String(decoding: payload, as: UTF8.self) : "no comma"
  }

  @Test func pipelinedRequestsAreAnsweredInOrder() async throws {
    let (server, port) = try await Self.start(lookup: { .ok($0) })
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
    let (server, port) = try await Self.start { $0.idle = .seconds(3) }
    let (answer, isAtEnd) = try await offPool {
      let client = try Socket(port: port)
      client.send("21:whitelist dane.gov.uk,\(text)")
      return (client.readAll(), client.isAtEnd)
    }
    #expect(answer == "12:OK dane-only," && isAtEnd)
    await server.shutdown()
  }

  @Test func oneConnectionTooManyIsClosed() async throws {
    let (server, port) = try await Self.start { $0.connections = 1 }
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
