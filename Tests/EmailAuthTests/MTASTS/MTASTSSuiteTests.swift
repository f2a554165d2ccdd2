import DNS
import EmailAuth
import Foundation
import TestKit
import Testing

/// The public suites for RFC 8461.
@Suite struct MTASTSSuiteTests {
  @Test func records() throws {
    let file = "mta-sts/records.json"
    guard let cases = try PublicSuites.cases(file) else { return }
    var passed = 0
    for (index, entry) in cases.enumerated() {
      let lookup = MTASTSRecord.found(in: try TXTCase.answer(entry))
      let matches = lookup.status.rawValue == entry["status"] as? String && lookup.record?.id == entry["id"] as? String
      #expect(matches, "case \(index): \(entry["txt"] ?? "") was \(lookup)")
      #expect((lookup.status == .invalid || lookup.status == .unknown) ? lookup.error != nil : true, "case \(index)")
      #expect(lookup.status == .invalid ? lookup.text != nil : true, "case \(index)")
      passed += matches ? 1 : 0
    }
    PublicSuites.report(file, passed: passed, total: cases.count)
  }

  @Test func policies() throws {
    let file = "mta-sts/policies.json"
    guard let cases = try PublicSuites.cases(file) else { return }
    var passed = 0
    for (index, entry) in cases.enumerated() {
      let body = try #require((entry["base64"] as? String).flatMap { Data(base64Encoded: $0) })
      let result = Result { () throws(MTASTSError) in try MTASTSPolicy(body: Array(body)) }
      let policy = try? result.get()
      let matches =
        (policy != nil) == entry["valid"] as? Bool && policy?.mode.rawValue == entry["mode"] as? String
        && policy?.maxAge == entry["maxAge"] as? Int && policy?.mx == entry["mx"] as? [String]
      #expect(matches, "case \(index): \(entry["text"] ?? "") was \(result)")
      passed += matches ? 1 : 0
    }
    PublicSuites.report(file, passed: passed, total: cases.count)
  }

  /// Texts that domains publish: all of them are sound.
  @Test(arguments: ["mta-sts", "tls-rpt"])
  func realRecords(kind: String) throws {
    let file = "records/txt.json"
    guard let cases = try PublicSuites.cases(file)?.filter({ $0["kind"] as? String == kind }) else { return }
    var passed = 0
    for entry in cases {
      let text = try #require(entry["record"] as? String)
      let answer = Answer(Question(.root, .txt), .found([.txt(TXTData(text))]))
      let status =
        kind == "mta-sts"
        ? MTASTSRecord.found(in: answer).status.rawValue : TLSRPTRecord.found(in: answer).status.rawValue
      #expect(status == "valid", "\(text)")
      passed += status == "valid" ? 1 : 0
    }
    PublicSuites.report("\(file) (\(kind))", passed: passed, total: cases.count)
  }

  /// Rows whose pattern no policy can hold. RFC 8461 section 3.2: `sts-policy-mx-value = ["*."] Domain`, and Domain is
  /// `sub-domain *("." sub-domain)` of letters, digits and hyphens (RFC 5321 section 4.1.2): no U-label, no final
  /// dot. The suite of policies has both as invalid.
  private static let notPatterns: Set<String> = ["a.b.", "ñaca.com", "Ñaca.com"]
  /// A row whose host is no name of an MX record: what the DNS holds for it is the A-label.
  private static let notHosts: Set<String> = ["x.ñaca.com"]

  @Test func exchangers() throws {
    let file = "mta-sts/mx-match.json"
    guard let cases = try PublicSuites.cases(file) else { return }
    var passed = 0
    for (index, entry) in cases.enumerated() {
      let host = try #require(entry["mx"] as? String)
      let texts = try #require(entry["patterns"] as? [String])
      let patterns = texts.compactMap(MTASTSPattern.init)
      let isException = Self.notHosts.contains(host) || !Self.notPatterns.isDisjoint(with: texts)
      let matched = DomainName(host).map { name in patterns.contains { $0.matches(name) } } ?? false
      let expected = try #require(entry["match"] as? Bool)
      #expect(matched == (expected && !isException), "case \(index): \(host) against \(texts)")
      passed += matched == expected ? 1 : 0
    }
    PublicSuites.report(file, passed: passed, total: cases.count)
  }

  @Test func responses() throws {
    let file = "mta-sts/http.json"
    guard let cases = try PublicSuites.cases(file) else { return }
    var passed = 0
    for (index, entry) in cases.enumerated() {
      let contentType = entry["status"] == nil ? entry["contentType"] as? String : "text/plain"
      let result = Result { () throws(MTASTSError) in
        try MTASTSPolicyResponse.check(status: entry["status"] as? Int ?? 200, contentType: contentType)
      }
      let accepted = (try? result.get()) != nil
      #expect(accepted == entry["accept"] as? Bool, "case \(index): \(entry) was \(result)")
      passed += accepted == entry["accept"] as? Bool ? 1 : 0
    }
    PublicSuites.report(file, passed: passed, total: cases.count)
  }
}

/// A row that gives a TXT RRset, each record a list of character-strings, or a failure by its mnemonic.
enum TXTCase {
  static func answer(_ entry: [String: Any]) throws -> Answer {
    let question = Question(.root, .txt)
    let sets = try #require(entry["txt"] as? [[String]])
    switch entry["error"] as? String {
    case "SERVFAIL": return Answer(question, .failure(.serverFailure), security: .indeterminate)
    case "NXDOMAIN": return Answer(question, .noSuchName)
    case nil where sets.isEmpty: return Answer(question, .noSuchType)
    default: return Answer(question, .found(sets.map { .txt(TXTData(strings: $0.map { Array($0.utf8) })) }))
    }
  }
}
