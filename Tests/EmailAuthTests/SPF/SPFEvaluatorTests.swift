import DNS
import EmailAuth
import Testing

/// What the public suites leave out of check_host().
struct SPFEvaluatorTests {
  /// The macros of RFC 7208 section 7.4, in an explanation, for strong-bad@email.example.com from 192.0.2.3.
  @Test(arguments: [
    ("%{s}", "strong-bad@email.example.com"), ("%{o}", "email.example.com"), ("%{d}", "email.example.com"),
    ("%{d4}", "email.example.com"), ("%{d3}", "email.example.com"), ("%{d2}", "example.com"), ("%{d1}", "com"),
    ("%{dr}", "com.example.email"), ("%{d2r}", "example.email"), ("%{l}", "strong-bad"), ("%{l-}", "strong.bad"),
    ("%{lr}", "strong-bad"), ("%{lr-}", "bad.strong"), ("%{l1r-}", "strong"), ("%{l1-}", "bad"),
    ("%{h}", "mx.example.org"),
    ("%{S}", "strong-bad%40email.example.com"), ("%{p}", "unknown"), ("%{c}", "192.0.2.3"),
    ("%{r}", "receiver.example"),
    ("%{t}", "1700000000"), ("%{ir}.%{v}", "3.2.0.192.in-addr"), ("%{d127}", "email.example.com"),
    ("a %% b%_%-", "a % b %20"),
  ])
  func macro(_ text: String, expansion: String) throws {
    let address = try #require(IPAddress("192.0.2.3"))
    let zone = SPFZone(texts: ["email.example.com": "v=spf1 -all exp=why.example.com", "why.example.com": text])
    let request = SPFRequest(
      address: address, mailFrom: "strong-bad@email.example.com", helo: "mx.example.org", receiver: "receiver.example",
      time: 1_700_000_000)
    #expect(zone.verdict(request)?.explanation == expansion)
  }

  @Test(arguments: [
    // The number of void look-ups is configurable, the number of look-ups is not (section 4.6.4).
    ("v=spf1 a:x.test a:y.test a:z.test ~all", 2, SPFResult.permerror),
    ("v=spf1 a:x.test a:y.test a:z.test ~all", 3, .softfail),
    ("v=spf1 a:x.test ~all", 0, .permerror), ("v=spf1 include:d.test", 2, .permerror),
    // A failure is never taken for absence (section 5), but for the PTR of the client (section 5.5).
    ("v=spf1 a:down.test -all", 2, .temperror), ("v=spf1 mx:down.test -all", 2, .temperror),
    ("v=spf1 include:down.test -all", 2, .temperror), ("v=spf1 redirect=down.test", 2, .temperror),
    ("v=spf1 ptr:down.test -all", 2, .fail), ("v=spf1 all a:down.test", 2, .pass),
    ("v=spf1 mx:null.test -all", 2, .fail),
  ])
  func result(_ text: String, voids: Int, result: SPFResult) throws {
    let address = try #require(IPAddress("192.0.2.3"))
    var zone = SPFZone(texts: ["d.test": text])
    zone.add("null.test", .mx, .mx(preference: 0, exchange: .root))
    zone.fail("down.test")
    zone.fail("3.2.0.192.in-addr.arpa", .serverFailure)
    let request = SPFRequest(address: address, mailFrom: "a@d.test", helo: "h.test")
    let limits = SPFLimits(voidLookups: voids)
    #expect(zone.verdict(request, limits)?.result == result)
    #expect(zone.checkSlowly(request, limits) == zone.check(request, limits))
  }

  @Test(arguments: [
    ("a@d.test", "d.test", "a@d.test"), ("a@b@d.test", "d.test", "a@b@d.test"),
    ("d.test", "d.test", "postmaster@d.test"),
    ("@d.test", "d.test", "postmaster@d.test"), ("", "h@x.test", "postmaster@h@x.test"), ("a@", "", "a@"),
  ])
  func sender(_ mailFrom: String, domain: String, sender: String) throws {
    let address = try #require(IPAddress("::ffff:192.0.2.3"))
    let request = SPFRequest(address: address, mailFrom: mailFrom, helo: "h@x.test")
    #expect(String(decoding: request.domain, as: UTF8.self) == domain)
    #expect(String(decoding: request.sender, as: UTF8.self) == sender)
    #expect(request.address == IPAddress("192.0.2.3"))
  }

  /// A long local part leaves the domain alone; a long domain is none.
  @Test func longIdentities() throws {
    let address = try #require(IPAddress("192.0.2.3"))
    let zone = SPFZone(texts: ["d.test": "v=spf1 -all"])
    let long = String(repeating: "a", count: 5_000)
    #expect(zone.verdict(SPFRequest(address: address, mailFrom: "\(long)@d.test", helo: long))?.result == .fail)
    #expect(
      zone.verdict(SPFRequest(address: address, mailFrom: "a@\(long).d.test", helo: long))?.result == SPFResult.none)
  }

  /// Terms behind one without an answer are asked for too, up to the first that surely matches.
  @Test func asksAhead() throws {
    let address = try #require(IPAddress("192.0.2.3"))
    let zone = SPFZone(texts: ["d.test": "v=spf1 a:x.test mx:y.test exists:z.test ip4:192.0.2.3 a:w.test"])
    var source = SPFSlowSource(zone)
    let request = SPFRequest(address: address, mailFrom: "a@d.test", helo: "h.test")
    var questions: [Int] = []
    while SPFEvaluator.checkHost(request, limits: SPFLimits(voidLookups: 3), source: &source) == .pending {
      questions.append(source.fetch())
    }
    #expect(questions == [1, 3])
  }
}

extension SPFZone {
  func verdict(_ request: SPFRequest, _ limits: SPFLimits = .standard) -> SPFVerdict? {
    if case .result(let verdict) = check(request, limits) { verdict } else { nil }
  }
}
