import DNS
import EmailAuth
import Posture
import Testing

@Suite("Verdicts")
struct VerdictTests {
  @Test("a domain that does everything right is secure")
  func good() throws {
    let record = try #require(World.good().record())
    #expect(record.verdict == .secure)
    #expect(record.errorIDs.isEmpty)
    #expect(record.encryption.verdict == .pass)
    #expect(record.verification.verdict == .pass)
    #expect(record.encryption.hosts.first?.endpoints.first?.offered == [.tls12, .tls13])
  }

  /// Endpoint against what it says of the domain.
  static let endpoints: [(String, EndpointObservation, Verdict, String)] = [
    ("time-out", World.failure(.connect, .temporary), .unknown, "mx-reachable-unknown"),
    ("refused connection", World.failure(.connect, .refused), .unknown, "mx-reachable-unknown"),
    ("silence", World.failure(.banner, .temporary), .unknown, "mx-reachable-unknown"),
    ("421 greeting", World.failure(.banner, .temporary, reply: "421 busy"), .unknown, "mx-starttls-unknown"),
    ("554 greeting", World.failure(.banner, .refused, reply: "554 go away"), .unknown, "mx-starttls-unknown"),
    ("454 to STARTTLS", World.failure(.starttls, .temporary, reply: "454 no TLS now"), .unknown, "mx-starttls-unknown"),
    ("no STARTTLS", World.failure(.starttls, .refused), .insecure, "mx-starttls"),
    ("EHLO and HELO refused", World.failure(.ehlo, .refused), .unknown, "mx-starttls-unknown"),
    ("garbage in the handshake", World.failure(.handshake, .protocolViolation), .insecure, "mx-starttls"),
    ("TLS 1.0 alone", World.endpoint(version: .tls10), .secure, ""),
    ("wrong name", World.endpoint(matchesName: false), .insecure, "mx-certificate-name"),
    ("unknown authority", World.endpoint(trusted: false), .insecure, "mx-certificate-chain"),
    ("expired", World.endpoint(expired: true), .insecure, "mx-certificate-dates"),
  ]

  @Test("an endpoint decides what it proves and no more", arguments: endpoints)
  func endpoint(name: String, observation: EndpointObservation, verdict: Verdict, id: String) throws {
    var world = World.good()
    world.endpoints["192.0.2.1"] = observation
    let record = try #require(world.record())
    // With TLS 1.0 as the best, the versions of this world still hold 1.2.
    #expect(record.verdict == verdict, "\(name): \(record.ids)")
    #expect(id.isEmpty || record.ids.contains(id), "\(name): \(record.ids)")
  }

  @Test("no route of our own is no evidence")
  func noRoute() throws {
    var world = World.good()
    world.add("mx.example.org", .aaaa, ["2001:db8::1"])
    world.endpoints["2001:db8::1"] = World.failure(.connect, .noRoute)
    let record = try #require(world.record())
    #expect(record.verdict == .secure)
    #expect(record.encryption.hosts[0].endpoints.map(\.reachable) == [true, nil])
  }

  @Test("no route of our own is said once, however many addresses it is about")
  func noRouteOnce() throws {
    var world = World.good()
    world.add("example.org", .mx, ["10 mx.example.org", "20 mx2.example.org", "30 mx3.example.org"])
    world.add("mx2.example.org", .a, ["192.0.2.1"])
    world.add("mx3.example.org", .aaaa, ["2001:db8::4"])
    world.add("mx.example.org", .aaaa, ["2001:db8::1", "2001:db8::2"])
    world.add("mx2.example.org", .aaaa, ["2001:db8::3"])
    for number in 1...4 { world.endpoints["2001:db8::\(number)"] = World.failure(.connect, .noRoute) }
    let record = try #require(world.record())
    #expect(record.findings.filter { $0.id == "mx-no-route" }.map(\.subject) == ["example.org"])
    #expect(!record.ids.contains("mx-endpoint-unreachable"))
    // Of the host that has IPv6 alone nothing is known, and it is not called dead.
    let unknown = record.findings.filter { $0.id == "mx-reachable-unknown" }
    #expect(unknown.map(\.subject) == ["mx3.example.org"])
    #expect(unknown.first?.message.contains("this service has no route") == true)
  }

  @Test("one dead address beside a good one is noted; a bad one beside it counts")
  func mixedAddresses() throws {
    var world = World.good()
    world.add("mx.example.org", .a, ["192.0.2.1", "192.0.2.2"])
    world.endpoints["192.0.2.2"] = World.failure(.connect, .temporary)
    let noted = try #require(world.record())
    #expect(noted.verdict == .secure)
    #expect(noted.ids.contains("mx-endpoint-unreachable"))
    world.endpoints["192.0.2.2"] = World.failure(.starttls, .refused)
    #expect(world.record()?.verdict == .insecure)
  }

