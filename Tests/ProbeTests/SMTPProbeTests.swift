import DNS
import Foundation
import Posture
import Testing

@testable import Probe

/// The prober against real servers on loopback.
@Suite(.serialized) struct SMTPProbeTests {
  static let upToTLS = ["S 220 mx.example.com ESMTP", "R EHLO", "S 250-mx.example.com", "S 250 STARTTLS", "R STARTTLS"]
  static let whole = upToTLS + ["S 220 go ahead", "TLS", "R QUIT", "S 221 bye", "HOLD"]

  let prober: Prober

  init() throws { prober = try Prober() }

  @Test func goodServer() async throws {
    let peer = try Peer(Self.whole, credentials: try prober.credentials())
    let observation = try await prober.smtp().observe(prober.key(peer.port))
    #expect(observation.connected && observation.starttlsOffered == true)
    #expect(observation.failure == nil)
    #expect(observation.greeting == "220 mx.example.com ESMTP; 250 mx.example.com")
    let session = try #require(observation.session)
    #expect(session.version == .tls13 && session.cipher.hasPrefix("TLS_"))
    #expect(session.forwardSecrecy && !session.weakCipher)
    #expect(session.chain.count == 2)
    let facts = try #require(session.certificate)
    #expect(facts.chainTrusted && facts.matchesName)
    let heard = peer.end()
    #expect(heard == ["open", "heard EHLO probe.example.net", "heard STARTTLS", "heard QUIT", "closed"])
    #expect(prober.lines.all.contains("--> STARTTLS") && prober.lines.all.contains("<-- 221 bye"))
  }

  struct Oddity: CustomTestStringConvertible, Sendable {
    let name: String
    let steps: [String]
    let stage: ProbeStage
    let kind: ProbeFailure.Kind
    var reply: String?
    var timeout = Duration.seconds(10)
    var options: [String] = []
    var testDescription: String { name }
  }

  static let oddities: [Oddity] = [
    Oddity(name: "silent", steps: ["HOLD"], stage: .banner, kind: .temporary, timeout: .milliseconds(300)),
    Oddity(
      name: "an octet at a time", steps: ["DRIP " + String(repeating: "2", count: 200)], stage: .banner,
      kind: .protocolViolation, timeout: .seconds(10)),
    Oddity(
      name: "slow greeting", steps: ["DRIP 220 " + String(repeating: "x", count: 100)], stage: .banner,
      kind: .temporary,
      timeout: .milliseconds(300)),
    Oddity(name: "421", steps: ["S 421 busy", "HOLD"], stage: .banner, kind: .temporary, reply: "421 busy"),
    Oddity(name: "554", steps: ["S 554 no", "R QUIT", "CLOSE"], stage: .banner, kind: .refused, reply: "554 no"),
    Oddity(
      name: "454", steps: upToTLS + ["S 454 4.7.0 not now", "R QUIT", "S 221 bye"], stage: .starttls, kind: .temporary,
      reply: "454 4.7.0 not now"),
    Oddity(name: "endless line", steps: ["S 220-x", "ENDLESS x"], stage: .banner, kind: .protocolViolation),
    Oddity(
      name: "endless reply", steps: ["X " + String(repeating: "3232302d780d0a", count: 200), "HOLD"], stage: .banner,
      kind: .protocolViolation),
    Oddity(name: "binary", steps: ["X 160301000000ff00", "HOLD"], stage: .banner, kind: .protocolViolation),
    Oddity(name: "closes at once", steps: ["CLOSE"], stage: .banner, kind: .temporary),
    Oddity(name: "closes at EHLO", steps: ["S 220 mx", "R EHLO", "CLOSE"], stage: .ehlo, kind: .temporary),
    Oddity(name: "closes at STARTTLS", steps: upToTLS + ["CLOSE"], stage: .starttls, kind: .temporary),
    Oddity(
      name: "closes in the handshake", steps: upToTLS + ["S 220 go", "CLOSE"], stage: .handshake, kind: .temporary),
    Oddity(
      name: "silent in the handshake", steps: upToTLS + ["S 220 go", "HOLD"], stage: .handshake, kind: .temporary,
      timeout: .milliseconds(400)),
    Oddity(name: "resets", steps: ["S 220 mx", "R EHLO", "RESET"], stage: .ehlo, kind: .temporary),
    Oddity(
      name: "no TLS behind 220", steps: upToTLS + ["S 220 go", "R \u{16}", "S 250 hello there"], stage: .handshake,
      kind: .protocolViolation),
    Oddity(
      name: "a broken ServerHello", steps: upToTLS + ["S 220 go", "X 160303000402ffffff", "HOLD"], stage: .handshake,
      kind: .protocolViolation),
    Oddity(
      name: "alert handshake_failure", steps: upToTLS + ["S 220 go", "X 15030300020228", "HOLD"], stage: .handshake,
      kind: .refused),
    Oddity(
      name: "alert protocol_version", steps: upToTLS + ["S 220 go", "X 15030300020246", "HOLD"], stage: .handshake,
      kind: .refused),
    Oddity(
      name: "alert internal_error", steps: upToTLS + ["S 220 go", "X 15030300020250", "HOLD"], stage: .handshake,
      kind: .temporary),
    Oddity(
      name: "wants a client certificate", steps: whole, stage: .handshake, kind: .refused,
      options: ["--client", "required"]),
    Oddity(
      name: "wants a client certificate, TLS 1.2", steps: whole, stage: .handshake, kind: .refused,
      options: ["--client", "required", "--max", "1.2"]),
  ]

