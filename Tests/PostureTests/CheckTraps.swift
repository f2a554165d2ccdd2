import DNS
import EmailAuth
import Posture
import Testing

/// A place where checkers of this kind have gone wrong: a world, and what must be said of it.
struct Trap: Sendable, CustomTestStringConvertible {
  let testDescription: String
  let world: World
  let selectors: [String]
  let domain: String
  /// Ids of findings that stand there, and that do not.
  let has: [String]
  let hasNot: [String]
  let verdict: Verdict?
  let more: @Sendable (PostureRecord) -> Bool

  init(
    _ why: String, has: [String] = [], hasNot: [String] = [], verdict: Verdict? = nil, selectors: [String] = ["s1"],
    domain: String = "example.org", _ change: (inout World) -> Void,
    more: @escaping @Sendable (PostureRecord) -> Bool = { _ in true }
  ) {
    var world = World.good()
    change(&world)
    testDescription = why
    self.world = world
    self.selectors = selectors
    self.domain = domain
    self.has = has
    self.hasNot = hasNot
    self.verdict = verdict
    self.more = more
  }
}

extension Trap {
  private static func spf(
    _ why: String, _ texts: [String], has: [String] = [], hasNot: [String] = [], verdict: Verdict? = nil,
    _ change: (inout World) -> Void, more: @escaping @Sendable (PostureRecord) -> Bool = { _ in true }
  ) -> Trap {
    Trap(
      why, has: has, hasNot: hasNot, verdict: verdict,
      {
        $0.add("example.org", .txt, texts)
        change(&$0)
      }, more: more)
  }

  private static func spf(
    _ why: String, _ texts: [String], has: [String] = [], hasNot: [String] = [], verdict: Verdict? = nil,
    more: @escaping @Sendable (PostureRecord) -> Bool = { _ in true }
  ) -> Trap {
    spf(why, texts, has: has, hasNot: hasNot, verdict: verdict, { _ in }, more: more)
  }

