import DNS
import Foundation
import Posture
import TestKit
import Testing

@testable import Probe

@Suite struct DANESuiteTests {
  struct Case: Decodable {
    struct Record: Decodable {
      let usage: UInt8
      let selector: UInt8
      let matching: UInt8
      let data: String
    }
    let name: String
    let tlsa: [Record]
    let chain: [String]
    let referenceNames: [String]
    let usable: Int
    let match: Bool
  }

  /// Where we hold otherwise: RFC 7671 section 9 says that a client that supports both digests SHOULD NOT accept keys
  /// that match only the weaker record. OpenSSL, and so most senders, do not; to call it a match would promise mail
  /// that does not arrive.
  static let exceptions: Set<String> = ["digest-agility"]

  /// When the certificates of the suite are in date, but for the expired one.
  static let moment = Timestamp("2026-11-24T00:00:00Z") ?? Timestamp(seconds: 0)

  @Test func suite() throws {
    guard let cases = try PublicSuites.cases("dane/tlsa.json", as: Case.self) else { return }
    var passed = 0
    for item in cases {
      let records = try item.tlsa.map { record in
        TLSAData(
          usage: record.usage, selector: record.selector, matchingType: record.matching,
          association: try #require(DANESuiteTests.octets(record.data)))
      }
      let result = DANEMatcher.match(
        chain: try item.chain.map(DANESuiteTests.certificate), tlsa: records,
        names: item.referenceNames.compactMap { DomainName($0) }, at: DANESuiteTests.moment)
      let isException = DANESuiteTests.exceptions.contains(item.name)
      #expect(result.usable == item.usable, "\(item.name)")
      #expect(result.matches == (isException ? !item.match : item.match), "\(item.name): \(result.error ?? "")")
      #expect(result.matches || result.usable == 0 || result.error != nil, "\(item.name)")
      if result.usable == item.usable, result.matches == item.match { passed += 1 }
    }
    print("suite dane/tlsa.json: \(passed) of \(cases.count) (\(DANESuiteTests.exceptions.count) exception)")
  }

  @Test func noChainMatchesNothing() {
    let record = TLSAData(usage: 3, selector: 1, matchingType: 1, association: [UInt8](repeating: 1, count: 32))
    let name = DomainName("mx.example.com").map { [$0] } ?? []
    for chain in [[], [[]], [[0x30, 0x00]], [[UInt8](repeating: 0xff, count: 4096)]] as [[[UInt8]]] {
      let result = DANEMatcher.match(chain: chain, tlsa: [record], names: name, at: DANESuiteTests.moment)
      #expect(result.usable == 1)
      #expect(!result.matches)
    }
  }

  private static func certificate(_ name: String) throws -> [UInt8] {
    let text = try String(contentsOf: PublicSuites.directory.appending(path: "dane/certs/\(name).pem"), encoding: .utf8)
    let body = text.split(separator: "\n").filter { !$0.hasPrefix("-----") }.joined()
    return [UInt8](try #require(Data(base64Encoded: body)))
  }

  private static func octets(_ hex: String) -> [UInt8]? {
    let digits = Array(hex.utf8)
    guard digits.count.isMultiple(of: 2) else { return nil }
    var octets: [UInt8] = []
    for index in stride(from: 0, to: digits.count, by: 2) {
      guard let octet = UInt8(String(decoding: digits[index..<index + 2], as: UTF8.self), radix: 16) else { return nil }
      octets.append(octet)
    }
    return octets
  }
}
