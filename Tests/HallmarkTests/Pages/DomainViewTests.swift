import Foundation
import JSON
import Posture
import TestKit
import Testing

@testable import Hallmark

/// What a page and the plain text make of a record.
@Suite struct DomainViewTests {
  /// The record of one of the examples of the interface.
  static func record(_ name: String) throws -> JSONValue {
    let text = try Repository.text("API/examples/checkDomain-\(name).json")
    let example = try JSONValue(parsing: Array(text.utf8), limits: .evidence)
    return try #require(example["response"]?["result"])
  }

  static let standards = try? Standards(preferred: "baseline", reading: TextFile.read)

  /// A record in which every text is hostile but for the words that decide.
  static func hostile(_ value: JSONValue, _ text: String, key: String = "") -> JSONValue {
    switch value {
    case .string(let old):
      let isKept = [
        "verdict", "severity", "section", "status", "notAfter", "checkedAt", "expiresAt", "standard", "domain",
        "dnssec",
      ]
      .contains(key)
      return .string(isKept ? old : text)
    case .array(let items): return .array(items.map { hostile($0, text, key: key) })
    case .object(let object):
      var result = JSONObject()
      for (key, value) in object { result[key] = hostile(value, text, key: key) }
      return .object(result)
    default: return value
    }
  }

  static func layout(_ title: String = "x") -> LayoutView {
    LayoutView(
      title: title, callerName: title, offersSignIn: true, isAdmin: true, csrf: "c", assets: "a", version: "1",
      search: title, onDashboard: true, onWhitelist: false, onPair: false, feed: title, notice: title)
  }

  static func page(_ record: JSONValue, _ text: String = "x") throws -> String {
    let standard = try #require(standards?["baseline"])
    let view = DomainView(record, standard: standard, at: Timestamp(seconds: 1_800_000_000))
    return try PageTemplates().render(
      Pages.DomainPage(
        layout: layout(TextReport.printable(text)), domain: view, isWatched: true,
        watchedFor: [
          Pages.Choice(choice: TextReport.printable(text), shownName: TextReport.printable(text))
        ], standards: [Pages.Choice(choice: "baseline")]), .domain)
  }

  /// The second has a combining acute on its marks, which makes other characters of them for Swift.
  static let texts = [
    "\"'><script>hostile()</script><b id=hostile x=`",
    "\"\u{301}'\u{301}>\u{301}<b\u{301} onfocus=hostile() id=hostile ",
    "</code></title></textarea><!--", "{{csrf}}{{{csrf}}}{{#layout}}", "a\u{202e}b\u{0}c\u{1b}[31m",
  ]

  @Test(arguments: texts, ["secure", "insecure", "unknown"])
  func whatIsRemoteIsText(_ text: String, _ name: String) throws {
    let record = Self.hostile(try Self.record(name), text)
    let html = try Self.page(record, text)
    let plain = try Self.page(try Self.record(name))
    // As many tags and quotation marks as with harmless text: none came in.
    for mark in ["<", ">", "\"", "<script", "<b"].map({ Array($0.utf8) }) {
      #expect(Self.count(mark, html) == Self.count(mark, plain), "\(String(decoding: mark, as: UTF8.self))")
    }
    #expect(!html.unicodeScalars.contains { $0.value < 0x20 && $0 != "\n" })
    #expect(!html.contains("\u{202e}"))
  }

  private static func count(_ mark: [UInt8], _ text: String) -> Int {
    let octets = Array(text.utf8)
    return octets.indices.count { octets[$0...].starts(with: mark) }
  }

  @Test(arguments: ["secure", "insecure", "unknown"])
  func theTextFitsATerminal(_ name: String) throws {
    let standard = try #require(Self.standards?["baseline"])
    for record in [
      try Self.record(name), Self.hostile(try Self.record(name), String(repeating: "word and ", count: 40)),
    ] {
      let text = TextReport.domain(DomainView(record, standard: standard))
      let records = Set(
        (record["findings"]?.arrayValue ?? []).compactMap { $0["remedy"]?["record"]?["value"]?.stringValue })
      for line in text.split(separator: "\n") where !records.contains(where: { line.hasSuffix($0) }) {
        #expect(line.count <= TextReport.width, "\(line)")
      }
    }
  }

