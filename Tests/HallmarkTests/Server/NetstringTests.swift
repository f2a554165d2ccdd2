import Foundation
import JSON
import NIOCore
import TestKit
import Testing

@testable import Hallmark

/// The cases of a public suite; empty where it is not here.
func publicCases(_ file: String) -> [JSONValue] {
  let suite = PublicSuites.data(file).flatMap { try? JSONValue(parsing: $0) }
  return suite?["cases"]?.arrayValue ?? []
}

@Suite struct NetstringTests {
  @Test func suite() throws {
    let cases = publicCases("netstring/netstrings.json")
    var passed = 0
    for test in cases {
      let bytes = [UInt8](try #require(Data(base64Encoded: test["base64"]?.stringValue ?? "")))
      let payloads = test["payloads"]?.arrayValue?.map { $0.stringValue ?? "" } ?? []
      let expected = test["expect"]?.stringValue ?? ""
      let limit = test["limit"]?.integerValue.map { Int($0) } ?? .max
      // Whole, byte by byte, and in threes: how it is cut must not matter.
      let right = [bytes.count, 1, 3].allSatisfy { size in
        let (outcome, got) = NetstringTests.decode(bytes, inPiecesOf: max(size, 1), limit: limit)
        return outcome == expected && got == payloads
      }
      #expect(right, "\(test["text"]?.stringValue ?? "")")
      if right { passed += 1 }
    }
    if !cases.isEmpty { PublicSuites.report("netstring/netstrings.json", passed: passed, total: cases.count) }
  }

  private static func decode(_ bytes: [UInt8], inPiecesOf size: Int, limit: Int) -> (String, [String]) {
    var decoder = NetstringDecoder(limit: limit)
    var buffer = ByteBuffer()
    var payloads: [String] = []
    do {
      for start in stride(from: 0, to: bytes.count, by: size) {
        buffer.writeBytes(bytes[start..<min(start + size, bytes.count)])
        while let payload = try decoder.next(&buffer) {
          payloads.append(Data(payload.readableBytesView).base64EncodedString())
        }
      }
    } catch {
      return (error == .tooLong ? "too-long" : "error", payloads)
    }
    return (decoder.isBetween && buffer.readableBytes == 0 && !bytes.isEmpty ? "ok" : "incomplete", payloads)
  }
}
