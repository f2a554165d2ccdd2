import DNS
import EmailAuth
import Testing

@Suite("DMARC report authorisation")
struct DMARCReportAuthorisationTests {
  private struct Case: CustomTestStringConvertible {
    let why: String
    let host: String
    let txt: [String: [String]]
    let errors: [String: String]
    let expected: DMARCReportAuthorisation

    init(
      _ why: String, _ host: String, _ txt: [String: [String]], errors: [String: String] = [:],
      _ expected: DMARCReportAuthorisation
    ) {
      self.why = why
      self.host = host
      self.txt = txt
      self.errors = errors
      self.expected = expected
    }

    var testDescription: String { why }
  }

  private static let own = "v=DMARC1; p=reject"
  private static let consent = "example.com._report._dmarc.reports.example"

  private static let cases: [Case] = [
    Case("the same Organizational Domain", "r.example.com", ["_dmarc.example.com": [own]], .authorised),
    Case(
      "an Organizational Domain of its own below", "r.example.com",
      ["_dmarc.example.com": [own], "_dmarc.r.example.com": [own + "; psd=n"]], .refused),
    Case(
      "below, and the walk fails", "r.example.com", ["_dmarc.example.com": [own]],
      errors: ["_dmarc.r.example.com": "TIMEOUT"], .unknown),
    Case("consent", "reports.example", [consent: ["v=DMARC1"]], .authorised),
    Case("no consent", "reports.example", [:], .refused),
    Case("no DMARC record", "reports.example", [consent: ["v=spf1 -all"]], .refused),
    Case("a failure", "reports.example", [:], errors: [consent: "SERVFAIL"], .unknown),
    Case(
      "consent with another mailbox", "reports.example",
      [consent: ["v=DMARC1; rua=mailto:b@reports.example"]], .authorised),
    // RFC 9990 section 4 step 9.
    Case(
      "consent that sends them on", "reports.example", [consent: ["v=DMARC1; rua=mailto:b@victim.example"]], .refused),
  ]

  @Test("who needs consent, and who gives it", arguments: cases)
  private func authorisation(of entry: Case) throws {
    var zone = DMARCZone(txt: entry.txt, errors: entry.errors)
    let domain = try #require(DomainName("example.com"))
    let result = DMARCReportAuthorisation.find(
      domain: domain, host: try #require(DomainName(entry.host)), organization: domain, in: &zone)
    #expect(result == entry.expected)
  }

  @Test("a name too long to ask is no consent")
  func tooLong() throws {
    let label = String(repeating: "a", count: 60)
    let domain = try #require(DomainName("\(label).\(label).example"))
    let host = try #require(DomainName("\(label).\(label).reports.example"))
    var zone = DMARCZone()
    #expect(DMARCReportAuthorisation.question(domain: domain, host: host) == nil)
    #expect(DMARCReportAuthorisation.find(domain: domain, host: host, in: &zone) == .refused)
  }

  @Test(
    "the host of an address",
    arguments: zip(
      [
        "mailto:a@example.com", "MAILTO:a@Example.com?cc=b@other.example", "https://u:p@example.com:8443/x@y",
        "https://example.com", "https:example.com", "mailto:a", "ftp://example.com/", "mailto:a@exa_mple.com", "",
      ],
      [
        "example.com", "example.com", "example.com", "example.com", nil, nil, nil, nil, nil,
      ] as [String?]))
  func host(uri: String, expected: String?) {
    #expect(DMARCReportAuthorisation.host(of: uri)?.description == expected)
  }
}
