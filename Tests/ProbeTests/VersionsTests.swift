import DNS
import Posture
import Testing

@testable import Probe

@Suite(.serialized) struct VersionsTests {
  let prober: Prober

  init() throws { prober = try Prober() }

  @Test(arguments: [
    ("1.0", "1.0", [TLSVersion.tls10]), ("1.0", "1.3", [.tls10, .tls11, .tls12, .tls13]),
    ("1.2", "1.3", [.tls12, .tls13]),
    ("1.2", "1.2", [.tls12]), ("1.1", "1.2", [.tls11, .tls12]), ("1.3", "1.3", [.tls13]),
  ])
  func offered(_ lowest: String, _ highest: String, _ expected: [TLSVersion]) async throws {
    let peer = try Peer(
      SMTPProbeTests.whole, credentials: try prober.credentials(), options: ["--min", lowest, "--max", highest])
    let probe = try prober.smtp()
    let key = try prober.key(peer.port)
    let best = try #require(await probe.observe(key).session?.version)
    #expect(best == expected.last)
    let versions = await probe.versions(key, known: best)
    #expect(versions.offered == Set(expected))
    #expect(versions.refused == Set(TLSVersion.allCases).subtracting(expected))
    // One connection at a time: none is opened before the last is closed.
    let connections = prober.lines.all.filter { $0 == "--- connected" || $0 == "--- closed" }
    let asked = 1 + TLSVersion.allCases.filter { $0 < best }.count
    #expect(connections == Array(repeating: ["--- connected", "--- closed"], count: asked).flatMap { $0 })
    #expect(peer.end().filter { $0 == "open" }.count == asked)
  }

  @Test func whatCannotBeToldStaysOpen() async throws {
    let peer = try Peer(["S 421 too many connections"])
    let versions = try await prober.smtp().versions(prober.key(peer.port), known: .tls13)
    #expect(versions.offered == [.tls13] && versions.refused == [] && !versions.isComplete)
    #expect(versions.failure?.reply == "421 too many connections" && versions.failure?.isRequestToWait == true)
    #expect(peer.end().filter { $0 == "open" }.count == 1, "who says 421 is not asked again")
  }

  @Test func aCloseIsNoRefusal() async throws {
    let peer = try Peer(SMTPProbeTests.upToTLS + ["S 220 go", "CLOSE"])
    let versions = try await prober.smtp().versions(prober.key(peer.port), known: .tls12)
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
    let told = VersionsObservation(offered: [.tls13, .tls12], refused: [.tls10])
    let versions = try await prober.smtp(.seconds(30)).versions(key, known: .tls13, told: told)
    #expect(versions == VersionsObservation(offered: [.tls11, .tls12, .tls13], refused: [.tls10]))
    #expect(peer.end().filter { $0 == "open" }.count == 1)
  }
}