  static let spf: [Trap] = [
    spf(
      "a term without A and AAAA is one void look-up (RFC 7208 section 4.6.4)",
      ["v=spf1 a:no1.example.org a:no2.example.org -all"], hasNot: ["spf-invalid"], verdict: .secure,
      more: { $0.verification.spf.voidLookups == 2 && $0.verification.spf.lookups == 2 }),
    spf(
      "three void look-ups are too many (RFC 7208 section 4.6.4)",
      ["v=spf1 a:no1.example.org a:no2.example.org a:no3.example.org -all"], has: ["spf-invalid"], verdict: .insecure),
    spf(
      "mx costs one, whatever it names (RFC 7208 section 4.6.4)", ["v=spf1 mx:ten.example.org -all"],
      hasNot: ["spf-invalid"],
      { $0.add("ten.example.org", .mx, (0..<10).map { "10 h\($0).example.org" }) },
      more: { $0.verification.spf.lookups == 1 }),
    spf(
      "an mx of eleven names is an error (RFC 7208 section 4.6.4)", ["v=spf1 mx:many.example.org -all"],
      has: ["spf-invalid"], { $0.add("many.example.org", .mx, (0..<11).map { "10 h\($0).example.org" }) }),
    spf(
      "include and redirect cost one each, beside what they lead to (RFC 7208 section 4.6.4)",
      ["v=spf1 include:a.example.net redirect=b.example.net"], hasNot: ["spf-invalid"],
      {
        $0.add("a.example.net", .txt, ["v=spf1 ip4:192.0.2.0/24 -all"])
        $0.add("b.example.net", .txt, ["v=spf1 mx:example.org -all"])
      },
      more: { $0.verification.spf.lookups == 3 && $0.verification.spf.all == "-" }),
    spf(
      "a macro is counted and never looked up as it stands (RFC 7208 section 7)",
      ["v=spf1 exists:%{i}._spf.%{d2} include:%{ir}.x.example.org -all"],
      hasNot: ["spf-invalid", "spf-missing-unknown"],
      { $0.fail("%{i}._spf.%{d2}", .a, .timeout) },
      more: { $0.verification.spf.lookups == 2 && $0.verification.spf.voidLookups == 0 }),
    spf(
      "a macro's syntax counts (RFC 7208 section 7.1)", ["v=spf1 exists:%{q}.example.org -all"], has: ["spf-invalid"]),
    spf(
      "the all of an include is not the record's (RFC 7208 section 5.2)", ["v=spf1 include:a.example.net"],
      has: ["spf-all"], verdict: .insecure, { $0.add("a.example.net", .txt, ["v=spf1 mx:example.org -all"]) },
      more: { $0.verification.spf.all == nil }),
    spf(
      "the all of a redirect is (RFC 7208 section 6.1)", ["v=spf1 redirect=a.example.net"], hasNot: ["spf-all"],
      verdict: .secure, { $0.add("a.example.net", .txt, ["v=spf1 mx:example.org -all"]) }),
    spf("a blank before the version (RFC 7208 section 4.5)", [" v=spf1 mx -all"], has: ["spf-missing"]),
    spf("a version that goes on (RFC 7208 section 4.5)", ["v=spf10 mx -all"], has: ["spf-missing"]),
    spf(
      "unknown modifiers are ignored (RFC 7208 section 6, RFC 6652)", ["v=spf1 ra=postmaster rp=100 mx -all"],
      hasNot: ["spf-invalid"], verdict: .secure),
    spf(
      "strings are joined without blanks (RFC 7208 section 3.3)", [],
      verdict: .secure,
      {
        let record = TXTData(strings: [Array("v=spf1 m".utf8), Array("x -al".utf8), Array("l".utf8)])
        let question = Question(DomainName("example.org") ?? .root, .txt)
        $0.answers[question.description] = Answer(question, .found([.txt(record)]))
      },
      more: { $0.verification.spf.record == "v=spf1 mx -all" }),
    spf(
      "what looks like all and is none", ["v=spf1 mx exp=~all.example.org include:-all.example.net"],
      has: ["spf-all"], { $0.add("-all.example.net", .txt, ["v=spf1 mx:example.org -all"]) }),
    spf(
      "a record's error is shown beside the record (RFC 7208 section 4.6)", ["v=spf1 mxx -all"], has: ["spf-invalid"],
      more: { $0.verification.spf.record == "v=spf1 mxx -all" && $0.verification.spf.errorTerm == "mxx" }),
    spf(
      "SERVFAIL below an include is no absence (RFC 7208 section 4.4)", ["v=spf1 include:a.example.net -all"],
      has: ["spf-missing-unknown"], hasNot: ["spf-missing", "spf-invalid"], verdict: .unknown,
      { $0.fail("a.example.net", .txt, .serverFailure) }),
    spf(
      "a record that amplifies is cut short (RFC 7208 section 4.6.4)",
      ["v=spf1 " + (0..<200).map { "a:h\($0).example.net" }.joined(separator: " ") + " -all"], has: ["spf-invalid"],
      more: { ($0.verification.spf.lookups ?? 0) <= SPFAnalysis.maximumLookups }),
  ]

  private static func dmarc(
    _ why: String, _ texts: [String], has: [String] = [], hasNot: [String] = [], domain: String = "example.org",
    _ change: (inout World) -> Void, more: @escaping @Sendable (PostureRecord) -> Bool = { _ in true }
  ) -> Trap {
    Trap(
      why, has: has, hasNot: hasNot, domain: domain,
      {
        $0.add("_dmarc.example.org", .txt, texts)
        $0.add(domain, .mx, ["10 mx.example.org"])
        change(&$0)
      }, more: more)
  }

  private static func dmarc(
    _ why: String, _ texts: [String], has: [String] = [], hasNot: [String] = [], domain: String = "example.org",
    more: @escaping @Sendable (PostureRecord) -> Bool = { _ in true }
  ) -> Trap {
    dmarc(why, texts, has: has, hasNot: hasNot, domain: domain, { _ in }, more: more)
  }

