import DNS
import EmailAuth
import Testing

/// Records and all that they lead to, without a message.
struct SPFAnalysisTests {
  /// What is in every test's zone besides the records: `host.test` has addresses, `six.test` an IPv6 one alone,
  /// `full.test` ten MX and `crowd.test` eleven; `down.test` and `mxdown.test` cannot be asked.
  static func zone(_ texts: KeyValuePairs<String, String>) -> SPFZone {
    var zone = SPFZone(texts: texts)
    zone.address("host.test", "192.0.2.1")
    zone.address("host.test", "2001:db8::1")
    zone.address("six.test", "2001:db8::6")
    for (name, count) in [("full.test", 10), ("crowd.test", 11)] {
      for index in 0..<count {
        if let host = DomainName("mx\(index).test") { zone.add(name, .mx, .mx(preference: 0, exchange: host)) }
      }
    }
    zone.fail("down.test", .serverFailure)
    return zone
  }

  struct Row: Sendable {
    let texts: KeyValuePairs<String, String>
    let status: SPFAnalysis.Status
    var all: SPFRecord.Qualifier?
    var lookups = 0
    var voids = 0
    var reason: SPFError.Reason?
    var term: String?
  }

  static let eleven = (1...11).map { "include:i\($0).d.test" }.joined(separator: " ")

