import DNS
import TestKit
import Testing

@testable import EmailAuth

/// The check_host() cases of mail-auth.
struct MailAuthSuiteTests {
  static let file = "spf/mail-auth.json"

  /// Cases that RFC 7208 contradicts, with its words.
  static let exceptions = [
    "all.yml All test, test.org from 10.0.0.1": (
      result: "permerror",
      why: "section 4.6: any syntax errors anywhere in the record: returns immediately with the result permerror"
    ),
    "exists.yml Exists, ip6.test.org from 167.1.2.3": (
      result: "fail", why: "section 5.7: a DNS A RR lookup (even when the connection type is IPv6)"
    ),
    "ip.yml IPv6 match, test.org from 10.1.2.3": (
      result: "fail", why: "section 5: MUST be evaluated using IPv4 mechanisms"
    ),
    "macro.yml Macro expansion 2, mx.example.org from 2001:db8::cb01": (
      result: "fail", why: "section 5.7: a DNS A RR lookup (even when the connection type is IPv6)"
    ),
  ]

  /// This group's zone leaves out most of the names that its records ask for: it tests the limit of ten alone.
  private static let roomy = (group: "DNS Lookup Limits", limits: SPFLimits(voidLookups: 10))

  @Test func suite() throws {
    guard let document = try PublicSuites.document(Self.file, as: Document.self) else { return }
    var passed = 0
    var total = 0
    for group in document.cases {
      let zone = group.zone
      for test in group.tests {
        total += 1
        if try Self.run(test, group, zone) { passed += 1 }
      }
    }
    PublicSuites.report(Self.file, passed: passed, total: total)
    #expect(passed == total)
  }

  private static func run(_ test: Case, _ group: Group, _ zone: SPFZone) throws -> Bool {
    let address = try #require(IPAddress(test.ip))
    let verdict = try #require(Self.verdict(test, address, zone, group.name == roomy.group ? roomy.limits : .standard))
    let expected = exceptions[group.exceptionKey(test)]?.result ?? test.result
    let explained = test.explanation.map { $0 == verdict.explanation } ?? true
    let isRight = verdict.result.rawValue == expected && explained
    #expect(isRight, "\(group.file), \(group.name), \(test): \(verdict)")
    return isRight
  }

  /// The "HELO" identity first; a message whose HELO is refused is judged by that (RFC 7208 section 2.3).
  private static func verdict(
    _ test: Case, _ address: IPAddress, _ zone: SPFZone, _ limits: SPFLimits
  ) -> SPFVerdict? {
    let requests = [
      SPFRequest(address: address, helo: test.domain),
      SPFRequest(address: address, mailFrom: test.sender, helo: test.domain),
    ]
    var last: SPFVerdict?
    for request in requests {
      let outcome = zone.check(request, limits)
      #expect(zone.checkSlowly(request, limits) == outcome)
      guard case .result(let verdict) = outcome else { return nil }
      last = verdict
      if verdict.result == .fail { break }
    }
    return last
  }

  struct Document: Decodable { let cases: [Group] }

  struct Group: Decodable {
    let file: String
    let name: String
    let records: [Record]
    let tests: [Case]

    func exceptionKey(_ test: Case) -> String { "\(file) \(name), \(test.domain) from \(test.ip)" }

    var zone: SPFZone {
      var zone = SPFZone()
      for record in records { record.add(to: &zone) }
      for name in ["_dns_error.org", "_dns_error.test.org"] { zone.fail(name, .serverFailure) }
      return zone
    }
  }

  struct Record: Decodable {
    let name: String
    let type: String
    let values: [String]

    func add(to zone: inout SPFZone) {
      for (index, value) in values.enumerated() {
        switch type {
        case "A", "AAAA": zone.address(name, value)
        case "TXT": zone.add(name, .txt, .txt(TXTData(value)))
        case "MX":
          let host = "host\(index).\(name)"
          zone.address(host, value)
          if let host = DomainName(host) { zone.add(name, .mx, .mx(preference: UInt16(index), exchange: host)) }
        case "PTR":
          let reverse = IPAddress(name).flatMap(SPFMacroValues.reverseName)
          if let reverse, let target = DomainName(value) { zone.add(reverse.description, .ptr, .name(target)) }
        default: break
        }
      }
    }
  }

  struct Case: Decodable {
    let domain: String
    let sender: String
    let ip: String
    let result: String
    let explanation: String?
  }
}
