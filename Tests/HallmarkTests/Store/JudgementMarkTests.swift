import Posture
import Testing

@testable import Hallmark

/// The mark that spares a start the look at all records: it stands only while there is nothing to find.
@Suite struct `The mark of what all records were judged by` {
  /// Of the fixtures' records.
  private static let own = Judgement(standard: "baseline", programVersion: "1.0.0")
  private static let others = [
    Judgement(standard: "uk-gov", programVersion: "1.0.0"), Judgement(standard: "baseline", programVersion: "0.9.0"),
  ]

  private static func header(_ judgement: Judgement, checkedAt: Timestamp = epoch) -> RecordHeader {
    RecordHeader(
      verdict: "secure", standard: judgement.standard, programVersion: judgement.programVersion, checkedAt: checkedAt,
      expiresAt: checkedAt + 300, dueAt: checkedAt + 300)
  }

  /// A store of some records whose mark is whole.
  private static func marked(_ fixture: StoreFixture) async throws -> Store {
    let store = try fixture.open()
    try await store.commit([.beginJudging(own, at: epoch), .check("a.example"), .check("b.example")])
    #expect(try !store.isJudged(by: own, at: epoch))
    #expect(try await store.commit([.endJudging(own, at: epoch)]) == [.done(changed: true)])
    return store
  }

  @Test func `is not there at first, and is whole once all were gone through`() async throws {
    let fixture = StoreFixture()
    do {
      let store = try fixture.open()
      #expect(try !store.isJudged(by: Self.own, at: epoch))
      // Without a beginning there is no end.
      #expect(try await store.commit([.endJudging(Self.own, at: epoch)]) == [.done(changed: false)])
      await store.close()
    }
    do {
      let store = try await Self.marked(fixture)
      await store.close()
    }
    let again = try fixture.open()
    #expect(try again.isJudged(by: Self.own, at: epoch))
    for other in Self.others { #expect(try !again.isJudged(by: other, at: epoch)) }
    // What is judged by the same changes nothing, and neither does what goes.
    try await again.commit([
      .check("a.example"), .check("c.example"), .forgetDomain(domain("b.example"), expiredBefore: epoch + 999),
    ])
    #expect(try again.isJudged(by: Self.own, at: epoch))
  }

  @Test(arguments: others) func `goes with the first record that another judgement wrote`(_ other: Judgement)
    async throws
  {
    let fixture = StoreFixture()
    let store = try await Self.marked(fixture)
    try await store.commit([.check("a.example", header: Self.header(other))])
    #expect(try !store.isJudged(by: Self.own, at: epoch) && !store.isJudged(by: other, at: epoch))
    // That it was written over says nothing of others.
    try await store.commit([.check("a.example")])
    #expect(try !store.isJudged(by: Self.own, at: epoch))
  }

  @Test(arguments: others) func `does not come whole where one is written while they are gone through`(
    _ other: Judgement
  ) async throws {
    let store = try StoreFixture().open()
    try await store.commit([.beginJudging(Self.own, at: epoch)])
    try await store.commit([.check("a.example", header: Self.header(other))])
    #expect(try await store.commit([.endJudging(Self.own, at: epoch)]) == [.done(changed: false)])
    #expect(try !store.isJudged(by: Self.own, at: epoch))
    try await store.commit([.beginJudging(other, at: epoch)])
    #expect(try await store.commit([.endJudging(Self.own, at: epoch)]) == [.done(changed: false)])
  }

  @Test func `does not hold for a clock by which a record is from a time yet to come`() async throws {
    let fixture = StoreFixture()
    let store = try await Self.marked(fixture)
    let later = epoch + 86_400
    try await store.commit([.check("a.example", header: Self.header(Self.own, checkedAt: later))])
    #expect(try store.isJudged(by: Self.own, at: later))
    #expect(try !store.isJudged(by: Self.own, at: later + (-Freshness.clockTolerance - 1)))
    #expect(try !store.isJudged(by: Self.own, at: epoch))
    // An earlier record does not take that back.
    try await store.commit([.check("b.example")])
    #expect(try !store.isJudged(by: Self.own, at: epoch))
    #expect(
      try store.outdatedRecords(for: Self.own, at: epoch, limit: 9).domains == [domain("a.example")])
  }

  @Test func `is as good as the look that it spares`() async throws {
    let store = try await Self.marked(StoreFixture())
    for seconds in stride(from: Int64(0), through: 600, by: 7) {
      try await store.commit([.check("a.example", header: Self.header(Self.own, checkedAt: epoch + seconds))])
      for now in stride(from: Int64(0), through: 700, by: 11) where try store.isJudged(by: Self.own, at: epoch + now) {
        #expect(try store.outdatedRecords(for: Self.own, at: epoch + now, limit: 9).domains.isEmpty)
      }
      // By the clock that it was written by there is no need of a look.
      #expect(try store.isJudged(by: Self.own, at: epoch + seconds))
    }
  }
}