  static let rows = [
    Row(texts: [:], status: .none),
    Row(texts: ["d.test": "v=spf2 -all"], status: .none),
    Row(texts: ["d.test": "v=spf1 -all"], status: .valid, all: .fail),
    Row(
      texts: ["d.test": "v=spf1 -all", "D.test.": "v=spf1 ~all"], status: .invalid, reason: .severalRecords,
      term: "v=spf1 ~all"),
    Row(
      texts: ["d.test": "v=spf1 mx:full.test a:host.test a:six.test ptr ~all"], status: .valid, all: .softfail,
      lookups: 4),
    // `all` through redirect, never out of an include (RFC 7208 sections 4.7, 5.2, 6.1).
    Row(
      texts: ["d.test": "v=spf1 redirect=e.test", "e.test": "v=spf1 redirect=f.test", "f.test": "v=spf1 -all"],
      status: .valid, all: .fail, lookups: 2),
    Row(texts: ["d.test": "v=spf1 include:e.test", "e.test": "v=spf1 -all"], status: .valid, lookups: 1),
    Row(
      texts: ["d.test": "v=spf1 include:e.test ?all", "e.test": "v=spf1 redirect=f.test", "f.test": "v=spf1 +all"],
      status: .valid, all: .neutral, lookups: 2),
    Row(texts: ["d.test": "v=spf1 redirect=e.test ~all"], status: .valid, all: .softfail),
    Row(texts: ["d.test": "v=spf1 redirect=_spf.%{d}"], status: .valid, lookups: 1),
    // Targets (sections 4.3, 5.2, 6.1).
    Row(
      texts: ["d.test": "v=spf1 redirect=e.test"], status: .invalid, lookups: 1, voids: 1, reason: .noRecordAtTarget,
      term: "redirect=e.test"),
    Row(
      texts: ["d.test": "v=spf1 include:e.test -all", "e.test": "hello"], status: .invalid, lookups: 1,
      reason: .noRecordAtTarget, term: "include:e.test"),
    Row(
      texts: ["d.test": "v=spf1 include:e.test -all", "e.test": "v=spf1", "E.test": "v=spf1 a"], status: .invalid,
      lookups: 1,
      reason: .severalRecords, term: "include:e.test"),
    Row(
      texts: ["d.test": "v=spf1 include:e.test -all", "e.test": "v=spf1 moo"], status: .invalid, lookups: 1,
      reason: .unknownMechanism, term: "moo"),
    Row(
      texts: ["d.test": "v=spf1 include:a..test -all"], status: .invalid, lookups: 1, reason: .malformedTarget,
      term: "include:a..test"),
    Row(
      texts: ["d.test": "v=spf1 include:.test -all"], status: .invalid, lookups: 1, reason: .malformedTarget,
      term: "include:.test"),
    // Failures are neither absence nor error (section 4.4).
    Row(texts: ["down.test": ""], status: .none),
    Row(texts: ["d.test": "v=spf1 include:down.test -all"], status: .unknown, all: .fail, lookups: 1),
    Row(texts: ["d.test": "v=spf1 redirect=down.test"], status: .unknown, lookups: 1),
    Row(
      texts: ["d.test": "v=spf1 include:down.test include:none.test -all"], status: .invalid, lookups: 2, voids: 1,
      reason: .noRecordAtTarget, term: "include:none.test"),
    Row(texts: ["d.test": "v=spf1 a:down.test -all"], status: .valid, all: .fail, lookups: 1),
    Row(texts: ["d.test": "v=spf1 mx:down.test -all"], status: .unknown, all: .fail, lookups: 1),
    Row(
      texts: ["d.test": "v=spf1 a:x.test a:y.test a:down.test -all"], status: .unknown, all: .fail, lookups: 3, voids: 2
    ),
    // Loops.
    Row(
      texts: ["d.test": "v=spf1 include:d.test -all"], status: .invalid, lookups: 1, reason: .loop,
      term: "include:d.test"),
    Row(
      texts: ["d.test": "v=spf1 redirect=e.test", "e.test": "v=spf1 include:D.TEST."], status: .invalid, lookups: 2,
      reason: .loop, term: "include:D.TEST."),
    Row(
      texts: [
        "d.test": "v=spf1 include:e.test include:f.test -all", "e.test": "v=spf1 include:f.test", "f.test": "v=spf1",
      ],
      status: .valid, all: .fail, lookups: 3),
    // Limits (section 4.6.4); the count goes on.
    Row(texts: ["d.test": "v=spf1 a:x.test mx:y.test -all"], status: .valid, all: .fail, lookups: 2, voids: 2),
    Row(
      texts: ["d.test": "v=spf1 a:x.test mx:y.test exists:z.test exists:host.test -all"], status: .invalid, lookups: 4,
      voids: 3,
      reason: .tooManyVoidLookups, term: "exists:z.test"),
    Row(
      texts: ["d.test": "v=spf1 mx:crowd.test -all"], status: .invalid, lookups: 1, reason: .tooManyMXNames,
      term: "mx:crowd.test"),
    Row(
      texts: [
        "d.test": "v=spf1 include:e.test -all",
        "e.test": "v=spf1 a:host.test a:host.test a:host.test a:host.test a:host.test"
          + " a:host.test a:host.test a:host.test a:host.test -all mx mx mx",
      ], status: .valid, all: .fail, lookups: 10),
    Row(
      texts: [
        "d.test": "v=spf1 include:e.test ptr -all",
        "e.test": "v=spf1 a:host.test a:host.test a:host.test a:host.test"
          + " a:host.test a:host.test a:host.test a:host.test ptr ptr exists:%{i}.x.test",
      ], status: .invalid, lookups: 13,
      reason: .tooManyLookups, term: "ptr"),
    // A syntax error comes first, and what can be read is counted.
    Row(
      texts: ["d.test": "v=spf1 include:e.test a:host.test moo -all", "e.test": "v=spf1 a:host.test -all"],
      status: .invalid, lookups: 3, reason: .unknownMechanism, term: "moo"),
    // Macros are counted, not resolved (section 7).
    Row(
      texts: ["d.test": "v=spf1 exists:%{i}.x.test a:%{l}.test mx:%{o} include:%{d}.x.test -all"], status: .valid,
      all: .fail,
      lookups: 4),
  ]

  @Test(arguments: rows)
  func row(_ row: Row) throws {
    let zone = Self.zone(row.texts)
    let analysis = try #require(zone.analyse("d.test"))
    #expect(analysis.status == row.status)
    #expect(analysis.all == row.all)
    #expect(analysis.lookups == row.lookups)
    #expect(analysis.voidLookups == row.voids)
    #expect(analysis.error?.reason == row.reason)
    #expect(analysis.error?.term == row.term)
    #expect((analysis.failure != nil) == analysis.notes.contains { if case .lookupFailed = $0 { true } else { false } })
    #expect(zone.analyseSlowly("d.test")?.analysis == analysis)
  }

  @Test func recordIsThereWhenInvalid() {
    #expect(Self.zone(["d.test": "v=spf1 moo"]).analyse("d.test")?.record == "v=spf1 moo")
    #expect(Self.zone(["d.test": "v=spf1 a", "D.test": "v=spf1"]).analyse("d.test")?.record == "v=spf1 a")
  }

