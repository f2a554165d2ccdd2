import DNS
import EmailAuth
import TestKit
import Testing

@Suite("DMARC, public suites")
struct DMARCSuiteTests {
  @Test("record syntax")
  func records() throws {
    let file = "dmarc/records.json"
    guard let cases = try PublicSuites.cases(file) else { return }
    var passed = 0
    for (index, entry) in cases.enumerated() {
      let text = try #require(entry["record"] as? String)
      let octets = Array(text.utf8)
      var status = "discarded"
      var record: DMARCRecord?
      if DMARCRecord.isRecord(octets) {
        record = try? DMARCRecord(octets)
        status = record == nil ? "invalid" : "valid"
      }
      let matches =
        status == entry["status"] as? String && record?.policy.rawValue == entry["policy"] as? String
        && Self.tags(entry["tags"] as? [String: Any] ?? [:], of: record)
      #expect(matches, "case \(index): \(text.debugDescription) was \(status) \(String(describing: record))")
      passed += matches ? 1 : 0
    }
    PublicSuites.report(file, passed: passed, total: cases.count)
  }

  private static func tags(_ expected: [String: Any], of record: DMARCRecord?) -> Bool {
    guard let record else { return expected.isEmpty }
    let actual: [String: [String]] = [
      "p": [record.policy.rawValue], "sp": [record.subdomainPolicy.rawValue], "np": [record.nonexistentPolicy.rawValue],
      "psd": [record.publicSuffix.rawValue], "t": [record.isTesting ? "y" : "n"], "rua": record.rua,
      "ruf": record.ruf, "adkim": [record.dkimAlignment.rawValue], "aspf": [record.spfAlignment.rawValue],
      "fo": record.failureOptions,
    ]
    return expected.allSatisfy { tag, value in actual[tag] == (value as? [String] ?? [value as? String ?? ""]) }
  }

  @Test("what domains publish can be read")
  func realRecords() throws {
    let file = "records/txt.json"
    guard let cases = try PublicSuites.cases(file)?.filter({ $0["kind"] as? String == "dmarc" }) else { return }
    var passed = 0
    for entry in cases {
      let octets = Array(try #require(entry["record"] as? String).utf8)
      // A consent to reports says no policy (RFC 9990 section 4 step 6).
      let isConsent = (entry["name"] as? String)?.contains("._report._dmarc.") == true
      let isRead = DMARCRecord.isRecord(octets) && (isConsent || (try? DMARCRecord(octets)) != nil)
      #expect(isRead, "\(entry)")
      passed += isRead ? 1 : 0
    }
    PublicSuites.report("\(file) (dmarc)", passed: passed, total: cases.count)
  }

  @Test("tree walk")
  func treeWalk() throws {
    let file = "dmarc/tree-walk.json"
    guard let cases = try PublicSuites.cases(file) else { return }
    var passed = 0
    for entry in cases {
      let name = try #require(entry["name"] as? String)
      var zone = DMARCZone()
      zone.txt = entry["txt"] as? [String: [String]] ?? [:]
      zone.nonexistent = Set(entry["nonexistent"] as? [String] ?? [])
      zone.errors = entry["errors"] as? [String: String] ?? [:]
      let found = DMARCDiscovery.find(try #require((entry["domain"] as? String).flatMap { DomainName($0) }), in: &zone)
      var matches =
        found.status.rawValue == entry["status"] as? String && found.policy?.rawValue == entry["policy"] as? String
        && found.tag == entry["tag"] as? String
        && (found.record?.isTesting ?? false) == entry["testing"] as? Bool
      // Where nothing applies, the suite names no place.
      if found.status != .unknown {
        matches = matches && found.foundAt?.description == entry["foundAt"] as? String
      }
      if let organizational = entry["organizationalDomain"] as? String {
        matches = matches && found.organizationalDomain?.description == organizational
      }
      if let queries = entry["queries"] as? [String] {
        matches = matches && found.walked.map { "_dmarc.\($0)" } == queries
      }
      #expect(matches, "\(name): \(found)")
      passed += matches ? 1 : 0
    }
    PublicSuites.report(file, passed: passed, total: cases.count)
  }

  @Test("external report addresses")
  func externalReports() throws {
    let file = "dmarc/external-reports.json"
    guard let cases = try PublicSuites.cases(file) else { return }
    var passed = 0
    for entry in cases {
      let domain = try #require((entry["domain"] as? String).flatMap { DomainName($0) })
      let host = try #require((entry["reportDomain"] as? String).flatMap { DomainName($0) })
      var zone = DMARCZone()
      let query = entry["query"] as? String
      if let query {
        if let error = entry["error"] as? String {
          zone.errors[query] = error
        } else if let texts = entry["txt"] as? [String], !texts.isEmpty {
          zone.txt[query] = texts
        }
      }
      let asked = DMARCReportAuthorisation.question(domain: domain, host: host)?.name.description
      let result = DMARCReportAuthorisation.find(domain: domain, host: host, in: &zone)
      let expected: DMARCReportAuthorisation =
        entry["status"] as? String == "unknown"
        ? .unknown : entry["authorised"] as? Bool == true ? .authorised : .refused
      let matches = asked == query && result == expected
      #expect(matches, "\(domain) at \(host): \(result)")
      passed += matches ? 1 : 0
    }
    PublicSuites.report(file, passed: passed, total: cases.count)
  }
}
