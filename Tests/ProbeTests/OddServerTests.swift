import DNS
import Foundation
import Posture
import Testing

@testable import Probe

/// Strange servers that a careful sender cannot use, each with the stage, the kind and the bound that ends it.
@Suite struct OddServerTests {
  struct Oddity: CustomTestStringConvertible, Sendable {
    let name: String
    let steps: [String]
    let stage: ProbeStage
    let kind: ProbeFailure.Kind
    var reply: String?
    /// What the reason says.
    var says: String?
    var injected = false
    var timeout = Duration.seconds(30)
    var options: [String] = []
    var testDescription: String { name }
  }

  static let upToTLS = SMTPProbeTests.upToTLS
  static let inTLS = upToTLS + ["S 220 go"]
  static let whole = SMTPProbeTests.whole
  /// Three quarters of it are a stage's own time.
  static let short = Duration.seconds(4)
  static let silence = "no whole answer came within 3 s"

  static let silent: [Oddity] = [
    Oddity(
      name: "silent at once", steps: ["HOLD"], stage: .banner, kind: .temporary, says: silence, timeout: short),
    Oddity(
      name: "silent at EHLO", steps: ["S 220 mx", "R EHLO", "HOLD"], stage: .ehlo, kind: .temporary, says: silence,
      timeout: short),
    Oddity(
      name: "silent at HELO", steps: ["S 220 mx", "R EHLO", "S 502 no", "R HELO", "HOLD"], stage: .ehlo,
      kind: .temporary, says: silence, timeout: short),
    Oddity(
      name: "silent at STARTTLS", steps: upToTLS + ["HOLD"], stage: .starttls, kind: .temporary, says: silence,
      timeout: short),
    Oddity(
      name: "silent in the handshake", steps: inTLS + ["HOLD"], stage: .handshake, kind: .temporary, says: silence,
      timeout: short),
    Oddity(
      name: "half a greeting", steps: ["X 3232302d6d78", "HOLD"], stage: .banner, kind: .temporary, says: silence,
      timeout: short),
    Oddity(
      name: "half an answer to EHLO", steps: ["S 220 mx", "R EHLO", "S 250-mx", "HOLD"], stage: .ehlo,
      kind: .temporary, says: silence, timeout: short),
    Oddity(
      name: "half a ServerHello", steps: inTLS + ["X 160303004a02000046", "HOLD"], stage: .handshake, kind: .temporary,
      says: silence, timeout: short),
    Oddity(
      name: "an octet a second", steps: ["DRIP 1 220 " + String(repeating: "x", count: 40)], stage: .banner,
      kind: .temporary, says: silence, timeout: short),
    Oddity(
      name: "an octet a second at EHLO",
      steps: ["S 220 mx", "R EHLO", "DRIP 1 250 " + String(repeating: "x", count: 40)], stage: .ehlo,
      kind: .temporary, says: silence, timeout: short),
  ]

  static let closing: [Oddity] = [
    Oddity(name: "closes at once", steps: ["CLOSE"], stage: .banner, kind: .temporary),
    Oddity(name: "closes at EHLO", steps: ["S 220 mx", "R EHLO", "CLOSE"], stage: .ehlo, kind: .temporary),
    Oddity(
      name: "closes at HELO", steps: ["S 220 mx", "R EHLO", "S 502 no", "R HELO", "CLOSE"], stage: .ehlo,
      kind: .temporary),
    Oddity(name: "closes at STARTTLS", steps: upToTLS + ["CLOSE"], stage: .starttls, kind: .temporary),
    Oddity(name: "closes in the handshake", steps: inTLS + ["R \u{16}", "CLOSE"], stage: .handshake, kind: .temporary),
    Oddity(name: "resets at EHLO", steps: ["S 220 mx", "R EHLO", "RESET"], stage: .ehlo, kind: .temporary),
    Oddity(
      name: "resets at HELO", steps: ["S 220 mx", "R EHLO", "S 502 no", "R HELO", "RESET"], stage: .ehlo,
      kind: .temporary),
    Oddity(name: "resets at STARTTLS", steps: upToTLS + ["RESET"], stage: .starttls, kind: .temporary),
    Oddity(name: "resets in the handshake", steps: inTLS + ["R \u{16}", "RESET"], stage: .handshake, kind: .temporary),
  ]

