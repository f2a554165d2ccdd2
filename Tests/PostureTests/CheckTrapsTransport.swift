import DNS
import EmailAuth
import Posture
import Testing

extension Trap {
  static let mtaSTS: [Trap] = [
    Trap(
      "two records at _mta-sts are none (RFC 8461 section 3.1)", has: ["mta-sts-missing", "downgrade-protection"],
      {
        $0.enforce()
        $0.add("_mta-sts.example.org", .txt, ["v=STSv1; id=1", "v=STSv1; id=2"])
      },
      more: { $0.encryption.mtaSTS.mode == nil }),
    Trap(
      "mx misspelt: no policy, and never an empty match (RFC 8461 section 3.2)", has: ["mta-sts-invalid"],
      {
        $0.enforce()
        $0.serve(["version: STSv1", "mode: enforce", "mxs: mx.example.org", "max_age: 604800"])
      },
      more: { record in Listing(record).map { $0.basis == .observed && $0.match == ["mx.example.org"] } ?? false
      }),
    Trap(
      "an address is no mx (RFC 8461 section 3.2)", has: ["mta-sts-invalid"], { $0.enforce(mx: "192.0.2.1") },
      more: { record in Listing(record).map { !$0.match.contains("192.0.2.1") } ?? false }),
    Trap(
      "a pattern covers one label (RFC 8461 section 4.1)", has: ["mta-sts-mx-uncovered"], verdict: .secure,
      { $0.enforce(mx: "*.org") }),
    Trap(
      "and whole labels (RFC 8461 section 4.1)", has: ["mta-sts-mx-uncovered"],
      {
        $0.enforce(mx: "*.example.org")
        $0.add("example.org", .mx, ["10 mx.notexample.org"])
        $0.add("mx.notexample.org", .a, ["192.0.2.1"])
      }),
    Trap(
      "a policy that could not be fetched is no absence (RFC 8461 section 3.3)",
      has: ["mta-sts-missing-unknown", "downgrade-protection-unknown"], hasNot: ["mta-sts-missing", "mta-sts-invalid"],
      {
        $0.enforce()
        $0.policies["mta-sts.example.org"] = nil
      }),
    Trap(
      "a redirect is not followed (RFC 8461 section 3.3)", has: ["mta-sts-invalid"],
      {
        $0.enforce()
        $0.serve([], status: 301)
      }),
    Trap(
      "what may not take mail needs no policy", has: ["mta-sts-missing-unknown"], hasNot: ["mta-sts-missing"],
      { $0.fail("example.org", .mx, .timeout) }),
  ]

