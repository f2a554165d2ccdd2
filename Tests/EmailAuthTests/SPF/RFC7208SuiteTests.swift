import DNS
import EmailAuth
import TestKit
import Testing

/// The openspf.org suite for RFC 7208, release 2014.04.
struct RFC7208SuiteTests {
  static let file = "spf/rfc7208-typed.json"

  @Test func suite() throws {
    guard let document = try PublicSuites.document(Self.file, as: Document.self) else { return }
    var passed = 0
    var total = 0
    for suite in document.suites {
      let zone = suite.zone
      for test in suite.tests {
        total += 1
        if try Self.run(test, zone) { passed += 1 }
      }
    }
    PublicSuites.report(Self.file, passed: passed, total: total)
    #expect(passed == total)
  }

  private static func run(_ test: Case, _ zone: SPFZone) throws -> Bool {
    let address = try #require(IPAddress(test.host))
    let request = SPFRequest(address: address, mailFrom: test.mailfrom, helo: test.helo)
    let outcome = zone.check(request)
    #expect(zone.checkSlowly(request) == outcome, "\(test.name): the passes must come to the same")
    guard case .result(let verdict) = outcome else {
      Issue.record("\(test.name): pending with every answer at hand")
      return false
    }
    let explained = test.explanation.map { ($0 == "DEFAULT" ? nil : $0) == verdict.explanation } ?? true
    let isRight = test.result.contains(verdict.result.rawValue) && explained
    #expect(isRight, "\(test.name): \(verdict), not \(test.result), \(test.explanation ?? "")")
    return isRight
  }

  /// Text whose characters stand for octets, as the suite writes octets that are not UTF-8.
  private static func octets(_ text: String) -> [UInt8] {
    let octets = text.unicodeScalars.compactMap { UInt8(exactly: $0.value) }
    return octets.count == text.unicodeScalars.count ? octets : Array(text.utf8)
  }

  struct Document: Decodable { let suites: [Suite] }

  struct Suite: Decodable {
    let tests: [Case]
    let zonedata: [String: [Record]]

    var zone: SPFZone {
      var zone = SPFZone()
      for (name, records) in zonedata {
        let hasTXT = records.contains { $0.type == "TXT" }
        for record in records { record.add(to: &zone, name, servesSPF: !hasTXT) }
      }
      return zone
    }
  }

  struct Case: Decodable {
    let name: String
    let helo: String
    let host: String
    let mailfrom: String
    let result: [String]
    let explanation: String?
  }

  struct Record: Decodable {
    let type: String
    let strings: [String]?
    let value: String?
    let preference: UInt16?
    let exchange: String?
    let none: Bool?

    func add(to zone: inout SPFZone, _ name: String, servesSPF: Bool) {
      let data = TXTData(strings: (strings ?? []).map(RFC7208SuiteTests.octets))
      switch type {
      case "TXT" where none != true: zone.add(name, .txt, .txt(data))
      case "SPF" where servesSPF: zone.add(name, .txt, .txt(data))
      case "A", "AAAA": zone.address(name, value ?? "")
      case "PTR":
        if let target = DomainName(value ?? "") { zone.add(name, .ptr, .name(target)) }
      case "MX":
        let exchange = DomainName(exchange ?? "") ?? .root
        zone.add(name, .mx, .mx(preference: preference ?? 0, exchange: exchange))
      case "CNAME": zone.alias(name, to: value ?? "")
      case "TIMEOUT": zone.fail(name)
      default: break
      }
    }
  }
}
