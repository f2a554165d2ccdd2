import DNS
import EmailAuth
import TestKit
import Testing

@Suite("DMARC, hostile texts")
struct DMARCHostileTests {
  @Test("never trap, and what is read is what may be there", arguments: 1...8 as ClosedRange<UInt64>)
  func random(seed: UInt64) {
    var generator = SplitMix64(seed: seed)
    let pieces = [
      "p=", "sp=", "np=", "none", "reject", "rua=", "mailto:a@b.example", "!10m", ",", ";", ";", ";", "=", " ", "\t",
      "psd=y",
      "t=y", "pct=7", "%", "\u{0}", "é", "\"", "\\",
    ]
    .map { Array($0.utf8) }
    var read = 0
    for _ in 0..<4_000 {
      var octets = Array("v=DMARC1;".utf8)
      for _ in 0..<Int.random(in: 0...20, using: &generator) {
        octets += pieces.randomElement(using: &generator) ?? [UInt8.random(in: 0...255, using: &generator)]
        if Bool.random(using: &generator) { octets.append(UInt8.random(in: 0...255, using: &generator)) }
      }
      guard DMARCRecord.isRecord(octets), let record = try? DMARCRecord(octets) else { continue }
      read += 1
      #expect(record.text == String(decoding: octets, as: UTF8.self))
      #expect((record.rua + record.ruf).allSatisfy { $0.utf8.allSatisfy { (0x21...0x7e).contains($0) } })
      #expect(record.differencesUnderRFC7489.count <= 4)
    }
    #expect(read > 0)
  }

  @Test(
    "64 KiB take linear time",
    arguments: [
      ";", "=", "p=none;", "a;", "rua=,", ",", " ", "mailto:a@b,", "!", "v=DMARC1;", "x", "\u{0}", "%41", ":",
    ])
  func long(piece: String) throws {
    let heads = ["", "v=DMARC1;", "v=DMARC1;p=reject;rua=", "v=DMARC1;p=reject;fo="]
    let clock = ContinuousClock()
    let elapsed = clock.measure {
      for head in heads {
        let octets = Array(head.utf8) + Array(String(repeating: piece, count: 65_536 / piece.utf8.count).utf8)
        guard DMARCRecord.isRecord(octets), let record = try? DMARCRecord(octets) else { continue }
        #expect(record.rua.count <= 100)
        #expect(record.notes.count <= 1_000)
      }
    }
    // Quadratic work on 64 KiB would take minutes in a debug build.
    #expect(elapsed < .seconds(20))
  }

  @Test("a tag list of thousands is cut, and says so")
  func manyTags() throws {
    // Letters alone, so that no two names are the same.
    let names = (0..<5_000).map { number in
      String(String(number).map { Character(UnicodeScalar(0x61 + ($0.wholeNumberValue ?? 0)) ?? "a") })
    }
    let text = "v=DMARC1; p=reject; " + names.map { "\($0)z=1" }.joined(separator: "; ")
    let record = try DMARCRecord(Array(text.utf8))
    #expect(record.policy == .reject)
    #expect(record.notes.count == 1)
  }

  @Test("a domain of 127 labels is walked in eight questions")
  func deep() throws {
    var zone = DMARCZone()
    let domain = try #require(DomainName(Array(repeating: "a", count: 120).joined(separator: ".")))
    let found = DMARCDiscovery.find(domain, in: &zone)
    #expect(found.walked.count == 8)
    #expect(found.status == .none)
  }
}