  /// What the page says of findings, requirements and published records stands in the text too.
  @Test(arguments: ["secure", "insecure", "unknown"])
  func bothSayTheSame(_ name: String) throws {
    let standard = try #require(Self.standards?["baseline"])
    let view = DomainView(try Self.record(name), standard: standard)
    func words(_ text: String) -> String { text.split(whereSeparator: \.isWhitespace).joined(separator: " ") }
    let text = words(TextReport.domain(view))
    #expect(view.sections.contains { !$0.requirements.isEmpty })
    for section in view.sections {
      for finding in section.findings {
        #expect(text.contains(words(finding.message)) && text.contains(words(finding.remedy)))
      }
      for requirement in section.requirements { #expect(text.contains(words(requirement.requirementTitle))) }
      for fact in section.facts where fact.label != "Assessment" {
        #expect(text.contains(words(fact.value)), "\(fact)")
      }
    }
    for host in view.path.hosts {
      #expect(text.contains(host.host) && text.contains(host.daneText))
      for endpoint in host.endpoints { #expect(text.contains(endpoint.address)) }
    }
    #expect(text.contains(words(view.sentence)))
  }

  @Test func everyRequirementHasATitle() throws {
    let standards = try #require(Self.standards)
    for name in standards.names {
      for requirement in try #require(standards[name]).rules.keys {
        #expect(RequirementTitles.titles[requirement.id] != nil, "\(requirement.id)")
      }
    }
  }

  @Test func statesOfRequirements() throws {
    let standard = try #require(Self.standards?["baseline"])
    let insecure = RequirementView.all(standard, try Self.record("insecure"))
    func state(_ id: String, _ all: [RequirementView]) -> RequirementView.State? { all.first { $0.id == id }?.state }
    #expect(state("mx-starttls", insecure) == .unmet)
    // Without TLS there is no certificate to judge: to call it valid would be a lie.
    #expect(state("mx-certificate-chain", insecure) == .irrelevant)
    #expect(state("spf-all", insecure) == .met)
    let secure = RequirementView.all(standard, try Self.record("secure"))
    #expect(state("mx-certificate-chain", secure) == .met && state("mx-starttls", secure) == .met)
    let unknown = RequirementView.all(standard, try Self.record("unknown"))
    #expect(unknown.contains { $0.state == .undetermined })
    // What there is to do comes first, and what does not apply last.
    #expect(insecure.first?.state == .unmet && insecure.last?.state == .irrelevant)
    // What is not on the whitelist cannot leave it.
    #expect(state("whitelist-ends-soon", secure) == .met && state("whitelist-ends-soon", insecure) == .irrelevant)
    // Of a name that is no public suffix nobody asks to say that it is one.
    #expect(state("dmarc-psd", secure) == .irrelevant)
    var suffix = try #require(try Self.record("secure").objectValue)
    suffix["findings"] = [["id": "name-public-suffix"]]
    #expect(state("dmarc-psd", RequirementView.all(standard, .object(suffix))) == .met)
  }

  /// What could not be looked up is never told as absence.
  @Test(arguments: [
    ("not-applicable", "insecure", "No mail server"), ("unknown", "insecure", "could not be found out"),
    ("unknown", "bogus", "cannot be believed"),
  ]) func thatThereIsNoMailServerIsToldWhereItIsKnown(_ verdict: String, _ dnssec: String, _ said: String) throws {
    var record = try #require(try Self.record("unknown").objectValue)
    var encryption = try #require(record["encryption"]?.objectValue)
    encryption["mx"] = []
    encryption["verdict"] = .string(verdict)
    record["encryption"] = .object(encryption)
    record["dnssec"] = .string(dnssec)
    let page = try Self.page(.object(record))
    let way = try #require(page.firstRange(of: "id=\"way\""))
    let end = try #require(page[way.upperBound...].firstRange(of: "</section>"))
    let shown = page[way.upperBound..<end.lowerBound]
    #expect(shown.contains(said))
    #expect(shown.contains("No mail server") == (verdict == "not-applicable"))
  }

  /// What tells a template its values without a mirror tells all of them.
  @Test func nothingIsKeptFromTemplates() {
    let badge = Badge("secure", .good)
    let row = DashboardView.Row(
      domain: "d", unicodeDomain: nil, rowOrganisations: "o", badge: badge, encryption: badge, verification: badge,
      rowFindings: "none", certificate: "none", checked: "c")
    for child in Mirror(reflecting: badge).children { #expect(badge.child(named: child.label ?? "") != nil) }
    for child in Mirror(reflecting: row).children { #expect(row.child(named: child.label ?? "") != nil) }
    #expect(row.child(named: "unicodeDomain") as? Bool == false && row.child(named: "heading") == nil)
  }
}
