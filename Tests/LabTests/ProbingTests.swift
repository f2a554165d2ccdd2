import Foundation
import JSON
import TestKit
import Testing

/// How hallmarkd goes about probing: what it contacts, how often, and what it shows of it.
@Suite(.serialized) struct ProbingTests {
  // MARK: Where it goes

  /// The namespace's every address is this machine's, so that whatever is contacted shows as a connection.
  private static func openWide(_ lab: Lab) async throws {
    for family in ["-4", "-6"] {
      let net = family == "-4" ? "0.0.0.0/0" : "::/0"
      let done = try await lab.quickly(["ip", family, "route", "add", "local", net, "dev", "lo"])
      try #require(done.status == 0, "\(done.stderr)")
    }
  }

  /// Where connections were begun to, as `ADDRESS PORT`; those to name servers are left out.
  private struct Watch {
    let file: String
    let command: Command

    static func start(in lab: Lab) async throws -> Watch {
      let file = try lab.file("connections", "")
      let command = try lab.spawn(Lab.bound + ["python3", Lab.peer("watch_connections.py"), file])
      guard try await eventually({ command.stdout.hasPrefix("ready") }) else {
        throw ServiceProcess.Failure(description: "nothing watches: \(command.stderr)")
      }
      return Watch(file: file, command: command)
    }

    /// What was seen, once the connection that is told apart by `last` was.
    func seen(after last: String) async throws -> Set<String> {
      var found: Set<String> = []
      let isSeen = try await eventually {
        found = Set(try String(contentsOfFile: file, encoding: .utf8).split(separator: "\n").map(String.init))
        return found.contains(last)
      }
      try #require(isSeen, "the watch sees nothing")
      return found.filter { !$0.hasSuffix(" 53") && $0 != last }
    }
  }

  /// A connection of the test's own, which comes behind all others.
  private static func knock(_ lab: Lab, _ port: Int) async throws -> String {
    _ = try await lab.quickly(["curl", "-s", "--max-time", "60", "http://127.0.7.7:\(port)/"])
    return "127.0.7.7 \(port)"
  }

  private static let canaries = [
    "canary-ipv4.gov.uk", "canary-ipv6.gov.uk", "canary-names.gov.uk", "canary-implicit.gov.uk",
    "canary-policy.gov.uk", "canary-redirect.gov.uk",
  ]

  private static func options(_ lab: Lab, allow: [String], resolver: String? = nil) -> [String] {
    let options = lab.options(resolver: resolver)
    let end = options.firstIndex(of: "--allow-address") ?? options.endIndex
    return options[..<end] + allow.flatMap { ["--allow-address", $0] }
  }

  @Test func `no canary is touched`() async throws {
    guard Lab.ready != nil, let program = Lab.hallmarkd else { return }
    let lab = try Lab(zones: false)
    defer { lab.remove() }
    try await Self.openWide(lab)
    let watch = try await Watch.start(in: lab)
    let check = [program, "check", "--json", "fully-secure.gov.uk"] + Self.canaries

    // The mail server and the policy host of the lab may be contacted, and nothing else.
    let strict = try await lab.run(check + Self.options(lab, allow: ["127.0.2.1", "127.0.3.1"]))
    let records = strict.stdout.split(separator: "\n").compactMap { try? JSONValue(parsing: String($0)) }
    #expect(records.count == 1 + Self.canaries.count, "\(strict.stderr)")
    let seen = try await watch.seen(after: Self.knock(lab, 7001))
    #expect(seen == ["127.0.2.1 25", "127.0.3.1 443"])
    let endpoints = records.flatMap { $0["encryption"]?["mx"]?.arrayValue ?? [] }
      .flatMap { $0["endpoints"]?.arrayValue ?? [] }
    let forbidden = endpoints.filter {
      $0["error"]?["reason"]?.stringValue?.contains("special-purpose address") == true
    }
    #expect(forbidden.count > 40)
    #expect(forbidden.allSatisfy { $0["error"]?["stage"]?.stringValue == "connect" && $0["starttls"] == .null })
    #expect(records.dropFirst().allSatisfy { $0["verdict"]?.stringValue != "secure" })

    // Were they allowed, the canaries would sing: the watch sees them, and the names lead there.
    _ = try await lab.run(check + Self.options(lab, allow: ["0.0.0.0/0", "::/0"]))
    let open = try await watch.seen(after: Self.knock(lab, 7002))
    for canary in ["127.0.0.1 25", "10.0.0.1 25", "169.254.169.254 25", "64:ff9b::a00:1 25", "2002:7f00:1::1 25"] {
      #expect(open.contains(canary), "\(open.sorted())")
    }
    // Not even then is a redirect followed, or a report sent, or another port tried.
    #expect(open.filter { !$0.hasSuffix(" 25") && !$0.hasSuffix(" 443") } == ["127.0.7.7 7001"])
    #expect(!open.contains("169.254.169.254 80"))
    _ = await watch.command.terminate()
  }