  @Test(arguments: oddities) func oddServer(_ oddity: Oddity) async throws {
    let peer = try Peer(oddity.steps, credentials: try prober.credentials(), options: oddity.options)
    let observation = try await prober.smtp(oddity.timeout).observe(prober.key(peer.port))
    #expect(observation.connected)
    #expect(observation.session == nil)
    #expect(observation.failure?.stage == oddity.stage)
    #expect(observation.failure?.kind == oddity.kind, "\(observation.failure?.reason ?? "")")
    #expect(observation.failure?.reply == oddity.reply)
    _ = peer.end()
  }

  @Test func injectedPlaintext() async throws {
    let steps = Self.upToTLS + ["X 32323020676f0d0a32353020696e6a65637465640d0a", "TLS", "R QUIT", "S 221 bye"]
    let peer = try Peer(steps, credentials: try prober.credentials())
    let observation = try await prober.smtp().observe(prober.key(peer.port))
    #expect(observation.injectedPlaintext)
    #expect(observation.session != nil)
  }

  @Test func aClientCertificateThatIsNotInsistedOn() async throws {
    let peer = try Peer(Self.whole, credentials: try prober.credentials(), options: ["--client", "optional"])
    let observation = try await prober.smtp().observe(prober.key(peer.port))
    #expect(observation.failure == nil && observation.session != nil)
  }

  @Test func otherCertificates() async throws {
    let wrong = try Peer(Self.whole, credentials: try prober.credentials("other.example.net"))
    let facts = try await prober.smtp().observe(prober.key(wrong.port)).session?.certificate
    #expect(facts?.matchesName == false && facts?.chainTrusted == true)
    let alone = try Peer(Self.whole, credentials: try prober.credentials(sendsIntermediate: false))
    let rest = try await prober.smtp().observe(prober.key(alone.port)).session?.certificate
    #expect(rest?.matchesName == true && rest?.chainTrusted == false)
    #expect(rest?.chainError?.contains("Hallmark test intermediate") == true)
  }

  @Test func anonymousSuite() async throws {
    let peer = try Peer(Self.whole, options: ["--max", "1.2", "--ciphers", "aNULL:@SECLEVEL=0"])
    let session = try await prober.smtp().observe(prober.key(peer.port)).session
    #expect(session?.weakCipher == true && session?.certificate == nil && session?.chain == [])
  }