  static let dmarc: [Trap] = [
    dmarc("p=none is not found in sp=none", ["v=DMARC1; sp=none; p=reject"], hasNot: ["dmarc-policy"]) {
      $0.verification.dmarc.policy == .reject
    },
    dmarc(
      "a parent between is ignored (RFC 9989 sections 4.10.1 and 4.10.2)",
      ["v=DMARC1; p=reject; rua=mailto:d@example.org"],
      hasNot: ["dmarc-policy"], domain: "a.b.example.org",
      { $0.add("_dmarc.b.example.org", .txt, ["v=DMARC1; p=none"]) },
      more: { $0.verification.dmarc.foundAt == DomainName("example.org") && $0.verification.dmarc.policy == .reject }),
    dmarc(
      "a name that the parent's policy covers is covered (RFC 9989 section 4.10)", ["v=DMARC1; p=reject"],
      hasNot: ["dmarc-missing"], domain: "sub.example.org"),
    dmarc(
      "unknown tags are ignored (RFC 9989 section 4.8)",
      ["v=DMARC1; p=reject; bimi=1; x-y=2; rua=mailto:d@example.org"],
      hasNot: ["dmarc-invalid", "dmarc-missing"]),
    dmarc(
      "consent to reports stands at DOMAIN._report._dmarc.HOST (RFC 9990 section 4)",
      ["v=DMARC1; p=reject; rua=mailto:a@reports.example.net"], hasNot: ["dmarc-hygiene"],
      { $0.add("example.org._report._dmarc.reports.example.net", .txt, ["v=DMARC1"]) }),
    dmarc(
      "and nowhere else", ["v=DMARC1; p=reject; rua=mailto:a@reports.example.net"], has: ["dmarc-hygiene"],
      {
        $0.add("_report._dmarc.reports.example.net", .txt, ["v=DMARC1"])
        $0.add("reports.example.net._report._dmarc.example.org", .txt, ["v=DMARC1"])
      }),
    dmarc(
      "a host of the same organisation needs no consent (RFC 9990 section 4)",
      ["v=DMARC1; p=reject; rua=mailto:a@reports.example.org"], hasNot: ["dmarc-hygiene"]),
    dmarc("pct is gone (RFC 9989 appendix C.5.2)", ["v=DMARC1; p=reject; pct=0"], has: ["dmarc-hygiene"]) {
      $0.verification.dmarc.effectivePolicy == .reject
    },
    dmarc("t=y is one level lower (RFC 9989 section 4.7)", ["v=DMARC1; p=reject; t=y"], has: ["dmarc-testing"]) {
      $0.verification.dmarc.effectivePolicy == .quarantine
    },
    dmarc(
      "endless labels cost eight questions (RFC 9989 section 4.10)", ["v=DMARC1; p=reject"],
      domain: (0..<30).map { "l\($0)." }.joined() + "example.org",
      more: { $0.verification.dmarc.foundAt == DomainName("example.org") }),
    dmarc(
      "a host's name is compared whole", ["v=DMARC1; p=reject; rua=mailto:a@notdmarc.service.gov.uk"],
      hasNot: ["report-address-retired"]),
    dmarc(
      "SERVFAIL on the way up is no absence (RFC 9989 section 4.10.1)", [], has: ["dmarc-missing-unknown"],
      hasNot: ["dmarc-missing"], domain: "sub.example.org", { $0.fail("_dmarc.example.org", .txt, .serverFailure) }),
    dmarc("invalid, and shown all the same", ["v=DMARC1; p=refuse"], has: ["dmarc-invalid"]) {
      $0.verification.dmarc.record == "v=DMARC1; p=refuse"
    },
  ]

  private static func suffix(
    _ why: String, has: [String] = [], hasNot: [String] = [], verdict: Verdict? = .secure,
    _ change: (inout World) -> Void = { _ in }
  ) -> Trap {
    Trap(why, has: has, hasNot: hasNot, verdict: verdict) {
      $0.isPublicSuffix = true
      change(&$0)
    }
  }