  @Test("a host dead for seven days no longer holds the verdict up, where another answers")
  func deadHost() throws {
    var world = World.good()
    world.add("example.org", .mx, ["10 mx.example.org", "20 old.example.org"])
    world.add("old.example.org", .a, ["192.0.2.9"])
    world.endpoints["192.0.2.9"] = World.failure(.connect, .temporary)
    world.failingSince = World.now + -6 * 86_400
    #expect(world.record()?.verdict == .unknown)
    world.failingSince = World.now + -7 * 86_400
    let record = try #require(world.record())
    #expect(record.verdict == .secure)
    #expect(record.ids.contains("mx-dead"))
    #expect(PairVerdict(sender: record, recipient: record).transport.grade == .encrypted)
  }

  @Test("proof weighs more than doubt")
  func precedence() throws {
    var world = World.good()
    world.endpoints["192.0.2.1"] = World.failure(.connect, .temporary)
    world.fail("example.org", .txt, .serverFailure)
    #expect(world.record()?.verdict == .unknown)
    world.add("example.org", .txt, ["v=spf1 ?all"])
    #expect(world.record()?.verdict == .insecure)
  }
}

@Suite("Mail routes")
struct MailRouteTests {
  @Test("null MX, SPF -all and reject: no mail")
  func noMail() throws {
    var world = World()
    world.add("example.org", .mx, ["0 ."])
    world.add("example.org", .txt, ["v=spf1 -all"])
    world.add("_dmarc.example.org", .txt, ["v=DMARC1; p=reject"])
    let record = try #require(world.record(selectors: []))
    #expect(record.verdict == .noMail)
    #expect(record.encryption.nullMX)
    #expect(record.encryption.verdict == .notApplicable)
    #expect(record.findings.isEmpty)
  }

  @Test("a parked domain that does not reject is insecure")
  func parkedBadly() throws {
    var world = World()
    world.add("example.org", .mx, ["0 ."])
    world.add("example.org", .txt, ["v=spf1 -all"])
    let record = try #require(world.record(selectors: []))
    #expect(record.verdict == .insecure)
    #expect(record.errorIDs.contains("dmarc-missing"))
  }

  static let implicit: [(EndpointObservation, Verdict)] = [
    (World.failure(.connect, .refused), .noMail),
    (World.failure(.banner, .refused, reply: "554 No SMTP service here"), .noMail),
    (World.failure(.connect, .temporary), .unknown),
    (World.failure(.starttls, .refused), .insecure),
  ]

  @Test("without MX the address decides", arguments: implicit)
  func implicitMX(observation: EndpointObservation, verdict: Verdict) throws {
    var world = World()
    world.add("example.org", .a, ["192.0.2.80"])
    world.add("example.org", .txt, ["v=spf1 -all"])
    world.add("_dmarc.example.org", .txt, ["v=DMARC1; p=reject"])
    world.add("s1._domainkey.example.org", .txt, ["v=DKIM1; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="])
    world.endpoints["192.0.2.80"] = observation
    let record = try #require(world.record())
    #expect(record.encryption.implicitMX)
    #expect(record.verdict == verdict, "\(record.ids)")
  }

  @Test("a failed look-up is never absence")
  func failedLookup() throws {
    var world = World.good()
    world.fail("example.org", .mx, .timeout)
    let record = try #require(world.record())
    #expect(record.verdict == .unknown)
    #expect(record.ids.contains("mx-lookup-unknown"))
  }

  @Test("no host has an address: proved undeliverable")
  func noAddress() throws {
    var world = World.good()
    world.answers["mx.example.org A"] = nil
    let record = try #require(world.record())
    #expect(record.verdict == .insecure)
    #expect(record.errorIDs.contains("mx-undeliverable"))
  }
}

@Suite("DANE stands in the certificate's place")
struct DANEPlaceTests {
  static func signed() -> World {
    var world = World.good()
    world.add("example.org", .mx, ["10 mx.example.org"], security: .secure)
    world.add("mx.example.org", .a, ["192.0.2.1"], security: .secure)
    world.add("_25._tcp.mx.example.org", .tlsa, ["x"], security: .secure)
    world.endpoints["192.0.2.1"] = World.endpoint(matchesName: false, trusted: false, expired: true)
    return world
  }

