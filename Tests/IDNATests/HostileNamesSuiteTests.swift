import Foundation
import IDNA
import TestKit
import Testing

/// Names that a caller may send.
@Suite struct HostileNamesSuiteTests {
  private struct Suite: Decodable {
    let cases: [Case]
  }

  private struct Case: Decodable {
    let base64: String
    let accept: Bool
    let ascii: String?
    let note: String?
  }

  @Test func acceptsAndRefusesAsTheSuiteSays() throws {
    let file = "idna/hostile.json"
    guard let data = PublicSuites.data(file) else { return }
    let cases = try JSONDecoder().decode(Suite.self, from: data).cases
    var passed = 0
    for test in cases {
      let octets = try #require(Data(base64Encoded: test.base64))
      let result = Result { () throws(MailDomainError) in try MailDomain(validatingUTF8: octets) }
      let ascii = try? result.get().name.description
      let label = "\(String(decoding: octets, as: UTF8.self).debugDescription) \(test.note ?? ""): \(result)"
      #expect(ascii == (test.accept ? test.ascii : nil), "\(label)")
      if ascii == (test.accept ? test.ascii : nil) { passed += 1 }
    }
    PublicSuites.report(file, passed: passed, total: cases.count)
  }
}
