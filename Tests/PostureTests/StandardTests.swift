import Foundation
import Posture
import Testing

@Suite("Standards")
struct StandardTests {
  @Test("each keeps to the schema", arguments: StandardFiles.names)
  func schema(name: String) throws {
    let file = try StandardFiles.json(name)
    #expect(SchemaCheck.faults(file, try StandardFiles.json("schema")) == [])
    #expect(file["name"] as? String == name)
  }

  @Test(
    "the schema's check finds what is wrong",
    arguments: [
      #"{"name": "a", "title": "A", "version": "1", "source": "s"}"#,
      #"{"name": "A b", "title": "A", "version": "1", "source": "s", "rules": {}}"#,
      #"{"name": "a", "title": "A", "version": "1", "source": "s", "rules": {}, "else": 1}"#,
      #"{"name": "a", "title": "A", "version": "1", "source": "s", "rules": {"x": {"level": "fatal", "clause": "c", "source": "s"}}}"#,
      #"{"name": "a", "title": "A", "version": "1", "source": "s", "rules": {"x": {"level": "error", "clause": "c"}}}"#,
      #"{"name": "a", "title": "A", "version": "1", "source": "s", "rules": {}, "omit": ["x", "x"]}"#,
    ])
  func schemaRefuses(text: String) throws {
    let value = try JSONSerialization.jsonObject(with: Data(text.utf8))
    #expect(!SchemaCheck.faults(value, try StandardFiles.json("schema")).isEmpty)
  }

  @Test(
    "each names requirements that some check looks at, and sources that can be looked up",
    arguments: StandardFiles.names)
  func requirements(name: String) throws {
    let file = try StandardFiles.json(name)
    let rules = file["rules"] as? [String: [String: String]] ?? [:]
    for id in Array(rules.keys) + (file["omit"] as? [String] ?? []) {
      #expect(Checks.requirements[id] != nil, "\(id)")
    }
    #expect(!rules.isEmpty)
  }

  /// Said by hand, beside the file, so that neither changes alone.
  static let levels: [(standard: String, level: Standard.Level, ids: Set<String>)] = [
    (
      "baseline", .error,
      [
        // Where TLS cannot be looked at, it cannot be determined.
        "mx-lookup", "mx-reachable", "mx-too-many",
        "mx-undeliverable", "mx-starttls", "mx-starttls-injection", "mx-tls12", "mx-certificate-dates",
        "mx-certificate-chain", "mx-certificate-name", "spf-missing", "spf-invalid", "spf-all", "dmarc-missing",
        "dmarc-invalid", "dmarc-policy", "dmarc-testing", "dkim-missing",
      ]
    ),
    (
      "baseline", .warning,
      [
        "dane-bogus", "dane-mismatch", "dane-unusable", "mta-sts-mx-uncovered", "mta-sts-id-unchanged",
        "mta-sts-invalid", "mx-tls-old",
        "mx-forward-secrecy", "mx-weak-cipher", "downgrade-protection", "tls-rpt-missing", "tls-rpt-invalid",
        "dmarc-reports", "report-address-retired", "mx-certificate-key", "mx-certificate-signature", "dkim-key-size",
        "dkim-key-invalid", "dkim-published", "mx-certificate-ends-soon", "mta-sts-certificate-ends-soon",
        "assurance-expired", "assurance-ends-soon",
        "whitelist-ends-soon",
        "domain-nonexistent", "mx-address", "mx-dead", "mx-endpoint-unreachable", "mx-cname", "dnssec-bogus",
      ]
    ),
    (
      "uk-gov-non-sending", .error,
      [
        "spf-missing", "spf-invalid", "spf-sends", "dmarc-missing", "dmarc-invalid", "dmarc-policy", "dmarc-reject",
        "dmarc-testing", "dmarc-subdomains", "dmarc-alignment",
      ]
    ),
    (
      "us-bod-18-01", .error,
      [
        "mx-lookup", "mx-reachable", "mx-too-many", "mx-undeliverable", "mx-starttls", "mx-starttls-injection",
        "mx-weak-cipher", "spf-missing", "spf-invalid", "dmarc-missing", "dmarc-invalid", "dmarc-policy",
        "dmarc-reject", "dmarc-testing", "dmarc-subdomains", "dmarc-reports", "dmarc-reports-cisa",
      ]
    ),
    (
      "m3aawg-parked", .error,
      [
        "mx-lookup", "null-mx-missing", "spf-missing", "spf-invalid", "spf-sends", "dmarc-missing", "dmarc-invalid",
        "dmarc-policy", "dmarc-reject", "dmarc-testing", "dmarc-subdomains",
      ]
    ),
  ]

  @Test("each requires what its document requires", arguments: levels)
  func level(standard: String, level: Standard.Level, ids: Set<String>) throws {
    let found = try StandardFiles.ids(level, of: standard)
    #expect(found == ids, "\(found.symmetricDifference(ids).sorted())")
  }

