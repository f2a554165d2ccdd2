import DNS
import EmailAuth
import Foundation
import TestKit
import Testing

@Suite struct DANESuiteTests {
  private static let usable = TLSAData(
    usage: 3, selector: 1, matchingType: 1, association: Array(repeating: 7, count: 32))
  private static let unusable = TLSAData(
    usage: 1, selector: 1, matchingType: 1, association: Array(repeating: 7, count: 32))

  @Test func lookups() throws {
    let file = "dane/lookups.json"
    guard let cases = try PublicSuites.cases(file) else { return }
    let host = try #require(DomainName("mx.example.com"))
    let domain = try #require(DomainName("example.com"))
    var passed = 0
    for test in cases {
      func column(_ name: String) throws -> String { try #require(test[name] as? String) }
      let mx = Answer(
        Question(domain, .mx), Self.outcome(try column("mxLookup"), [.mx(preference: 1, exchange: host)]),
        security: Self.security(try column("mxLookup")))
      var source = try Self.source(host, address: try column("addressLookup"), tlsa: try column("tlsaLookup"))
      let policy = DANEPolicy.find(host: host, mx: mx, in: &source)
      let isRight = policy.status.rawValue == test["status"] as? String
      #expect(isRight, "\(test["name"] ?? ""): \(policy)")
      if isRight { passed += 1 }
      if try column("tlsaLookup") == "not asked" { #expect(!source.asked.contains { $0.type == .tlsa }) }
      if policy.status == .secure {
        let isUsable = try column("tlsaLookup").contains("usable records") && !column("tlsaLookup").contains("unusable")
        #expect(policy.usableAssociations.count == (isUsable ? 1 : 0))
      }
    }
    PublicSuites.report(file, passed: passed, total: cases.count)
  }

  /// The words of the suite, as answers.
  private static func source(_ host: DomainName, address: String, tlsa: String) throws -> AnswerTable {
    let canonical = try #require(DomainName("mx.provider.example"))
    let isAlias = address.contains("CNAME")
    let isTargetInsecure = address.contains("target insecure")
    let addressText = isTargetInsecure ? "insecure" : address
    let base = tlsa.contains("canonical") ? canonical : host
    let owner = try #require(base.prepending("_25._tcp"))
    var source = AnswerTable()
    for type in [RecordType.a, .aaaa] {
      let outcome: Answer.Outcome =
        type == .aaaa && !address.hasPrefix("bogus")
        ? .noSuchType : outcome(addressText, try [.address(#require(IPAddress("192.0.2.1")))])
      source[host, type] = Answer(
        Question(host, type), outcome, canonicalName: isAlias ? canonical : nil, security: security(addressText))
    }
    source[host, .cname] = Answer(Question(host, .cname), .found([.name(canonical)]), security: security(address))
    let records: [RecordData] = [.tlsa(tlsa.contains("unusable") ? unusable : usable)]
    source[owner, .tlsa] = Answer(Question(owner, .tlsa), outcome(tlsa, records), security: security(tlsa))
    return source
  }

  private static func outcome(_ text: String, _ records: [RecordData]) -> Answer.Outcome {
    if text.hasPrefix("bogus") { return .failure(.bogus("")) }
    if text.hasPrefix("SERVFAIL") { return .failure(.serverFailure) }
    if text.hasSuffix("NXDOMAIN") { return .noSuchName }
    return text.hasSuffix("NODATA") ? .noSuchType : .found(records)
  }

  private static func security(_ text: String) -> SecurityStatus {
    if text.hasPrefix("bogus") { return .bogus }
    if text.hasPrefix("SERVFAIL") { return .indeterminate }
    return text.hasPrefix("insecure") ? .insecure : .secure
  }

  /// Of the suite of matching, what is ours: which records are usable. Whether one matches is OpenSSL's.
  @Test func usableRecords() throws {
    let file = "dane/tlsa.json"
    guard let cases = try PublicSuites.cases(file) else { return }
    var passed = 0
    for test in cases {
      let records = try #require(test["tlsa"] as? [[String: Any]]).map { record in
        func number(_ name: String) throws -> UInt8 { UInt8(try #require(record[name] as? Int)) }
        return TLSAData(
          usage: try number("usage"), selector: try number("selector"), matchingType: try number("matching"),
          association: Self.octets(try #require(record["data"] as? String)))
      }
      let usable = records.compactMap { try? TLSAAssociation($0) }
      #expect(usable.count == test["usable"] as? Int, "\(test["name"] ?? "")")
      if usable.count == test["usable"] as? Int { passed += 1 }
    }
    PublicSuites.report(file + " (usable)", passed: passed, total: cases.count)
  }

  private static func octets(_ hex: String) -> [UInt8] {
    let digits = hex.compactMap(\.hexDigitValue)
    return stride(from: 0, to: digits.count - digits.count % 2, by: 2).map { UInt8(digits[$0] * 16 + digits[$0 + 1]) }
  }
}