  static let dane: [Trap] = [
    Trap(
      "an unsigned MX record is no mandatory DANE (RFC 7672 section 2.2.1)", verdict: .secure,
      { $0.sign(mx: .insecure, host: .secure, tlsa: .secure) },
      more: { record in Listing(record)?.policy == .secure }),
    Trap(
      "an unsigned host has none (RFC 7672 section 2.2.2)", has: ["dane-missing"],
      { $0.sign(mx: .secure, host: .insecure, tlsa: .secure) },
      more: { record in Listing(record)?.policy == .secure }),
    Trap(
      "an unsigned TLSA record is none (RFC 7672 section 2.2)", has: ["dane-missing"],
      { $0.sign(mx: .secure, host: .secure, tlsa: .insecure) },
      more: { record in Listing(record)?.policy == .secure }),
    Trap(
      "signed at one host of two: no entry says dane-only (RFC 7672 section 2.2.1)", verdict: .secure,
      {
        $0.sign(mx: .secure, host: .secure, tlsa: .secure)
        $0.add("example.org", .mx, ["10 mx.example.org", "20 mx2.example.org"], security: .secure)
        $0.add("mx2.example.org", .a, ["192.0.2.2"])
      },
      more: { record in Listing(record)?.policy == .secure }),
    Trap(
      "MTA-STS does not mend a DANE record that matches nothing (RFC 8461 section 2)", has: ["dane-mismatch"],
      {
        $0.sign(mx: .secure, host: .secure, tlsa: .secure)
        $0.daneMatches = false
        $0.enforce()
      },
      more: { PairVerdict(sender: $0, recipient: $0).transport.grade == .undeliverable }),
    Trap(
      "a TLSA look-up that fails is no absence (RFC 7672 section 2.1.3)", has: ["dane-bogus"], hasNot: ["dane-missing"],
      {
        $0.sign(mx: .secure, host: .secure, tlsa: .secure)
        $0.fail("_25._tcp.mx.example.org", .tlsa, .serverFailure)
      },
      more: { PairVerdict(sender: $0, recipient: $0).transport.grade == .undeliverable }),
    Trap(
      "nor is one that times out between us and the resolver", has: ["dane-missing-unknown"],
      hasNot: ["dane-missing", "dane-bogus"],
      {
        $0.sign(mx: .secure, host: .secure, tlsa: .secure)
        $0.fail("_25._tcp.mx.example.org", .tlsa, .timeout)
      }),
    Trap(
      "what may not take mail needs none", has: ["dane-missing-unknown"], hasNot: ["dane-missing"],
      {
        $0.answers["example.org MX"] = nil
        $0.add("example.org", .a, ["192.0.2.1"])
        $0.endpoints["192.0.2.1"] = World.failure(.connect, .temporary)
      }),
    Trap(
      "an MX host that is an alias is looked at and noted (RFC 2181 section 10.3)", has: ["mx-cname"],
      verdict: .secure,
      {
        let question = Question(DomainName("mx.example.org") ?? .root, .a)
        let address = IPAddress("192.0.2.1").map { [RecordData.address($0)] } ?? []
        $0.answers[question.description] = Answer(
          question, .found(address), canonicalName: DomainName("host.example.net"))
      }),
    Trap(
      "the TLSA records of an alias stand at what it leads to (RFC 7672 section 2.2.3)", has: ["mx-cname"],
      hasNot: ["dane-missing"],
      {
        $0.sign(mx: .secure, host: .secure, tlsa: .secure)
        $0.answers["_25._tcp.mx.example.org TLSA"] = nil
        $0.add("_25._tcp.host.example.net", .tlsa, ["x"], security: .secure)
        let question = Question(DomainName("mx.example.org") ?? .root, .a)
        let address = IPAddress("192.0.2.1").map { [RecordData.address($0)] } ?? []
        $0.answers[question.description] = Answer(
          question, .found(address), canonicalName: DomainName("host.example.net"), security: .secure)
      },
      more: { $0.encryption.hosts.first?.dane.status == .secure }),
  ]

  private static func two(_ first: EndpointObservation, _ second: EndpointObservation, _ world: inout World) {
    world.add("example.org", .mx, ["10 mx.example.org", "20 mx2.example.org"])
    world.add("mx2.example.org", .a, ["192.0.2.2"])
    world.endpoints["192.0.2.1"] = first
    world.endpoints["192.0.2.2"] = second
  }

  private static let plain = World.failure(.starttls, .refused)

