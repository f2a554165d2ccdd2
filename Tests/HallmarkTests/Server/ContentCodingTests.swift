import Foundation
import TestKit
import Testing

@testable import Hallmark

@Suite struct ContentCodingTests {
  typealias T = TestServer

  /// Accept-Encoding, and whether gzip is what suits best (RFC 9110 section 12.5.3).
  static let fields: [(String?, Bool)] = [
    (nil, false), ("", false), ("identity", false), ("br", false), ("gzip", true), ("GZIP", true), ("x-gzip", true),
    ("deflate, gzip, br", true), ("gzip;q=0", false), ("gzip;q=0.000", false), ("gzip;q=0.001", true),
    ("gzip ; q=1.000", true), ("*", true), ("*;q=0", false), ("*, gzip;q=0", false),
    ("gzip;q=0.5, identity;q=1", false),
    ("gzip;q=1, identity;q=0.5", true), ("gzip;q=0.5, identity;q=0", true), ("gzip;q=2", false),
    ("gzip;q=0.1234", false),
    ("gzip;q=", false), ("gzip;level=1", false), (String(repeating: "a,", count: 40) + "gzip", false),
  ]

  @Test(arguments: fields)
  func negotiation(field: String?, isGzip: Bool) {
    if case .gzip = ContentCoding(accepted: field) { #expect(isGzip) } else { #expect(!isGzip) }
  }

  @Test func aLargeBodyComesCompressedToWhoAsks() async throws {
    let server = try await T()
    let plain = try await server.ask(T.get("/stream?pieces=20&big&coded"))[0]
    #expect(plain.headers["content-encoding"] == nil && plain.headers["vary"] == "Accept-Encoding")
    #expect(plain.headers["etag"] == "\"s1\"")
    let port = server.port
    let (packed, response) = try await offPool {
      let client = try Socket(port: port)
      client.send(T.get("/stream?pieces=20&big&coded", "Accept-Encoding: gzip\r\n") + T.get("/"))
      let response = try #require(client.response())
      // What stands between the answers is all there, or the next would not be read.
      #expect(client.response()?.body == "hello")
      return (response.bytes, response)
    }
    #expect(response.headers["content-encoding"] == "gzip" && response.headers["etag"] == "\"s1-gzip\"")
    #expect(response.headers["vary"] == "Accept-Encoding")
    #expect(packed.count < plain.body.utf8.count / 50)
    #expect(try gunzip(packed) == Array(plain.body.utf8))
    await server.stop()
  }

  @Test func eachCodingHasItsOwnTag() async throws {
    let server = try await T()
    func status(_ tag: String, _ coding: String) async throws -> Int? {
      let fields = "If-None-Match: \(tag)\r\nAccept-Encoding: \(coding)\r\n"
      let answers = try await server.ask(T.get("/stream?coded", fields) + T.get("/"), answers: 2)
      #expect(answers.last?.status == 200 && answers.first?.headers["vary"] == "Accept-Encoding")
      return answers.first?.status
    }
    #expect(try await status("\"s1\"", "identity") == 304)
    #expect(try await status("\"s1-gzip\"", "gzip") == 304)
    #expect(try await status("\"s1\"", "gzip") == 200)
    #expect(try await status("\"s1-gzip\"", "identity") == 200)
    let fields = "Accept-Encoding: gzip\r\n"
    let head = try await server.ask(
      T.get("/stream?coded", fields, method: "HEAD") + T.get("/"), answers: 2, hasBody: false)
    #expect(head.map(\.status) == [200, 200] && head[0].headers["content-encoding"] == "gzip")
    await server.stop()
  }
}

/// What gzip makes of it.
func gunzip(_ bytes: [UInt8]) throws -> [UInt8] {
  let file = FileManager.default.temporaryDirectory.appending(path: "hallmark-\(UUID().uuidString).gz")
  try Data(bytes).write(to: file)
  defer { try? FileManager.default.removeItem(at: file) }
  return [UInt8](try Program.run(["gzip", "-dc", file.path]))
}