  /// What each adds to the errors of baseline, and takes away.
  static let differences: [(standard: String, more: Set<String>, fewer: Set<String>)] = [
    ("uk-gov", ["mta-sts-missing", "mta-sts-invalid", "tls-rpt-missing", "tls-rpt-invalid", "dmarc-reports"], []),
    (
      "nl-internet",
      [
        "dane-missing", "dane-mismatch", "dane-bogus", "dane-unusable", "dnssec-missing", "dnssec-bogus", "mx-tls-old",
        "mx-weak-cipher", "mx-forward-secrecy", "mx-certificate-key", "mx-certificate-signature", "mx-ipv6",
        "mx-weak-cipher-accepted",
      ], ["mx-certificate-chain", "mx-certificate-name", "mx-certificate-dates"]
    ),
    (
      "de-bsi-tr-03108",
      [
        "mta-sts-missing", "mta-sts-invalid", "mta-sts-not-enforced", "mta-sts-mx-uncovered", "dane-missing",
        "dane-mismatch", "dane-bogus", "dane-unusable", "dnssec-missing", "dnssec-bogus", "mx-tls-old",
        "mx-weak-cipher", "mx-weak-cipher-accepted", "dkim-key-size",
      ], []
    ),
  ]

  @Test("those that extend baseline add what their document adds", arguments: differences)
  func difference(standard: String, more: Set<String>, fewer: Set<String>) throws {
    let base = try StandardFiles.ids(.error, of: "baseline")
    let own = try StandardFiles.ids(.error, of: standard)
    #expect(own.subtracting(base) == more)
    #expect(base.subtracting(own) == fewer)
  }

  @Test("mode testing is a warning in uk-gov")
  func testingMode() throws {
    #expect(try StandardFiles.ids(.warning, of: "uk-gov").contains("mta-sts-not-enforced"))
    var world = World.good()
    world.enforce(mode: "testing")
    let standard = try StandardFiles.standard("uk-gov")
    #expect(world.record(standard: standard)?.verdict == .secure)
    world.enforce(mode: "none")
    #expect(world.record(standard: standard)?.verdict == .insecure)
  }

  @Test("what takes no mail and sends none meets every standard", arguments: StandardFiles.names)
  func noMail(name: String) throws {
    var world = World()
    world.add("example.org", .mx, ["0 ."])
    world.add("example.org", .txt, ["v=spf1 -all"])
    world.add("_dmarc.example.org", .txt, ["v=DMARC1; p=reject"])
    let record = try #require(world.record(selectors: [], standard: StandardFiles.standard(name)))
    #expect(record.verdict == .noMail)
    #expect(record.findings.isEmpty)
  }

  @Test("the rules make a standard's identity, whatever its name and version")
  func identity() throws {
    let standard = try StandardFiles.standard("baseline")
    var rules = standard.rules
    let first = try #require(rules.keys.min { $0.id < $1.id })
    rules[first] = Standard.Rule(level: .error, clause: "another clause", source: "another source")
    let edited = Standard(name: standard.name, title: standard.title, version: standard.version, rules: rules)
    #expect(edited.identity != standard.identity)
    #expect(try StandardFiles.standard("baseline").identity == standard.identity)
  }
}

@Suite("findings.md")
struct StandardFindingsTests {
  static func sections(_ text: String) -> [String: String] {
    var found: [String: String] = [:]
    var current: String?
    for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
      if line.hasPrefix("### `"), line.hasSuffix("`") {
        current = String(line.dropFirst(5).dropLast())
      } else if line.hasPrefix("## ") {
        current = nil
      } else if let current {
        found[current, default: ""] += line + "\n"
      }
    }
    return found
  }

  @Test("every requirement has a section, and nothing else has")
  func complete() throws {
    let sections = StandardFindingsTests.sections(try StandardFiles.findings())
    let known = Set(Checks.requirements.keys)
    #expect(Set(sections.keys) == known, "\(Set(sections.keys).symmetricDifference(known).sorted())")
    for (id, text) in sections {
      #expect(text.contains("- Remedy:"), "\(id)")
      #expect(text.contains("- Unmet:") || text.contains("- `\(id)-unknown`:"), "\(id)")
    }
  }

  @Test("the table holds the levels of the standards")
  func levels() throws {
    let lines = try StandardFiles.findings().split(separator: "\n").filter { $0.hasPrefix("|") }
    func cells(_ line: Substring) -> [String] {
      line.dropFirst().dropLast().split(separator: "|", omittingEmptySubsequences: false).map {
        $0.trimmingCharacters(in: .whitespaces)
      }
    }
    let names = Array(cells(try #require(lines.first)).dropFirst().dropLast())
    #expect(Set(names) == Set(StandardFiles.names))
    let standards = try names.map(StandardFiles.standard)
    let letters: [Standard.Level: String] = [.error: "E", .warning: "W", .advice: "A"]
    #expect(lines.count == Checks.requirements.count + 2)
    for line in lines.dropFirst(2) {
      let row = cells(line)
      let id = try #require(row[0].split(separator: "`").dropFirst().first)
      let requirement = try #require(Checks.requirements[String(id)])
      let wanted = standards.map { $0.rules[requirement].flatMap { letters[$0.level] } ?? "" }
      #expect(Array(row.dropFirst().dropLast()) == wanted, "\(id)")
    }
  }

  @Test("every -unknown that a record shows is explained", arguments: CheckTrapsTests.all)
  func unknowns(_ trap: Trap) throws {
    let sections = StandardFindingsTests.sections(try StandardFiles.findings())
    let record = try #require(trap.world.record(of: trap.domain, selectors: trap.selectors))
    for id in record.ids where id.hasSuffix("-unknown") {
      let section = sections[String(id.dropLast("-unknown".count))]
      #expect(section?.contains("- `\(id)`:") == true, "\(id)")
    }
  }
}
