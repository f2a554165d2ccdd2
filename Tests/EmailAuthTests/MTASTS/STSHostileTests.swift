import DNS
import EmailAuth
import TestKit
import Testing

/// Octets that nobody would publish: an answer always comes, and in time.
@Suite struct STSHostileTests {
  private static let seeds = [
    "v=STSv1; id=20160831085700Z; note=x", "v=TLSRPTv1; rua=mailto:a@example.com,https://example.com/%41; x=y",
    "version: STSv1\r\nmode: enforce\r\nmx: *.example.com\r\nmx: a.example\r\nmax_age: 86400\r\nnote: caf\u{e9}\r\n",
  ]

  private static func answer(_ octets: [UInt8]) -> Answer {
    Answer(Question(.root, .txt), .found([.txt(TXTData(strings: [octets]))]))
  }

  private static func isPrintable(_ text: String) -> Bool {
    text.utf8.allSatisfy { (0x20...0x7e).contains($0) } && text.utf8.count <= 400
  }

  private static func expectSoundness(of octets: [UInt8]) {
    let sts = MTASTSRecord.found(in: answer(octets))
    #expect((sts.status == .valid) == (sts.record != nil))
    #expect((sts.status == .invalid) == (sts.error != nil))
    #expect(isPrintable(sts.error?.description ?? ""))
    let rpt = TLSRPTRecord.found(in: answer(octets))
    let rua = rpt.record?.rua ?? []
    #expect((rpt.status == .valid) == !rua.isEmpty)
    #expect((rpt.status == .invalid) == (rpt.error != nil))
    #expect(isPrintable(rpt.error?.description ?? "") && rua.count <= TLSRPTRecord.maximumDestinations)
    do {
      let policy = try MTASTSPolicy(body: octets)
      #expect((0...MTASTSPolicy.maximumMaxAge).contains(policy.maxAge))
      #expect(policy.mode == .none || !policy.mx.isEmpty)
    } catch {
      #expect(isPrintable(error.description))
    }
    _ = MTASTSPattern(String(decoding: octets, as: UTF8.self))
    _ = try? MTASTSPolicyResponse.check(status: 200, contentType: String(decoding: octets, as: UTF8.self))
  }

  /// Random octets, and texts with octets changed, taken out or put in, from a fixed seed.
  @Test func neverTraps() {
    var generator = SplitMix64(seed: 11)
    for round in 0..<6_000 {
      var octets = Array(Self.seeds[round % 3].utf8)
      if round % 4 == 0 {
        octets = (0..<Int.random(in: 0...200, using: &generator)).map { _ in .random(in: 0...255, using: &generator) }
      }
      for _ in 0..<Int.random(in: 0...4, using: &generator) where !octets.isEmpty {
        let index = Int.random(in: 0..<octets.count, using: &generator)
        switch Int.random(in: 0...2, using: &generator) {
        case 0: octets[index] = .random(in: 0...255, using: &generator)
        case 1: octets.remove(at: index)
        default: octets.insert(";=, \t\r\n:%@*.".utf8.randomElement(using: &generator) ?? 0, at: index)
        }
      }
      Self.expectSoundness(of: octets)
    }
  }

  @Test(arguments: [
    ";", " ", "v=STSv1;", "a=b;", "v=STSv1; id=a;;", "\n", "\r\n", "a:b\n", "mx: a.b\n", "*.", ",", "rua=,", "%41", "=",
    ":", "\u{e9}",
  ])
  func largeInputTakesLinearTime(piece: String) {
    let size = MTASTSPolicy.maximumBodyLength / piece.utf8.count
    let filling = Array(String(repeating: piece, count: size).utf8)
    let clock = ContinuousClock()
    let elapsed = clock.measure {
      Self.expectSoundness(of: filling)
      Self.expectSoundness(of: Array("v=STSv1; id=a;".utf8) + filling)
      Self.expectSoundness(of: Array("v=TLSRPTv1; rua=mailto:a@b,".utf8) + filling)
      Self.expectSoundness(of: Array("version: STSv1\nmode: none\nmax_age: 1\n".utf8) + filling)
    }
    // Quadratic work on 64 KiB would take minutes in a debug build.
    #expect(elapsed < .seconds(300))
  }

  @Test func manyPatternsAndHostsTakeLinearTime() throws {
    let lines = (0..<5_000).map { "mx: h\($0)" }.joined(separator: "\n")
    let policy = try MTASTSPolicy(body: Array("version: STSv1\nmode: enforce\nmax_age: 1\n\(lines)".utf8))
    let hosts = (0..<5_000).compactMap { DomainName("h\($0).example") }
    #expect(policy.uncovered(hosts).count == hosts.count)
  }

  @Test func manyRecords() {
    let records = (0..<5_000).map { RecordData.txt(TXTData("v=STSv1; id=a\($0)")) }
    let lookup = MTASTSRecord.found(in: Answer(Question(.root, .txt), .found(records)))
    #expect(lookup.error?.reason == .severalRecords)
  }
}
