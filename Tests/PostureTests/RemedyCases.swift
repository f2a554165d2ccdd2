import DNS
import EmailAuth
import Posture
import Testing

/// A domain that lacks something, and the record that its finding has the owner publish.
struct RemedyCase: Sendable, CustomTestStringConvertible {
  let testDescription: String
  let id: String
  let world: World
  var domain = "example.org"
  var selectors = ["s1"]
  /// The record's value; nil where it is enough that it clears the finding.
  var value: String?

  init(
    _ why: String, _ id: String, value: String? = nil, domain: String = "example.org", selectors: [String] = ["s1"],
    _ change: (inout World) -> Void
  ) {
    var world = World.good()
    change(&world)
    testDescription = "\(id): \(why)"
    self.id = id
    self.world = world
    self.domain = domain
    self.selectors = selectors
    self.value = value
  }

  static let all = spf + dmarc + dmarcPolicies + suffixes + reports + transport + parked

  private static func spf(_ why: String, _ id: String, _ texts: [String], value: String? = nil) -> RemedyCase {
    RemedyCase(why, id, value: value) { $0.add("example.org", .txt, texts) }
  }

  static let spf: [RemedyCase] = [
    spf("none", "spf-missing", [], value: "v=spf1 mx ~all"),
    spf("other texts stay", "spf-missing", ["some-verification=1"], value: "v=spf1 mx ~all"),
    RemedyCase("an implicit MX is no mx", "spf-missing", value: "v=spf1 a ~all") {
      $0.answers["example.org MX"] = nil
      $0.add("example.org", .a, ["192.0.2.1"])
      $0.add("example.org", .txt, [])
    },
    RemedyCase("a domain that takes no mail", "spf-missing", value: "v=spf1 -all") {
      $0.add("example.org", .mx, ["0 ."])
      $0.add("example.org", .txt, [])
    },
    spf("neutral", "spf-all", ["v=spf1 mx ?all"], value: "v=spf1 mx ~all"),
    spf("everyone", "spf-all", ["v=spf1 +all"], value: "v=spf1 ~all"),
    spf("no end", "spf-all", ["v=spf1 mx"], value: "v=spf1 mx ~all"),
    spf("in capitals", "spf-all", ["V=SPF1 MX ALL"], value: "V=SPF1 MX ~all"),
    spf("blanks", "spf-all", ["v=spf1   mx   ?all  "], value: "v=spf1 mx ~all"),
    spf("what is dead stays dead", "spf-all", ["v=spf1 mx ?all include:gone.example.net"]),
    spf("a redirect beside all", "spf-all", ["v=spf1 mx ?all redirect=gone.example.net"]),
    spf("an explanation", "spf-all", ["v=spf1 mx ?all exp=why.example.org"]),
    spf(
      "beyond one string", "spf-all",
      ["v=spf1 " + (0..<30).map { "ip4:192.0.2.\($0)" }.joined(separator: " ") + " ?all"]),
    spf("mistrust", "spf-softfail", ["v=spf1 mx ~all"], value: "v=spf1 mx -all"),
  ]

  private static func dmarc(_ why: String, _ id: String, _ texts: [String], value: String? = nil) -> RemedyCase {
    RemedyCase(why, id, value: value) { $0.add("_dmarc.example.org", .txt, texts) }
  }

  static let dmarc: [RemedyCase] = [
    dmarc("none", "dmarc-missing", [], value: "v=DMARC1; p=none; rua=mailto:dmarc-reports@example.org"),
    dmarc("several", "dmarc-missing", ["v=DMARC1; p=reject", "v=DMARC1; p=none"]),
    RemedyCase("nobody to lose mail", "dmarc-missing", value: "v=DMARC1; p=reject") {
      $0.add("example.org", .mx, ["0 ."])
      $0.add("example.org", .txt, ["v=spf1 -all"])
      $0.add("_dmarc.example.org", .txt, [])
    },
    RemedyCase("several above", "dmarc-missing", domain: "sub.example.org") {
      $0.add("_dmarc.example.org", .txt, ["v=DMARC1; p=reject", "v=DMARC1; p=none"])
      $0.add("sub.example.org", .mx, ["10 mx.example.org"])
    },
    dmarc(
      "no policy, no reports", "dmarc-invalid", ["v=DMARC1; adkim=s"],
      value: "v=DMARC1; p=none; adkim=s; rua=mailto:dmarc-reports@example.org"),
    dmarc(
      "twice the same", "dmarc-invalid", ["v=DMARC1; p=reject; rua=mailto:a@example.org; p=reject"],
      value: "v=DMARC1; p=reject; rua=mailto:a@example.org"),
    dmarc(
      "twice, in doubt", "dmarc-invalid", ["v=DMARC1; p=reject; p=none; rua=mailto:a@example.org"],
      value: "v=DMARC1; p=none; rua=mailto:a@example.org"),
    dmarc("a wrong sp", "dmarc-invalid", ["v=DMARC1; p=reject; sp=refuse"]),
    RemedyCase("invalid above", "dmarc-invalid", value: "v=DMARC1; p=none", domain: "sub.example.org") {
      $0.add("_dmarc.example.org", .txt, ["v=DMARC1; p=refuse"])
      $0.add("sub.example.org", .mx, ["10 mx.example.org"])
    },
  ]

