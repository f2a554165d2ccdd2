import Foundation
import Testing

@testable import Gzip

@Suite struct GzipStreamTests {
  /// What gunzip makes of it.
  static func expand(_ bytes: [UInt8]) throws -> [UInt8] {
    let directory = FileManager.default.temporaryDirectory.appending(path: "hallmark-gzip-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: directory) }
    let (packed, plain) = (directory.appending(path: "a.gz"), directory.appending(path: "a"))
    try Data(bytes).write(to: packed)
    let process = Process()
    process.executableURL = URL(filePath: "/usr/bin/env")
    process.arguments = ["gzip", "--decompress", "--quiet", packed.path]
    try process.run()
    process.waitUntilExit()
    try #require(process.terminationStatus == 0, "gzip refuses it")
    return [UInt8](try Data(contentsOf: plain))
  }

  static let bodies: [[UInt8]] = [
    [], [0x61], Array(String(repeating: "example.gov.uk\n", count: 100_000).utf8),
    // Hardly to be compressed, so that more than one piece comes out of one that goes in.
    (0..<300_000).map { UInt8(truncatingIfNeeded: ($0 &* 2_654_435_761) >> 13) },
  ]

  @Test(arguments: bodies) func whole(_ body: [UInt8]) throws {
    #expect(try GzipStreamTests.expand(try GzipStream.whole(body)) == body)
  }

  @Test(arguments: [1, 7, 4096, 65_536]) func inPieces(_ size: Int) throws {
    let body = Array(String(repeating: "some of these repeat, 12345\n", count: size > 100 ? 20_000 : 300).utf8)
    var stream = try GzipStream()
    var packed: [UInt8] = []
    for start in stride(from: 0, to: body.count, by: size) {
      packed += try stream.compress(Array(body[start..<min(start + size, body.count)]))
    }
    packed += try stream.finish()
    #expect(packed.count < body.count / 10)
    #expect(try GzipStreamTests.expand(packed) == body)
  }
}
