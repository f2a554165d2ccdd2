import DNS
import Posture
import Testing

/// What the reader hands out, and when it hands out no more.
@Suite("The reader of evidence")
struct EvidenceReaderTests {
  private static let limit = EvidenceReader.maximumLookups

  private static func question(_ number: Int) throws -> Question {
    Question(try #require(DomainName("n\(number).example")), .txt)
  }

  private static func evidence(_ numbers: Range<Int>) throws -> Evidence {
    var evidence = Evidence()
    for number in numbers {
      let question = try question(number)
      evidence.answers[question] = Observed(
        Answer(question, .noSuchType), observedAt: World.now + Int64(number), expiresAt: World.now + 3600)
    }
    return evidence
  }

  private static func isRefused(_ answer: Answer?) -> Bool {
    answer?.failure == .internalError("more than \(limit) look-ups")
  }

  @Test("what is asked twice counts once, and one question beyond the limit is refused")
  func repetitions() throws {
    var reader = EvidenceReader(try Self.evidence(0..<(Self.limit + 1)))
    for _ in 0..<3 {
      for number in 0..<Self.limit {
        #expect(reader.answer(try Self.question(number))?.outcome == .noSuchType)
      }
    }
    #expect(Self.isRefused(reader.answer(try Self.question(Self.limit))))
    #expect(reader.answer(try Self.question(0))?.outcome == .noSuchType)
    #expect(reader.used.answers.count == Self.limit)
    #expect(reader.wanted.isEmpty)
  }

  @Test("what is at hand and what is wanted come under one limit")
  func wanted() throws {
    let known = Self.limit / 2
    var reader = EvidenceReader(try Self.evidence(0..<known))
    for _ in 0..<2 {
      for number in 0..<Self.limit {
        let isKnown = number < known
        #expect((reader.answer(try Self.question(number)) != nil) == isKnown)
      }
    }
    #expect(reader.wanted.count == Self.limit - known)
    #expect(Self.isRefused(reader.answer(try Self.question(Self.limit))))
    // Asked for before, it is still only wanted.
    #expect(reader.answer(try Self.question(known)) == nil)
  }

  @Test("what was used is what was handed out, and its times are those of the record")
  func used() throws {
    let evidence = try Self.evidence(0..<10)
    var reader = EvidenceReader(evidence)
    for number in [3, 7, 3] { _ = reader.answer(try Self.question(number)) }
    #expect(reader.used.answers == evidence.answers.filter { ["n3.example", "n7.example"].contains("\($0.key.name)") })
    #expect(reader.latestObservation == World.now + 7)
    #expect(reader.earliestExpiry == World.now + 3600)
  }
}