  static let dmarcPolicies: [RemedyCase] = [
    dmarc(
      "none", "dmarc-policy", ["v=DMARC1; p=none; rua=mailto:a@example.org"],
      value: "v=DMARC1; p=quarantine; rua=mailto:a@example.org"),
    dmarc("in capitals", "dmarc-policy", ["V=DMARC1;P=NONE;RUA=mailto:a@example.org"]),
    dmarc("blanks", "dmarc-policy", ["v = DMARC1 ;\tp = none ; rua = mailto:a@example.org,mailto:b@example.org ;"]),
    dmarc("p is missing", "dmarc-policy", ["v=DMARC1; rua=mailto:a@example.org"]),
    dmarc("p is no policy", "dmarc-policy", ["v=DMARC1; p=refuse; rua=mailto:a@example.org"]),
    dmarc("sp is no policy", "dmarc-policy", ["v=DMARC1; p=reject; sp=refuse; rua=mailto:a@example.org"]),
    dmarc("parts that are no tags", "dmarc-policy", ["v=DMARC1; p=none; nonsense; \u{e9}=x; rua=mailto:a@example.org"]),
    dmarc("a test", "dmarc-testing", ["v=DMARC1; p=reject; t=y; rua=mailto:a@example.org"]),
    dmarc("a test in capitals", "dmarc-testing", ["v=DMARC1; p=quarantine; T=Y"]),
    dmarc("a test of nothing", "dmarc-testing", ["v=DMARC1; p=none; t=y"]),
    dmarc("a test of nothing", "dmarc-policy", ["v=DMARC1; p=none; t=y"]),
    dmarc("quarantine", "dmarc-reject", ["v=DMARC1; p=quarantine; sp=none"]),
    dmarc("subdomains", "dmarc-subdomains", ["v=DMARC1; p=reject; sp=none"], value: "v=DMARC1; p=reject"),
    dmarc("names that do not exist", "dmarc-subdomains", ["v=DMARC1; p=reject; np=none"]),
    dmarc("relaxed alignment", "dmarc-alignment", ["v=DMARC1; p=reject; adkim=s"]),
    RemedyCase("nobody to lose mail", "dmarc-policy", value: "v=DMARC1; p=reject") {
      $0.add("example.org", .mx, ["0 ."])
      $0.add("example.org", .txt, ["v=spf1 -all"])
      $0.add("_dmarc.example.org", .txt, ["v=DMARC1; p=none"])
    },
  ]

  private static func suffix(_ why: String, _ id: String, _ texts: [String], value: String? = nil) -> RemedyCase {
    RemedyCase(why, id, value: value) {
      $0.isPublicSuffix = true
      $0.add("_dmarc.example.org", .txt, texts)
    }
  }

  static let suffixes: [RemedyCase] = [
    suffix("undeclared", "dmarc-psd", ["v=DMARC1; p=reject"], value: "v=DMARC1; p=reject; psd=y"),
    suffix("declared to be none", "dmarc-psd", ["v=DMARC1; p=reject; psd=n"], value: "v=DMARC1; p=reject; psd=y"),
    suffix(
      "a first record declares it", "dmarc-missing", [],
      value: "v=DMARC1; p=none; rua=mailto:dmarc-reports@example.org; psd=y"),
    suffix(
      "a mended record declares it", "dmarc-invalid", ["v=DMARC1; p=refuse"],
      value: "v=DMARC1; p=none; rua=mailto:dmarc-reports@example.org; psd=y"),
  ]

