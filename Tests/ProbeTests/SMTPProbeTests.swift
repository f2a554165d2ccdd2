import DNS
import Foundation
import Posture
import TestKit
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
    #expect(
      heard == [
        "open", "heard EHLO probe.example.net", "heard STARTTLS", "sni mx.example.com", "heard QUIT", "closed",
      ])
    #expect(prober.lines.all.contains("--> STARTTLS") && prober.lines.all.contains("<-- 221 bye"))
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

  /// SHA-1 in the leaf, in an authority that is sent, and in the root, which does not count; TLS 1.2 and TLS 1.3 send both.
  @Test(arguments: [
    ("sha1", "sha256", "ecdsa-with-SHA1", "ecdsa-with-SHA256"),
    ("sha256", "sha1", "ecdsa-with-SHA256", "ecdsa-with-SHA1"),
  ])
  func brokenHashes(_ leaf: String, _ above: String, _ ofLeaf: String, _ ofAuthority: String) async throws {
    let authority = prober.authority
    try authority.intermediate("above-\(above)", digest: above)
    _ = try authority.leaf(
      "leaf-\(leaf)-\(above)", altNames: [Array(Prober.name.utf8)], issuer: "above-\(above)", digest: leaf)
    let chain = try authority.chainFile(["leaf-\(leaf)-\(above)", "above-\(above)", "root"])
    for highest in ["1.2", "1.3"] {
      let peer = try Peer(
        Self.whole, credentials: Peer.Credentials(certificate: chain, key: authority.keyFile),
        options: ["--max", highest])
      let session = try #require(await prober.smtp().observe(prober.key(peer.port)).session)
      let facts = try #require(session.certificate)
      #expect(session.chain.count == 3 && facts.chainTrusted && facts.signature == ofLeaf)
      let expected = [AuthoritySignature(subject: "CN=Hallmark test above-\(above)", signature: ofAuthority)]
      #expect(facts.authorities == expected)
    }
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
      try Program.run(
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