  static let turnedAway: [Oddity] = [
    Oddity(name: "421", steps: ["S 421 busy", "HOLD"], stage: .banner, kind: .temporary, reply: "421 busy"),
    Oddity(name: "554", steps: ["S 554 no", "R QUIT", "CLOSE"], stage: .banner, kind: .refused, reply: "554 no"),
    Oddity(
      name: "554 in many lines", steps: ["S 554-no", "S 554-not for you", "S 554 never", "R QUIT", "CLOSE"],
      stage: .banner, kind: .refused, reply: "554 no"),
    Oddity(
      name: "421 at EHLO", steps: ["S 220 mx", "R EHLO", "S 421 busy", "HOLD"], stage: .ehlo, kind: .temporary,
      reply: "421 busy"),
    Oddity(
      name: "HELO alone", steps: ["S 220 mx", "R EHLO", "S 502 no", "R HELO", "S 250 mx", "R QUIT", "S 221 bye"],
      stage: .starttls, kind: .refused),
    Oddity(
      name: "454", steps: upToTLS + ["S 454 4.7.0 not now", "R QUIT", "S 221 bye"], stage: .starttls, kind: .temporary,
      reply: "454 4.7.0 not now"),
    Oddity(
      name: "421 at STARTTLS", steps: upToTLS + ["S 421 busy"], stage: .starttls, kind: .temporary, reply: "421 busy"),
    Oddity(
      name: "alert handshake_failure", steps: inTLS + ["X 15030300020228", "HOLD"], stage: .handshake, kind: .refused),
    Oddity(
      name: "alert protocol_version", steps: inTLS + ["X 15030300020246", "HOLD"], stage: .handshake, kind: .refused),
    Oddity(
      name: "alert internal_error", steps: inTLS + ["X 15030300020250", "HOLD"], stage: .handshake, kind: .temporary),
    Oddity(
      name: "wants a client certificate", steps: whole, stage: .handshake, kind: .refused,
      options: ["--client", "required"]),
    Oddity(
      name: "wants a client certificate, TLS 1.2", steps: whole, stage: .handshake, kind: .refused,
      options: ["--client", "required", "--max", "1.2"]),
  ]

  static let nonsense: [Oddity] = [
    Oddity(
      name: "no digit in an octet at a time", steps: ["DRIP 0.02 " + String(repeating: "2", count: 200)],
      stage: .banner, kind: .protocolViolation),
    Oddity(
      name: "endless line", steps: ["X 3232302d", "ENDLESS x"], stage: .banner, kind: .protocolViolation,
      says: "a reply line is too long"),
    Oddity(
      name: "endless reply", steps: ["S 220-x", "ENDLESS 220-x\\r\\n"], stage: .banner, kind: .protocolViolation,
      says: "a reply has too many lines"),
    Oddity(
      name: "endless long reply", steps: ["S 220-x", "ENDLESS 220-\(String(repeating: "x", count: 1500))\\r\\n"],
      stage: .banner, kind: .protocolViolation, says: "a reply is too long"),
    Oddity(
      name: "endless at EHLO", steps: ["S 220 mx", "R EHLO", "ENDLESS 250-x\\r\\n"], stage: .ehlo,
      kind: .protocolViolation, says: "a reply has too many lines"),
    Oddity(
      name: "endless at STARTTLS", steps: upToTLS + ["ENDLESS 220-x\\r\\n"], stage: .starttls,
      kind: .protocolViolation, says: "a reply has too many lines"),
    Oddity(
      name: "endless warnings in the handshake",
      steps: inTLS + ["R \u{16}", "ENDLESS \\x15\\x03\\x03\\x00\\x02\\x01\\x5a"],
      stage: .handshake, kind: .protocolViolation),
    Oddity(
      name: "endless garbage in the handshake", steps: inTLS + ["R \u{16}", "ENDLESS \\x00\\x7f"], stage: .handshake,
      kind: .protocolViolation),
    Oddity(name: "binary", steps: ["X 160301000000ff00", "HOLD"], stage: .banner, kind: .protocolViolation),
    Oddity(
      name: "NUL in a reply", steps: ["X 323230206d00780d0a", "HOLD"], stage: .banner, kind: .protocolViolation,
      says: "a reply holds a NUL octet"),
    Oddity(
      name: "binary at EHLO", steps: ["S 220 mx", "R EHLO", "X 00ff00ff0d0a", "HOLD"], stage: .ehlo,
      kind: .protocolViolation),
    Oddity(
      name: "codes that differ", steps: ["S 220 mx", "R EHLO", "S 250-mx", "S 220 x", "HOLD"], stage: .ehlo,
      kind: .protocolViolation, says: "the lines of one reply have different codes"),
    Oddity(
      name: "a broken ServerHello", steps: inTLS + ["X 160303000402ffffff", "HOLD"], stage: .handshake,
      kind: .protocolViolation),
    Oddity(
      name: "garbage for a ServerHello", steps: inTLS + ["R \u{16}", "S what do you want?", "HOLD"], stage: .handshake,
      kind: .protocolViolation),
    Oddity(
      name: "a reply behind 220, in a packet of its own", steps: inTLS + ["R \u{16}", "S 250 hello there", "HOLD"],
      stage: .handshake, kind: .protocolViolation, says: "a reply came in the clear in the place of TLS",
      injected: true),
  ]

