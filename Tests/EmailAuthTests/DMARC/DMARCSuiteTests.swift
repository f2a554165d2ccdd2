import DNS
import EmailAuth
import Testing

/// Answers out of a table; what is not in it is absent.
private struct Zone: AnswerSource {
  var txt: [String: [String]] = [:]
  var nonexistent: Set<String> = []
  var errors: [String: String] = [:]

  mutating func answer(_ question: Question) -> Answer? {
    let name = question.name.description
    if let error = errors[name] {
      return Answer(question, .failure(error == "TIMEOUT" ? .timeout : .serverFailure), security: .indeterminate)
    }
    if question.type == .txt, let texts = txt[name] {
      return Answer(question, .found(texts.map { .txt(TXTData($0)) }))
    }
    return Answer(question, nonexistent.contains(name) ? .noSuchName : .noSuchType)
  }
}

@Suite("DMARC, public suites")
struct DMARCSuiteTests {
  @Test("record syntax")
  func records() throws {
    let file = "dmarc/records.json"
    guard let cases = try Vectors.cases(file) else { return }
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
    Vectors.report(file, passed: passed, total: cases.count)
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

  @Test("tree walk")
  func treeWalk() throws {
    let file = "dmarc/tree-walk.json"
    guard let cases = try Vectors.cases(file) else { return }
    var passed = 0
    for entry in cases {
      let name = try #require(entry["name"] as? String)
      var zone = Zone()
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
    Vectors.report(file, passed: passed, total: cases.count)
  }

  @Test("external report addresses")
  func externalReports() throws {
    let file = "dmarc/external-reports.json"
    guard let cases = try Vectors.cases(file) else { return }
    var passed = 0
    for entry in cases {
      let domain = try #require((entry["domain"] as? String).flatMap { DomainName($0) })
      let host = try #require((entry["reportDomain"] as? String).flatMap { DomainName($0) })
      var zone = Zone()
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
    Vectors.report(file, passed: passed, total: cases.count)
  }
}

@Suite("DMARC discovery")
struct DMARCDiscoveryTests {
  /// A source that has nothing at hand and notes what it was asked for.
  private struct Empty: AnswerSource {
    var asked: [String] = []
    mutating func answer(_ question: Question) -> Answer? {
      asked.append(question.name.description)
      return nil
    }
  }

  @Test("wants the whole walk at one time, eight names at the most")
  func wantsAll() throws {
    var source = Empty()
    let found = DMARCDiscovery.find(try #require(DomainName("a.b.c.d.e.f.g.h.i.example")), in: &source)
    #expect(found.status == .pending)
    #expect(source.asked.count == 8)
    #expect(source.asked[1] == "_dmarc.d.e.f.g.h.i.example")
  }

  @Test(
    "the policy is one level lower while testing",
    arguments: zip(DMARCPolicy.allCases, [DMARCPolicy.none, .none, .quarantine]))
  func testing(policy: DMARCPolicy, expected: DMARCPolicy) throws {
    var zone = Zone(txt: ["_dmarc.example.org": ["v=DMARC1; p=\(policy.rawValue); t=y"]])
    let found = DMARCDiscovery.find(try #require(DomainName("example.org")), in: &zone)
    #expect(found.policy == policy)
    #expect(found.effectivePolicy == expected)
  }

  @Test("never traps on hostile text")
  func hostile() {
    var state: UInt64 = 0x9e37_79b9_7f4a_7c15
    let alphabet = Array("v=DMARC1;pspnpruat=y,!:@ \t\u{0}é".utf8)
    var records = 0
    for _ in 0..<20_000 {
      var octets = Array("v=DMARC1;p=none;".utf8)
      for _ in 0..<Int(state % 40) {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        octets.append(alphabet[Int(state >> 33) % alphabet.count])
      }
      state = state &* 6_364_136_223_846_793_005 &+ 1
      if DMARCRecord.isRecord(octets), let record = try? DMARCRecord(octets) {
        records += 1
        #expect(record.rua.count <= 32)
      }
    }
    #expect(records > 0)
  }
}
