import Foundation
import TestKit
import Testing

@testable import Probe

@Suite struct SMTPReplySuiteTests {
  struct Case: Decodable {
    let name: String
    let stage: String
    let base64: String
    let result: String
    let code: Int?
    let lines: [String]?
    let rest: String?
    let starttls: Bool?
    let keywords: [String]?
    let domain: String?
  }

  @Test func suite() throws {
    guard let cases = try PublicSuites.cases("smtp/replies.json", as: Case.self) else { return }
    var passed = 0
    for item in cases {
      let octets = [UInt8](try #require(Data(base64Encoded: item.base64)))
      let whole = SMTPReplySuiteTests.failures(item, [octets])
      let single = SMTPReplySuiteTests.failures(item, octets.map { [$0] })
      #expect(whole == [], "\(item.name)")
      #expect(single == [], "\(item.name), an octet at a time")
      if whole.isEmpty && single.isEmpty { passed += 1 }
    }
    PublicSuites.report("smtp/replies.json", passed: passed, total: cases.count)
  }

  /// What differs from the case when its octets come in these reads.
  private static func failures(_ item: Case, _ reads: [[UInt8]]) -> [String] {
    var parser = SMTPReplyParser()
    var rest: [UInt8] = []
    var reply: SMTPReply?
    do throws(SMTPReplyParser.Violation) {
      for read in reads {
        var slice = read[...]
        if reply == nil { reply = try parser.next(&slice) }
        rest += slice
      }
    } catch {
      return item.result == "error" ? [] : ["\(error)"]
    }
    guard let reply else { return item.result == "incomplete" ? [] : ["incomplete"] }
    if item.stage == "starttls", !rest.isEmpty { return item.result == "error" ? [] : ["injection"] }
    guard item.result == "ok" else { return ["a reply of \(reply.code)"] }
    return differences(item, reply, rest)
  }

  private static func differences(_ item: Case, _ reply: SMTPReply, _ rest: [UInt8]) -> [String] {
    var failures: [String] = []
    if reply.code != item.code { failures.append("code \(reply.code)") }
    if let lines = item.lines, reply.lines != lines.map({ Array($0.utf8) }) { failures.append("lines") }
    if let expected = item.rest.flatMap({ Data(base64Encoded: $0) }), rest != [UInt8](expected) {
      failures.append("rest")
    }
    guard item.stage == "ehlo", reply.code == 250 else { return failures }
    let response = EHLOResponse(reply)
    if let starttls = item.starttls, response.offersSTARTTLS != starttls { failures.append("STARTTLS") }
    if let keywords = item.keywords, response.keywords != keywords { failures.append("keywords \(response.keywords)") }
    if let domain = item.domain, response.domain != domain { failures.append("domain \(response.domain)") }
    return failures
  }
}