  @Test(arguments: silent + closing + turnedAway + nonsense) func ends(_ oddity: Oddity) async throws {
    let prober = try Prober()
    let peer = try Peer(oddity.steps, credentials: try prober.credentials(), options: oddity.options)
    let observation = try await prober.smtp(oddity.timeout).observe(prober.key(peer.port))
    #expect(observation.connected)
    #expect(observation.session == nil)
    #expect(observation.failure?.stage == oddity.stage)
    #expect(observation.failure?.kind == oddity.kind, "\(observation.failure?.reason ?? "")")
    #expect(observation.failure?.reply == oddity.reply)
    #expect(observation.injectedPlaintext == oddity.injected)
    #expect(observation.failure?.reason.isEmpty == false)
    if let says = oddity.says { #expect(observation.failure?.reason == says) }
    _ = peer.end()
  }

  /// Strange servers that mail can be brought to all the same.
  struct Whim: CustomTestStringConvertible, Sendable {
    let name: String
    let steps: [String]
    var options: [String] = []
    var injected = false
    var heard: [String] = []
    var testDescription: String { name }
  }

  static let go = ["S 220 go", "TLS", "R QUIT", "S 221 bye", "HOLD"]
  static let whims: [Whim] = [
    Whim(
      name: "a greeting of many lines",
      steps: ["S 220-mx", "S 220-no spam", "S 220", "R EHLO", "S 250-mx", "S 250 STARTTLS", "R STARTTLS"] + go),
    Whim(
      name: "bare LF",
      steps: ["L 220-mx", "L 220 ESMTP", "R EHLO", "L 250-mx", "L 250 STARTTLS", "R STARTTLS", "L 220 go"]
        + go.dropFirst()),
    Whim(
      name: "lower case", steps: ["S 220 mx", "R EHLO", "S 250-mx", "S 250 starttls", "R STARTTLS"] + go),
    Whim(
      name: "offered twice",
      steps: ["S 220 mx", "R EHLO", "S 250-mx", "S 250-STARTTLS", "S 250 STARTTLS", "R STARTTLS"] + go),
    Whim(name: "a banner that takes 10 seconds", steps: ["WAIT 10"] + upToTLS + go),
    Whim(
      name: "an octet at a time to the end",
      steps: ["DRIP 0.01 220 mx\\r\\n", "R EHLO", "DRIP 0.01 250-mx\\r\\n250 STARTTLS\\r\\n", "R STARTTLS"] + go),
    Whim(name: "no answer to QUIT", steps: upToTLS + ["S 220 go", "TLS", "R QUIT", "HOLD"]),
    Whim(name: "closes behind the handshake", steps: upToTLS + ["S 220 go", "TLS", "CLOSE"]),
    Whim(name: "resets behind the handshake", steps: upToTLS + ["S 220 go", "TLS", "RESET"]),
    Whim(name: "endless behind the handshake", steps: upToTLS + ["S 220 go", "TLS", "ENDLESS 250-x\\r\\n"]),
    Whim(name: "binary behind the handshake", steps: upToTLS + ["S 220 go", "TLS", "X 00ff00ff", "HOLD"]),
    Whim(name: "asks for a client certificate", steps: whole, options: ["--client", "optional"]),
    Whim(
      name: "asks for a client certificate, TLS 1.2", steps: whole, options: ["--client", "optional", "--max", "1.2"]),
    Whim(
      name: "asks for another handshake", steps: upToTLS + ["S 220 go", "AGAIN"],
      heard: ["handshake 1", "request 1 1", "heard QUIT"]),
    Whim(
      name: "a reply behind 220, in the same packet",
      steps: upToTLS + ["X 32323020676f0d0a32353020696e6a65637465640d0a", "TLS", "R QUIT", "S 221 bye"], injected: true),
  ]

  @Test(arguments: whims) func isBorneWith(_ whim: Whim) async throws {
    let prober = try Prober()
    let peer = try Peer(whim.steps, credentials: try prober.credentials(), options: whim.options)
    let observation = try await prober.smtp(.seconds(30)).observe(prober.key(peer.port))
    #expect(observation.failure == nil)
    #expect(observation.session?.certificate?.chainTrusted == true)
    #expect(observation.starttlsOffered == true)
    #expect(observation.injectedPlaintext == whim.injected)
    let noted = peer.end()
    #expect(noted.filter { $0 == "open" }.count == 1)
    for line in whim.heard { #expect(noted.contains(line), "\(noted)") }
  }

  @Test func limits() {
    let limits = StageLimits(whole: .seconds(20))
    #expect(limits.connect == .seconds(10))
    for stage in [SMTPDialogue.Stage.banner, .ehlo, .helo, .starttls, .handshake] {
      #expect(limits.limit(of: stage) == .seconds(15))
    }
    #expect(limits.limit(of: .farewell) == .seconds(2) && limits.limit(of: .quit) == .seconds(2))
    #expect(limits.limit(of: .over) == nil)
    #expect(StageLimits.text(.milliseconds(1500)) == "1500 ms" && StageLimits.text(.seconds(15)) == "15 s")
  }

  /// Every stage within its own time, and all of them beyond that of the endpoint.
  @Test func theTimeOfTheEndpointIsForAllStages() async throws {
    let prober = try Prober()
    let peer = try Peer(["WAIT 2", "S 220 mx", "R EHLO", "WAIT 60", "HOLD"])
    let observation = try await prober.smtp(.seconds(4)).observe(prober.key(peer.port))
    #expect(observation.failure?.stage == .ehlo && observation.failure?.kind == .temporary)
    #expect(observation.failure?.reason == "the time for the endpoint ran out")
  }

  /// RFC 6066 section 3: SNI is a host name; whatever an MX record names, nothing else is sent.
  @Test(
    arguments: [
      ("mx.example.com", "mx.example.com"), ("a_b.example.com", nil), (#"a\032b.example.com"#, nil),
      (#"a\000.example.com"#, nil), (#"a\013\010EHLO.example.com"#, nil), (#"\255\254.example"#, nil),
      ("127.0.0.1", nil), ("-a.example", nil), ("*.example.com", nil), (#"a\.b.example"#, nil), ("a;b.example", nil),
    ] as [(String, String?)])
  func serverNames(_ name: String, _ sni: String?) async throws {
    let prober = try Prober()
    let peer = try Peer(SMTPProbeTests.whole, credentials: try prober.credentials())
    let observation = try await prober.smtp(.seconds(30)).observe(prober.key(peer.port, name: name))
    #expect(observation.session != nil)
    #expect(observation.session?.certificate?.matchesName == (sni != nil))
    let noted = peer.end()
    #expect(noted.contains("sni \(sni ?? "None")"), "\(noted)")
    #expect(noted.filter { $0.hasPrefix("heard") } == ["heard EHLO probe.example.net", "heard STARTTLS", "heard QUIT"])
  }
}