  @Test func failureOfTheDomainItself() {
    let analysis = Self.zone([:]).analyse("down.test")
    #expect(analysis?.status == .unknown)
    #expect(analysis?.failure?.reason == .serverFailure)
  }

  /// As many passes as the tree is deep, and one to read.
  @Test(
    arguments: [
      (["d.test": "v=spf1 a mx exists:host.test -all"], 3),
      (["d.test": "v=spf1 include:e.test include:f.test a -all", "e.test": "v=spf1", "f.test": "v=spf1"], 3),
      (
        [
          "d.test": "v=spf1 include:e.test include:f.test redirect=f.test", "e.test": "v=spf1 include:g.test a mx",
          "f.test": "v=spf1 include:g.test a", "g.test": "v=spf1 a:host.test",
        ], 5
      ),
    ] as [(KeyValuePairs<String, String>, Int)])
  func passes(_ texts: KeyValuePairs<String, String>, count: Int) {
    #expect(Self.zone(texts).analyseSlowly("d.test")?.passes == count)
  }

  @Test(arguments: [
    ("v=spf1 -all", true, true), ("v=spf1 -all exp=x.test", true, true), ("v=spf1 redirect=only.test", true, true),
    ("v=spf1 -all a", true, true), ("v=spf1 a:host.test -all", false, true), ("v=spf1 ~all", false, true),
    ("v=spf1 ip4:192.0.2.1 redirect=only.test", false, true), ("v=spf1 redirect=%{d}.x.test", false, false),
    ("v=spf1 redirect=down.test", false, false), ("v=spf1 include:down.test -all", false, true),
  ])
  func failAllAlone(_ text: String, alone: Bool, determined: Bool) {
    let analysis = Self.zone(["d.test": text, "only.test": "v=spf1 -all"]).analyse("d.test")
    #expect(analysis?.isFailAllAlone == alone)
    #expect(analysis?.isAllDetermined == determined)
  }

  @Test func notes() throws {
    let domain = try #require(DomainName("d.test"))
    let place = { SPFAnalysis.Place(domain: domain, term: $0) }
    let rows: [(String, [SPFAnalysis.Note])] = [
      ("v=spf1 -all", []),
      ("v=spf1 ptr -all", [.ptr(place("ptr"))]),
      ("v=spf1 -all a mx", [.deadTerms(place("a"), count: 2)]),
      ("v=spf1 redirect=e.test -all", [.redirectIgnored(place("redirect=e.test"))]),
      ("v=spf1 +all", [.everyonePasses(place("+all"))]),
      ("v=spf1 ip4:0.0.0.0/0 -all", [.everyonePasses(place("ip4:0.0.0.0/0"))]),
      ("v=spf1 include:all.test -all", [.everyonePasses(place("include:all.test"))]),
      ("v=spf1 -include:all.test -all", []),
      (
        "v=spf1 ip4=192.0.2.1 v=spf1 x=y -all",
        [.mechanismAsModifier(place("ip4=192.0.2.1")), .repeatedVersion(place("v=spf1"))]
      ),
      ("v=spf1 exists:%{i}.test -all", [.notFollowed(place("exists:%{i}.test"))]),
      ("v=spf1 a:none.test -all", [.voidLookup(place("a:none.test"))]),
      ("v=spf1 moo=\(String(repeating: "x", count: 450)) -all", [.long(octets: 472)]),
    ]
    for (text, notes) in rows {
      #expect(Self.zone(["d.test": text, "all.test": "v=spf1 all"]).analyse("d.test")?.notes == notes, "\(text)")
    }
  }

  /// Each record includes the next one twice: 2^20 ways, of which a bounded number is walked.
  @Test func theWalkIsBounded() {
    var zone = SPFZone()
    for level in 0..<30 {
      let next = "include:l\(level + 1).test"
      zone.add("l\(level).test", .txt, .txt(TXTData("v=spf1 \(next) \(next) -all")))
    }
    let analysis = zone.analyse("l0.test")
    #expect(analysis?.status == .invalid)
    #expect(analysis?.error?.reason == .tooManyLookups)
    #expect(analysis?.lookups == SPFAnalysis.maximumLookups)
    #expect(analysis?.notes.contains(.cutShort) == true)
  }
}
