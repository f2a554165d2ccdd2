import DNS
import EmailAuth
import Posture
import Testing

@Suite("Remedies")
struct RemedyTests {
  /// Steps on the way to more, which the next finding asks for.
  static let nextSteps: Set<String> = ["dmarc-policy"]
  /// They answer a question that only the owner can: whether the domain takes or sends mail at all.
  static let conditional: Set<String> = ["null-mx-missing", "spf-sends", "dkim-revoked-wildcard"]

  @Test("the record that a finding names clears it", arguments: RemedyCase.all)
  func clears(_ example: RemedyCase) throws {
    let before = try #require(example.world.record(of: example.domain, selectors: example.selectors))
    let finding = try #require(before.findings.first { $0.id == example.id }, "\(before.ids.sorted())")
    let record = try #require(finding.remedy.record)
    if let value = example.value { #expect(record.value == value) }
    #expect(record.value.utf8.allSatisfy { (0x20...0x7e).contains($0) })

    var world = example.world
    world.publish(record)
    // The policy that the sentence describes; an operator tests before enforcing.
    if record.name.hasPrefix("_mta-sts.") {
      world.serve(["version: STSv1", "mode: testing", "mx: mx.example.org", "max_age: 604800"])
    }
    let after = try #require(world.record(of: example.domain, selectors: example.selectors))
    #expect(!after.ids.contains(finding.id), "\(record.value): \(after.findings.map(\.message))")
    guard !RemedyTests.conditional.contains(finding.id) else { return }
    #expect(after.errorIDs.subtracting(before.errorIDs).isSubset(of: RemedyTests.nextSteps), "\(record.value)")
  }

  @Test("every other record that these domains are told to publish clears its finding too", arguments: RemedyCase.all)
  func clearsAll(_ example: RemedyCase) throws {
    let before = try #require(example.world.record(of: example.domain, selectors: example.selectors))
    for finding in before.findings {
      guard let record = finding.remedy.record, !record.name.hasPrefix("_mta-sts.") else { continue }
      var world = example.world
      world.publish(record)
      let after = try #require(world.record(of: example.domain, selectors: example.selectors))
      #expect(!after.ids.contains(finding.id), "\(finding.id): \(record.value)")
    }
  }

  @Test("no remedy names an address of a retired service", arguments: RemedyCase.all)
  func retired(_ example: RemedyCase) throws {
    let record = try #require(example.world.record(of: example.domain, selectors: example.selectors))
    for finding in record.findings {
      let text = (finding.remedy.text + " " + (finding.remedy.record?.value ?? "")).lowercased()
      for host in ["mailcheck.service.ncsc.gov.uk", "dmarc.service.gov.uk"] {
        #expect(!text.contains(host), "\(finding.id): \(text)")
      }
    }
  }

  @Test("an SPF remedy keeps every term but the ending: it never flattens", arguments: RemedyCase.spf)
  func neverFlattens(_ example: RemedyCase) throws {
    let before = try #require(example.world.record(of: example.domain, selectors: example.selectors))
    guard let old = before.verification.spf.record else { return }
    let endings = ["all", "+all", "?all", "~all", "-all"]
    func terms(_ text: String) -> [String] {
      text.split(separator: " ").map(String.init).filter { !endings.contains($0.lowercased()) }
    }
    for finding in before.findings where ["spf-all", "spf-softfail"].contains(finding.id) {
      let record = try #require(finding.remedy.record)
      #expect(terms(record.value) == terms(old))
    }
  }

  @Test("a redirect's ending is not the record's to mend")
  func redirect() throws {
    var world = World.good()
    world.add("example.org", .txt, ["v=spf1 redirect=_spf.example.net"])
    world.add("_spf.example.net", .txt, ["v=spf1 mx:example.org ?all"])
    let record = try #require(world.record())
    let finding = try #require(record.findings.first { $0.id == "spf-all" })
    #expect(finding.remedy.record == nil)
    #expect(finding.remedy.text.contains("redirect="))
  }

  @Test("DMARC goes from none over quarantine to reject, and its reports stay")
  func steps() throws {
    var world = World.good()
    world.add("_dmarc.example.org", .txt, ["v=DMARC1; p=none; rua=mailto:a@example.org,mailto:b@example.org; fo=1"])
    var policies: [DMARCPolicy?] = []
    for _ in 0..<4 {
      let record = try #require(world.record())
      policies.append(record.verification.dmarc.policy)
      #expect(record.verification.dmarc.rua == ["mailto:a@example.org", "mailto:b@example.org"])
      #expect(record.verification.dmarc.record?.hasSuffix("fo=1") == true)
      let next = record.findings.first {
        ["dmarc-policy", "dmarc-reject"].contains($0.id) && $0.remedy.record != nil
      }
      guard let next = next?.remedy.record else { break }
      world.publish(next)
    }
    #expect(policies == [DMARCPolicy.none, .quarantine, .reject])
  }

  @Test("where another domain's DMARC record applies, there is none to paste here")
  func inherited() throws {
    var world = World.good()
    world.add("_dmarc.example.org", .txt, ["v=DMARC1; p=reject; sp=none; t=y"])
    world.add("sub.example.org", .mx, ["10 mx.example.org"])
    let record = try #require(world.record(of: "sub.example.org"))
    let findings = record.findings.filter { $0.id.hasPrefix("dmarc-") }
    #expect(Set(findings.map(\.id)).isSuperset(of: ["dmarc-policy", "dmarc-testing", "dmarc-reports"]))
    for finding in findings {
      #expect(finding.remedy.record == nil, "\(finding.id)")
      #expect(!finding.remedy.text.isEmpty)
    }
  }

  @Test("no-one is sent reports at a domain that takes no mail")
  func noReportsToNobody() throws {
    var world = World.good()
    world.add("example.org", .mx, ["0 ."])
    world.add("_dmarc.example.org", .txt, [])
    let missing = try #require(world.record()?.findings.first { $0.id == "dmarc-missing" })
    #expect(missing.remedy.record?.value == "v=DMARC1; p=none")
    world.add("_dmarc.example.org", .txt, ["v=DMARC1; p=none"])
    let silent = try #require(world.record()?.findings.first { $0.id == "dmarc-reports" })
    #expect(silent.remedy.record == nil)
  }
}