  @Test func `a name that leads elsewhere the next time gains nothing`() async throws {
    guard Lab.ready != nil, let program = Lab.hallmarkd else { return }
    let lab = try Lab(zones: false)
    defer { lab.remove() }
    let watch = try await Watch.start(in: lab)
    let dns = try await ServiceDNS.start(in: lab, address: "127.0.0.54")
    try dns.answer("mx.rebinding.gov.uk A turns 127.0.2.1 127.0.0.1")
    var contacted = 0
    var refused = 0
    for _ in 0..<6 {
      let words = [program, "check", "--json", "rebinding.gov.uk"]
      let outcome = try await lab.run(words + Self.options(lab, allow: ["127.0.2.1"], resolver: dns.resolver))
      let endpoints = try JSONValue(parsing: outcome.stdout)["encryption"]?["mx"]?[0]?["endpoints"]?.arrayValue ?? []
      contacted += endpoints.filter { $0["starttls"] == .bool(true) }.count
      refused += endpoints.filter { $0["address"]?.stringValue == "127.0.0.1" && $0["reachable"] == .bool(false) }.count
    }
    #expect(contacted > 0 && refused > 0, "both answers were given: \(contacted), \(refused)")
    #expect(try await watch.seen(after: Self.knock(lab, 7003)).filter { $0.hasSuffix(" 25") } == ["127.0.2.1 25"])
    await dns.stop()
    _ = await watch.command.terminate()
  }

  // MARK: How often

  /// What the log of the lab's scripted servers says of one connection.
  private struct Visit {
    var begin: Int64 = 0
    var end: Int64 = 0
    var events: [String] = []
  }

  private static func visits(to peer: String, in lab: Lab) throws -> [Visit] {
    let log = try String(contentsOfFile: lab.description["scriptedLog"]?.stringValue ?? "", encoding: .utf8)
    var visits: [Int64: Visit] = [:]
    for line in log.split(separator: "\n") {
      let entry = try JSONValue(parsing: String(line))
      guard entry["peer"]?.stringValue == peer, let number = entry["connection"]?.integerValue,
        let event = entry["event"]?.stringValue, let at = entry["at"]?.integerValue
      else { continue }
      if event == "open" { visits[number, default: Visit()].begin = at }
      visits[number, default: Visit()].end = at
      visits[number, default: Visit()].events.append(event)
    }
    // Whoever only looks whether the server is there says nothing.
    return visits.values.filter { $0.events.count > 1 }.sorted { $0.begin < $1.begin }
  }