  @Test func noForwardSecrecy() async throws {
    let peer = try Peer(
      Self.whole, credentials: try rsa(), options: ["--max", "1.2", "--ciphers", "AES128-SHA:@SECLEVEL=0"])
    let session = try await prober.smtp().observe(prober.key(peer.port)).session
    #expect(session?.forwardSecrecy == false && session?.weakCipher == false)
    #expect(session?.cipher == "TLS_RSA_WITH_AES_128_CBC_SHA")
    #expect(session?.certificate?.key == "RSA" && session?.certificate?.bits == 1024)
  }

  /// A self-signed certificate with a short RSA key, which Debian's default security level would hide.
  private func rsa() throws -> Peer.Credentials {
    let directory = prober.authority.directory
    if !FileManager.default.fileExists(atPath: directory.appending(path: "rsa.pem").path()) {
      try Command.run(
        [
          "openssl", "req", "-x509", "-newkey", "rsa:1024", "-nodes", "-keyout", "rsa.key", "-out", "rsa.pem", "-subj",
          "/CN=rsa",
        ],
        in: directory)
    }
    return Peer.Credentials(
      certificate: directory.appending(path: "rsa.pem").path(), key: directory.appending(path: "rsa.key").path())
  }

  @Test func nobodyListens() async throws {
    let peer = try Peer(["HOLD"])
    let port = peer.port
    _ = peer.end()
    let observation = try await prober.smtp().observe(prober.key(port))
    #expect(!observation.connected)
    #expect(observation.failure?.stage == .connect && observation.failure?.kind == .refused)
  }

  @Test func forbiddenAddress() async throws {
    let observation = try await prober.smtp(addresses: AddressPolicy()).observe(prober.key(25))
    #expect(!observation.connected && observation.failure?.kind == .forbiddenAddress)
    #expect(prober.lines.all == ["--- 127.0.0.1 is a special-purpose address, which is not contacted"])
  }

  /// Every probe ends and every channel is closed, whether it is left alone or cancelled at some moment.
  @Test func manyAtOnce() async throws {
    let peer = try Peer(Self.whole, credentials: try prober.credentials())
    let probe = try prober.smtp()
    let key = try prober.key(peer.port)
    let ended = await withTaskGroup(of: Bool.self) { group in
      for number in 0..<60 {
        group.addTask {
          let task = Task { await probe.observe(key) }
          if number.isMultiple(of: 3) {
            for _ in 0..<number { await Task.yield() }
            task.cancel()
          }
          let observation = await task.value
          return observation.session != nil || (observation.failure?.kind == .temporary && number.isMultiple(of: 3))
        }
      }
      return await group.reduce(into: 0) { $0 += $1 ? 1 : 0 }
    }
    #expect(ended == 60)
    let lines = prober.lines.all
    #expect(lines.filter { $0 == "--- connected" }.count == lines.filter { $0 == "--- closed" }.count)
  }

  @Test func cancellationEndsIt() async throws {
    let peer = try Peer(["HOLD"])
    let probe = try prober.smtp(.seconds(60))
    let key = try prober.key(peer.port)
    let lines = prober.lines
    let task = Task { await probe.observe(key) }
    while !lines.all.contains("--- connected") { try await Task.sleep(for: .milliseconds(5)) }
    task.cancel()
    let observation = await task.value
    #expect(observation.failure?.kind == .temporary)
    let early = Task {
      withUnsafeCurrentTask { $0?.cancel() }
      return await probe.observe(key)
    }
    #expect(await early.value.failure?.kind == .temporary)
  }

  @Test(arguments: [
    (ENETUNREACH, false, ProbeFailure.Kind.noRoute), (EAFNOSUPPORT, true, .noRoute), (EADDRNOTAVAIL, true, .noRoute),
    (EADDRNOTAVAIL, false, .temporary), (EHOSTUNREACH, false, .temporary), (ECONNREFUSED, true, .refused),
    (ETIMEDOUT, false, .temporary), (ECONNRESET, false, .temporary), (EMFILE, false, .temporary),
  ])
  func errors(_ code: CInt, _ isIPv6: Bool, _ kind: ProbeFailure.Kind) {
    #expect(ConnectFailure(errno: code, isIPv6: isIPv6).kind == kind)
  }
}