  static let suffixes: [Trap] = [
    Trap("a name that is no public suffix is not called one", hasNot: ["name-public-suffix", "dmarc-psd"]) { _ in },
    suffix(
      "a public suffix is judged like any name, and told what its DMARC record does to others (RFC 9989 section 4.10.2)",
      has: ["name-public-suffix", "dmarc-psd"]),
    suffix("psd=y is what it asks for (RFC 9989 section 4.7)", has: ["name-public-suffix"], hasNot: ["dmarc-psd"]) {
      $0.add("_dmarc.example.org", .txt, ["v=DMARC1; p=reject; psd=Y; rua=mailto:d@example.org"])
    },
    suffix(
      "a policy from above is not its own to change", has: ["name-public-suffix"], hasNot: ["dmarc-psd"], verdict: nil
    ) {
      $0.add("_dmarc.example.org", .txt, [])
      $0.add("_dmarc.org", .txt, ["v=DMARC1; p=reject; psd=y"])
    },
    suffix(
      "psd=y alone is no policy (RFC 9989 section 4.10.1)", has: ["name-public-suffix", "dmarc-invalid"],
      hasNot: ["dmarc-psd"], verdict: .insecure
    ) { $0.add("_dmarc.example.org", .txt, ["v=DMARC1; psd=y"]) },
    suffix(
      "a public suffix without mail is called one too", has: ["name-public-suffix"],
      hasNot: ["dkim-missing", "mta-sts-missing"], verdict: .noMail
    ) {
      $0.add("example.org", .mx, ["0 ."])
      $0.add("example.org", .txt, ["v=spf1 -all"])
    },
  ]

  private static func dkim(
    _ why: String, has: [String] = [], hasNot: [String] = [], _ change: (inout World) -> Void,
    more: @escaping @Sendable (PostureRecord) -> Bool = { _ in true }
  ) -> Trap {
    Trap(
      why, has: has, hasNot: hasNot, selectors: [],
      {
        $0.answers["s1._domainkey.example.org TXT"] = nil
        $0.absence = .noSuchName
        change(&$0)
      }, more: more)
  }

  private static let key = "v=DKIM1; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="

  static let dkim: [Trap] = [
    dkim(
      "a wildcard over the domain is no key", has: ["dkim-published-unknown"], hasNot: ["dkim-missing"],
      { $0.add("*.example.org", .txt, ["v=spf1 -all"]) },
      more: { $0.verification.dkimPublished == nil }),
    dkim(
      "a wildcard of revoked keys is no key (RFC 6376 section 3.6.1)", hasNot: ["dkim-revoked-wildcard"],
      { $0.add("*._domainkey.example.org", .txt, ["v=DKIM1; p="]) },
      more: { $0.verification.dkimPublished != true }),
    dkim(
      "NXDOMAIN at _domainkey though a key stands below it (RFC 8020)", hasNot: ["dkim-missing"],
      { $0.add("selector1._domainkey.example.org", .txt, [key]) },
      more: { $0.verification.dkimPublished == true }),
    dkim(
      "nothing at all", has: ["dkim-missing"], { _ in }, more: { $0.verification.dkimPublished == false }),
    dkim(
      "a failure is no absence", has: ["dkim-published-unknown"], hasNot: ["dkim-missing"],
      { $0.fail("_domainkey.example.org", .txt, .timeout) },
      more: { $0.verification.dkimPublished == nil }),
    Trap(
      "a revoked key is no key (RFC 6376 section 3.6.1)", has: ["dkim-missing"], verdict: .insecure,
      { $0.add("s1._domainkey.example.org", .txt, ["v=DKIM1; p="]) }),
    Trap(
      "a key of one selector does for all", hasNot: ["dkim-missing"], verdict: .secure, selectors: ["gone", "s1"],
      { _ in }),
  ]
}