  @Test("only in an all-secure chain of look-ups")
  func allSecure() throws {
    var world = DANEPlaceTests.signed()
    #expect(world.record()?.verdict == .secure)
    world.add("example.org", .mx, ["10 mx.example.org"], security: .insecure)
    let record = try #require(world.record())
    #expect(record.verdict == .insecure)
    #expect(record.encryption.hosts[0].dane.status == .insecure)
  }

  @Test("a record that matches nothing is a warning, and the certificate counts")
  func mismatch() throws {
    var world = DANEPlaceTests.signed()
    world.daneMatches = false
    world.endpoints["192.0.2.1"] = World.endpoint()
    let record = try #require(world.record())
    #expect(record.verdict == .secure)
    #expect(record.ids.contains("dane-mismatch"))
    #expect(PairVerdict(sender: record, recipient: record).transport.grade == .undeliverable)
  }

  @Test("the whitelist says dane-only where every host proves itself, and observed where nothing is promised")
  func entries() throws {
    let dane = try #require(DANEPlaceTests.signed().record().flatMap(Listing.init))
    #expect(dane.policy == .daneOnly)
    #expect(dane.basis == .dane)
    let observed = try #require(World.good().record().flatMap(Listing.init))
    #expect(observed.policy == .secure)
    #expect(observed.basis == .observed)
    #expect(observed.match == ["mx.example.org"])
  }
}

@Suite("Pairs")
struct PairTests {
  @Test("grades of transport")
  func transport() throws {
    let good = try #require(World.good().record())
    #expect(PairVerdict(sender: good, recipient: good).transport.grade == .encrypted)
    #expect(PairVerdict(sender: good, recipient: good).secure == true)

    let dane = try #require(DANEPlaceTests.signed().record())
    let authenticated = PairVerdict(sender: good, recipient: dane)
    #expect(authenticated.transport.grade == .authenticated)
    #expect(authenticated.transport.mechanism == .dane)

    var plain = World.good()
    plain.endpoints["192.0.2.1"] = World.failure(.starttls, .refused)
    let toPlain = PairVerdict(sender: good, recipient: try #require(plain.record()))
    #expect(toPlain.transport.grade == .plaintext)
    #expect(toPlain.secure == false)

    var silent = World.good()
    silent.endpoints["192.0.2.1"] = World.failure(.connect, .temporary)
    let toSilent = PairVerdict(sender: good, recipient: try #require(silent.record()))
    #expect(toSilent.transport.grade == .unknown)
    #expect(toSilent.secure == nil)
  }

  @Test(
    "grades of verification",
    arguments: [
      ("v=DMARC1; p=reject", "v=spf1 -all", PairVerdict.VerificationGrade.enforced),
      ("v=DMARC1; p=quarantine", "v=spf1 -all", .enforced),
      ("v=DMARC1; p=reject; t=y", "v=spf1 -all", .monitored), ("v=DMARC1; p=none", "v=spf1 -all", .monitored),
      ("nothing", "v=spf1 -all", .none), ("v=DMARC1; p=reject", "v=spf1 +all", .none),
    ])
  func verification(dmarc: String, spf: String, grade: PairVerdict.VerificationGrade) throws {
    var world = World.good()
    world.add("_dmarc.example.org", .txt, [dmarc])
    world.add("example.org", .txt, [spf])
    let record = try #require(world.record())
    #expect(PairVerdict(sender: record, recipient: record).verification.grade == grade)
  }
}

@Suite("Freshness")
struct FreshnessTests {
  private let question = Question(DomainName("example.org") ?? .root, .mx)

  @Test("floor, ceiling", arguments: [(UInt32(0), Int64(300)), (3600, 3600), (604_800, 86_400)])
  func bounds(ttl: UInt32, lifetime: Int64) {
    let observed = Freshness().observe(Answer(question, .noSuchType, ttl: ttl), at: World.now, after: nil)
    #expect(observed.expiresAt - World.now == lifetime)
  }

  @Test("failures back off and start anew after a success")
  func backOff() {
    let freshness = Freshness()
    var observed: Observed<Answer>?
    var lifetimes: [Int64] = []
    for _ in 0..<8 {
      let next = freshness.observe(Answer(question, .failure(.timeout)), at: World.now, after: observed)
      lifetimes.append(next.expiresAt - World.now)
      observed = next
    }
    #expect(lifetimes == [60, 120, 240, 480, 960, 1920, 3600, 3600])
    let success = freshness.observe(Answer(question, .noSuchType, ttl: 600), at: World.now, after: observed)
    #expect(success.failures == 0)
    #expect(success.failingSince == nil)
  }
}