  static let reports: [RemedyCase] = [
    dmarc(
      "none", "dmarc-reports", ["v=DMARC1; p=reject"],
      value: "v=DMARC1; p=reject; rua=mailto:dmarc-reports@example.org"),
    dmarc("no address", "dmarc-reports", ["v=DMARC1; p=reject; rua=postmaster"]),
    dmarc(
      "retired alone", "report-address-retired", ["v=DMARC1; p=reject; rua=mailto:x@mailcheck.service.ncsc.gov.uk"],
      value: "v=DMARC1; p=reject; rua=mailto:dmarc-reports@example.org"),
    dmarc(
      "retired beside others", "report-address-retired",
      [
        "v=DMARC1; p=reject; "
          + "rua=mailto:dmarc-rua@DMARC.service.gov.uk!10m, mailto:a@example.org,mailto:x@mailcheck.service.ncsc.gov.uk"
      ], value: "v=DMARC1; p=reject; rua=mailto:a@example.org"),
    dmarc(
      "another step leaves them out too", "dmarc-policy",
      ["v=DMARC1; p=none; rua=mailto:dmarc-rua@dmarc.service.gov.uk; ruf=mailto:x@mailcheck.service.ncsc.gov.uk"],
      value: "v=DMARC1; p=quarantine; rua=mailto:dmarc-reports@example.org"),
    RemedyCase("of TLS", "report-address-retired", value: "v=TLSRPTv1; rua=mailto:t@example.org") {
      $0.add(
        "_smtp._tls.example.org", .txt,
        ["v=TLSRPTv1; rua=mailto:tls-rua@mailcheck.service.ncsc.gov.uk,mailto:t@example.org"])
    },
    dmarc("CISA", "dmarc-reports-cisa", ["v=DMARC1; p=reject; rua=mailto:a@example.org"]),
    dmarc("CISA alone", "dmarc-reports-cisa", ["v=DMARC1; p=reject"]),
  ]

  static let transport: [RemedyCase] = [
    RemedyCase("none", "tls-rpt-missing") { $0.add("_smtp._tls.example.org", .txt, []) },
    RemedyCase("several", "tls-rpt-missing") {
      $0.add(
        "_smtp._tls.example.org", .txt, ["v=TLSRPTv1; rua=mailto:a@a.example", "v=TLSRPTv1; rua=mailto:b@b.example"])
    },
    RemedyCase("no rua", "tls-rpt-invalid") { $0.add("_smtp._tls.example.org", .txt, ["v=TLSRPTv1; to=a@a.example"]) },
    RemedyCase("no semicolon", "tls-rpt-invalid") { $0.add("_smtp._tls.example.org", .txt, ["v=TLSRPTv1"]) },
    RemedyCase("none", "mta-sts-missing") { _ in },
    RemedyCase("several", "mta-sts-missing") {
      $0.add("_mta-sts.example.org", .txt, ["v=STSv1; id=1", "v=STSv1; id=2"])
    },
    RemedyCase("mode none", "mta-sts-missing") { $0.enforce(mode: "none") },
    RemedyCase("no id", "mta-sts-invalid") { $0.add("_mta-sts.example.org", .txt, ["v=STSv1; ident=1"]) },
    RemedyCase("no host", "mta-sts-invalid") { $0.add("_mta-sts.example.org", .txt, ["v=STSv1; id=1"]) },
    RemedyCase("no mode", "mta-sts-invalid") {
      $0.enforce()
      $0.serve(["version: STSv1", "mx: mx.example.org", "max_age: 604800"])
    },
  ]

  static let parked: [RemedyCase] = [
    RemedyCase("neither MX nor address", "null-mx", value: "0 .") {
      $0.answers["example.org MX"] = nil
      $0.add("example.org", .txt, ["v=spf1 -all"])
      $0.add("_dmarc.example.org", .txt, ["v=DMARC1; p=none"])
    },
    RemedyCase("an address", "null-mx-missing", value: "0 .") {
      $0.answers["example.org MX"] = nil
      $0.add("example.org", .a, ["192.0.2.1"])
    },
    RemedyCase("an MX host", "null-mx-missing", value: "0 .") { _ in },
    RemedyCase("senders", "spf-sends", value: "v=spf1 -all") { _ in },
    RemedyCase("keys", "dkim-revoked-wildcard", value: "v=DKIM1; p=", selectors: []) { $0.absence = .noSuchName },
  ]
}