  @Test func `a thousand cold checks at once that share an MX host cause one probe, by the server's log`() async throws
  {
    guard Lab.ready != nil else { return }
    let lab = try Lab(zones: false)
    defer { lab.remove() }
    let service = try await ServiceProcess.start(in: lab, port: 8472)
    let batches = (0..<10).map { batch in
      JSONValue.array(
        (0..<100).map { number -> JSONValue in
          let domain = JSONValue.string("n\(batch)x\(number).d.shared.gov.uk")
          return [
            "jsonrpc": "2.0", "id": .integer(Int64(number)), "method": "checkDomain", "params": ["domain": domain],
          ]
        })
    }
    let answers = try await withThrowingTaskGroup(of: [JSONValue].self) { group in
      for batch in batches {
        group.addTask { try await service.post(Expectation.text(batch), within: 400).json?.arrayValue ?? [] }
      }
      return try await group.reduce(into: []) { $0 += $1 }
    }
    let encryption = answers.compactMap { $0["result"]?["encryption"]?["verdict"]?.stringValue }
    // On a loaded machine a look-up may run out of time; that is no other probe, and no proof of anything.
    #expect(answers.count == 1000 && encryption.count == 1000 && encryption.contains("pass"))
    #expect(Set(encryption).isSubset(of: ["pass", "unknown"]))
    await service.stop()
    let visits = try Self.visits(to: "counted", in: lab)
    // A full observation: one ordinary connection, one for weak suites, one that gets TLS 1.2, one for what is older.
    #expect(visits.count == 4, "\(visits)")
    for (one, next) in zip(visits, visits.dropFirst()) { #expect(one.end <= next.begin, "never two at once") }
  }

  // MARK: What it shows

  @Test func `--trace prints look-ups and dialogues with times, and nothing that a terminal would obey`() async throws {
    guard let lab = Lab.ready else { return }
    let outcome = try await lab.hallmarkd(["check", "--trace", "fully-secure.gov.uk", "escapes.gov.uk"])
    let lines = outcome.stderr.split(separator: "\n").map(String.init)
    #expect(lines.first?.hasPrefix("trace of 2") == true)
    for line in lines.dropFirst() {
      #expect(line.range(of: #"^ *[0-9]+\.[0-9]{3}  "#, options: .regularExpression) != nil, "\(line)")
    }
    let here = NSRegularExpression.escapedPattern(for: "mx.fully-secure.gov.uk [127.0.2.1]:25")
    for pattern in [
      #"fully-secure.gov.uk MX -> found, DNSSEC secure, TTL [0-9]+, in [0-9]+ ms"#, #"  10 mx.fully-secure.gov.uk$"#,
      #"  "v=spf1 .*-all"$"#, #"_25._tcp.mx.fully-secure.gov.uk TLSA -> found, DNSSEC secure"#,
      #"  3 1 1 [0-9a-f]{64}$"#,
      #"AAAA -> no such type \(NODATA\), DNSSEC secure"#, #"-> no such name \(NXDOMAIN\), DNSSEC secure"#,
      "\(here) --- connected", "\(here) <-- 220 ", "\(here) --> EHLO prober.nic.uk", "\(here) <-- 250.STARTTLS",
      "\(here) --> STARTTLS", "\(here) --- handshake done: TLSv1.3 with TLS_[A-Z0-9_]+, forward secrecy",
      "\(here) --- certificate 1: .*, issued by .*, EC of 256 bits, ecdsa-with-SHA256",
      "\(here) --- subjectAltNames: .*mx.fully-secure.gov.uk",
      "\(here) --- one of them names the host; [0-9]+ days left",
      "\(here) --> QUIT", "\(here) <-- 221 ", "\(here) --- ended at handshake: .*protocol version",
      "\(here) --- closed", #":443 --> GET /.well-known/mta-sts.txt HTTP/1.1"#, #":443 <-- HTTP/1.1 200"#,
      #":443 <-- Content-Type: text/plain"#, #":443 <-- version: STSv1"#,
    ] {
      #expect(lines.contains { $0.range(of: pattern, options: .regularExpression) != nil }, "\(pattern)")
    }
    #expect(lines.contains { $0.contains(#"<-- 220 odd\x1b[31m\x1b]0;owned\x07 \xe2\x80\xae ESMTP"#) })
    #expect(lines.contains { $0.contains(#""\x1b[2J\x1b]0;owned\x07""#) })
    for text in [outcome.stderr, outcome.stdout] {
      #expect(text.unicodeScalars.allSatisfy { $0 == "\n" || ($0.value >= 0x20 && $0.value != 0x7f) })
      #expect(!text.unicodeScalars.contains("\u{202e}"))
    }
  }

  /// The system's configuration may forbid what servers do; what they do is seen all the same.
  @Test func `the system's OpenSSL policy hides nothing`() async throws {
    guard let lab = Lab.ready, let program = Lab.hallmarkd else { return }
    let policy = try lab.file(
      "openssl.cnf",
      """
      openssl_conf = openssl_init
      [openssl_init]
      ssl_conf = ssl_sect
      [ssl_sect]
      system_default = system_default_sect
      [system_default_sect]
      MinProtocol = TLSv1.3
      Protocol = -TLSv1, -TLSv1.1
      CipherString = DEFAULT@SECLEVEL=2
      Ciphersuites = TLS_AES_128_CCM_8_SHA256
      SignatureAlgorithms = ECDSA+SHA384
      Groups = P-521

      """)
    let names = [
      "tls10.gov.uk", "old-versions.gov.uk", "tls12.gov.uk", "no-forward-secrecy.gov.uk", "short-key.gov.uk",
      "fully-secure.gov.uk", "expired.gov.uk",
    ]
    let cases = LabCase.all.filter { names.contains($0.domain) && $0.ask == $0.domain }
    #expect(cases.count == names.count)
    let words = [program, "check", "--json"] + cases.map(\.domain) + lab.options
    let outcome = try await lab.run(["env", "OPENSSL_CONF=\(policy)"] + words)
    let records = try outcome.stdout.split(separator: "\n").map { try JSONValue(parsing: String($0)) }
    #expect(records.count == cases.count, "\(outcome.stderr)")
    for (each, record) in zip(cases, records) {
      let wrong = each.differences(from: record)
      #expect(wrong.isEmpty, "\(each.domain): \(wrong.joined(separator: "; "))")
    }
    // The policy is in force in such a process: another client of the same library is held by it.
    let client = try await lab.run([
      "env", "OPENSSL_CONF=\(policy)", "openssl", "s_client", "-starttls", "smtp", "-connect", "127.0.2.20:25",
    ])
    #expect(client.status != 0)
  }
}
