import DNS
import Posture
import Testing

@testable import Probe

@Suite(.serialized) struct VersionsTests {
  let prober: Prober

  init() throws { prober = try Prober() }

  /// Versions, and how many connections it takes beside the ordinary one where weak suites are refused: one for these,
  /// and one for each version that is offered below the best, and a refusal.
  @Test(arguments: [
    ("1.0", "1.0", [TLSVersion.tls10], 1), ("1.0", "1.3", [.tls10, .tls11, .tls12, .tls13], 4),
    ("1.2", "1.3", [.tls12, .tls13], 3), ("1.2", "1.2", [.tls12], 2), ("1.1", "1.2", [.tls11, .tls12], 3),
    ("1.3", "1.3", [.tls13], 2),
  ])
  func offered(_ lowest: String, _ highest: String, _ expected: [TLSVersion], _ connections: Int) async throws {
    let peer = try Peer(
      SMTPProbeTests.whole, credentials: try prober.credentials(),
      options: ["--min", lowest, "--max", highest, "--ciphers", Self.strong])
    let probe = try prober.smtp(.seconds(60))
    let key = try prober.key(peer.port)
    let best = try #require(await probe.observe(key).session?.version)
    #expect(best == expected.last)
    let versions = await probe.versions(key, known: best)
    #expect(versions.offered == Set(expected))
    #expect(versions.refused == Set(TLSVersion.allCases).subtracting(expected))
    #expect(versions.weakSuites == .refused && versions.isComplete && versions.failure == nil)
    // One connection at a time: none is opened before the last is closed.
    let traced = prober.lines.all.filter { $0 == "--- connected" || $0 == "--- closed" }
    let asked = 1 + connections
    #expect(traced == Array(repeating: ["--- connected", "--- closed"], count: asked).flatMap { $0 })
    #expect(peer.end().filter { $0 == "open" }.count == asked)
  }

  static let strong = "DEFAULT:!aNULL:!eNULL:@SECLEVEL=0"

  /// Beside strong suites, which an ordinary connection gets.
  @Test(arguments: [
    ("aNULL", WeakSuite.Weakness.anonymous, "_anon_"), ("eNULL:!aNULL", .unencrypted, "_WITH_NULL_"),
    // This server has an order of its own.
    ("aNULL:-eNULL:eNULL", .anonymous, "_anon_"), ("eNULL:aNULL", .unencrypted, "_WITH_NULL_"),
  ])
  func weakSuites(_ ciphers: String, _ weakness: WeakSuite.Weakness, _ part: String) async throws {
    let peer = try Peer(
      SMTPProbeTests.whole, credentials: try prober.credentials(),
      options: ["--ciphers", "ECDHE+AESGCM:\(ciphers):@SECLEVEL=0"])
    let probe = try prober.smtp(.seconds(60))
    let key = try prober.key(peer.port)
    let session = try #require(await probe.observe(key).session)
    #expect(session.version == .tls13 && !session.weakCipher)
    let versions = await probe.versions(key, known: .tls13)
    guard case .accepted(let suite)? = versions.weakSuites else {
      Issue.record("\(versions)")
      return
    }
    #expect(suite.weakness == weakness && suite.name.contains(part), "\(suite)")
    #expect(versions.offered.contains(.tls12) && versions.isComplete)
    #expect(prober.lines.all.contains { $0.contains(suite.name) && $0.contains("a weak suite") })
  }

  @Test func aWeakSuiteShowsAVersionToo() async throws {
    let peer = try Peer(
      SMTPProbeTests.whole, credentials: try prober.credentials(),
      options: ["--min", "1.2", "--ciphers", "ECDHE+AESGCM:aNULL:@SECLEVEL=0"])
    let versions = try await prober.smtp(.seconds(60)).versions(prober.key(peer.port), known: .tls13)
    #expect(versions.offered == [.tls12, .tls13] && versions.refused == [.tls10, .tls11])
    #expect(peer.end().filter { $0 == "open" }.count == 2, "one for weak suites, one for what is older than TLS 1.2")
  }

  @Test func whatCannotBeToldStaysOpen() async throws {
    let peer = try Peer(["S 421 too many connections"])
    let versions = try await prober.smtp(.seconds(60)).versions(prober.key(peer.port), known: .tls13)
    #expect(versions.offered == [.tls13] && versions.refused == [] && !versions.isComplete)
    #expect(versions.failure?.reply == "421 too many connections" && versions.failure?.isRequestToWait == true)
    #expect(peer.end().filter { $0 == "open" }.count == 1, "who says 421 is not asked again")
  }

  @Test func aCloseIsNoRefusal() async throws {
    let peer = try Peer(SMTPProbeTests.upToTLS + ["S 220 go", "CLOSE"])
    let versions = try await prober.smtp(.seconds(60)).versions(prober.key(peer.port), known: .tls12)
    #expect(versions.offered == [.tls12] && versions.refused == [.tls13])
    #expect(versions.failure?.stage == .handshake && versions.failure?.isRequestToWait == false)
  }

  @Test func theTimeIsForAllTogether() async throws {
    let peer = try Peer(SMTPProbeTests.upToTLS + ["S 220 go", "HOLD"])
    let start = ContinuousClock.now
    let versions = try await prober.smtp(.milliseconds(400)).versions(prober.key(peer.port), known: .tls13)
    #expect(versions.offered == [.tls13] && versions.refused == [] && versions.failure?.kind == .temporary)
    #expect(ContinuousClock.now - start < .seconds(60))
  }

  @Test func aRoundThatWasBrokenOffGoesOn() async throws {
    let peer = try Peer(SMTPProbeTests.whole, credentials: try prober.credentials(), options: ["--min", "1.1"])
    let key = try prober.key(peer.port)
    let told = VersionsObservation(offered: [.tls13, .tls12], refused: [.tls10], weakSuites: .refused)
    let versions = try await prober.smtp(.seconds(30)).versions(key, known: .tls13, told: told)
    #expect(
      versions == VersionsObservation(offered: [.tls11, .tls12, .tls13], refused: [.tls10], weakSuites: .refused))
    #expect(peer.end().filter { $0 == "open" }.count == 1)
  }
}