  static let endpoints: [Trap] = [
    Trap(
      "the last host does not stand for all", has: ["mx-starttls"], verdict: .insecure,
      { two(plain, World.endpoint(), &$0) }),
    Trap("nor the first", has: ["mx-starttls"], verdict: .insecure, { two(World.endpoint(), plain, &$0) }),
    Trap(
      "nor the last address of one host", has: ["mx-starttls"], verdict: .insecure,
      {
        $0.add("mx.example.org", .a, ["192.0.2.1", "192.0.2.2"])
        $0.endpoints["192.0.2.1"] = plain
      }),
    Trap(
      "a certificate that fails is no missing STARTTLS", has: ["mx-certificate-chain"], hasNot: ["mx-starttls"],
      { $0.endpoints["192.0.2.1"] = World.endpoint(trusted: false) },
      more: { $0.encryption.hosts[0].endpoints[0].starttls == true }),
    Trap(
      "text behind the answer to STARTTLS is not read as encrypted (RFC 3207 section 4.2)",
      has: ["mx-starttls-injection"], verdict: .insecure,
      {
        let good = World.endpoint()
        $0.endpoints["192.0.2.1"] = EndpointObservation(
          connected: true, greeting: good.greeting, starttlsOffered: true, session: good.session,
          injectedPlaintext: true)
      }),
    Trap(
      "a block shown as 421 is no missing STARTTLS", has: ["mx-starttls-unknown"], hasNot: ["mx-starttls"],
      verdict: .unknown, { $0.endpoints["192.0.2.1"] = World.failure(.banner, .temporary, reply: "421 later") }),
    Trap(
      "old versions that could not be asked for are unknown", has: ["mx-tls-old-unknown"], hasNot: ["mx-tls-old"],
      verdict: .secure,
      { $0.versions["192.0.2.1"] = VersionsObservation(offered: [.tls12, .tls13], refused: [.tls11]) }),
    Trap(
      "old versions beside new ones are a warning", has: ["mx-tls-old"], verdict: .secure,
      { $0.versions["192.0.2.1"] = VersionsObservation(offered: [.tls10, .tls12, .tls13], refused: [.tls11]) }),
    Trap(
      "weak suites that are taken beside strong ones are named, and no reason to call the connection weak",
      has: ["mx-weak-cipher-accepted"], hasNot: ["mx-weak-cipher"], verdict: .secure,
      {
        $0.versions["192.0.2.1"] = VersionsObservation(
          offered: [.tls12, .tls13], refused: [.tls10, .tls11],
          weakSuites: .accepted(WeakSuite(name: "TLS_ECDH_anon_WITH_AES_256_CBC_SHA", weakness: .anonymous)))
      },
      more: { record in
        record.findings.contains {
          $0.id == "mx-weak-cipher-accepted" && $0.message.contains("TLS_ECDH_anon_WITH_AES_256_CBC_SHA")
        }
      }),
    Trap(
      "weak suites that were not asked for are not taken to be refused, nor to be taken",
      has: ["mx-weak-cipher-accepted-unknown"], hasNot: ["mx-weak-cipher-accepted"], verdict: .secure,
      { $0.versions["192.0.2.1"] = VersionsObservation(offered: [.tls12, .tls13], refused: [.tls10, .tls11]) }),
    Trap(
      "an authority that is signed with SHA-1 is seen (RFC 9325 section 4.4)", has: ["mx-certificate-signature"],
      verdict: .secure,
      { $0.endpoints["192.0.2.1"] = World.endpoint(authorities: [("CN=Old", "sha1WithRSAEncryption")]) }),
    Trap(
      "an authority that is signed with SHA-256 is none", hasNot: ["mx-certificate-signature"], verdict: .secure,
      { $0.endpoints["192.0.2.1"] = World.endpoint(authorities: [("CN=New", "sha256WithRSAEncryption")]) }),
    Trap(
      "MX hosts that were not looked at leave it open", has: ["mx-too-many-unknown"], verdict: .unknown,
      { world in
        let hosts = (0...MailRoute.maximumExchangers).map { "h\($0).example.org" }
        world.add("example.org", .mx, hosts.map { "10 \($0)" })
        for host in hosts { world.add(host, .a, ["192.0.2.1"]) }
        // An SPF mx of so many names would be an error of its own.
        world.add("example.org", .txt, ["v=spf1 ip4:192.0.2.1 -all"])
      }),
    Trap(
      "so do addresses", has: ["mx-too-many-unknown"], verdict: .unknown,
      { $0.add("mx.example.org", .a, (0...HostFacts.maximumAddresses).map { "192.0.2.\($0 + 1)" }) }),
    Trap(
      "a null MX beside other hosts is none (RFC 7505 section 3)", verdict: .secure,
      { $0.add("example.org", .mx, ["0 .", "10 mx.example.org"]) },
      more: { !$0.encryption.nullMX && $0.encryption.hosts.count == 1 }),
    Trap(
      "a null MX is advised only to those who send nothing", hasNot: ["null-mx"], { $0.answers["example.org MX"] = nil }
    ),
    Trap(
      "a bogus MX record is no absence (RFC 7672 section 2.1.1)", has: ["mx-lookup-unknown"], verdict: .unknown,
      { $0.fail("example.org", .mx, .bogus("a signature expired")) }),
  ]
}
