import DNS
import Posture
import Testing

@testable import Hallmark

@Suite struct `What a check leaves` {
  @Test func `a record comes back as it was rendered`() async throws {
    let fixture = StoreFixture()
    let store = try fixture.open()
    let outcomes = try await store.commit([.check("example.gov.uk")])
    #expect(outcomes == [.assessed(revision: 1, isNew: true)])
    let record = try #require(try store.record(of: domain("Example.GOV.uk")))
    #expect(String(decoding: record.json, as: UTF8.self) == #"{"revision":1}"#)
    var header = RecordHeader.of("secure")
    header.revision = 1
    #expect(record.header == header)
    #expect(try store.evidence(of: domain("example.gov.uk"))?.octets == Array("evidence".utf8))
    #expect(try store.record(of: domain("gov.uk")) == nil)
    #expect(try store.record(of: .root) == nil)
  }

  /// Each step is a write and the revision that its record has then.
  static let steps: [(write: StoreWrite, revision: UInt64, isNew: Bool)] = [
    (.check("a.example"), 1, true),
    (.check("a.example"), 1, false),
    (.check("a.example", "insecure", changed: true), 2, true),
    (.check("a.example", "insecure"), 2, false),
    // Nobody watches it yet, so it is on no whitelist.
    (.listed("a.example"), 2, false),
    (.check("b.example"), 3, true),
  ]

  @Test func `a revision is given out when something changed, without gaps`() async throws {
    let fixture = StoreFixture()
    let store = try fixture.open()
    for (write, revision, isNew) in Self.steps {
      #expect(try await store.commit([write]) == [.assessed(revision: revision, isNew: isNew)])
    }
    #expect(try store.headRevision() == 3)
    #expect(try store.statistics().verdicts == ["secure": 2])
    #expect(try store.whitelist(limit: 10).entries.isEmpty)
  }

  @Test func `endpoints are shared, and forgotten some time after they expired`() async throws {
    let fixture = StoreFixture()
    let store = try fixture.open()
    let blob = EvidenceBlob(octets: [1, 2, 3], expiresAt: epoch)
    try await store.commit([
      .check("old.example", endpoints: [([9], blob), ([8], EvidenceBlob(octets: [4], expiresAt: epoch + 900))]),
      .check("kept.example"), .watch("kept.example"),
    ])
    #expect(try store.endpoints([[9], [7], [8]]).keys.sorted { $0[0] < $1[0] } == [[8], [9]])
    #expect(try store.endpoints([[9]])[[9]] == blob)
    #expect(try await store.prune(expiredBefore: epoch + 10) == 1)
    #expect(try store.endpoints([[9], [8]]).count == 1)
    #expect(try await store.prune(expiredBefore: epoch + 301) == 1)
    #expect(try store.record(of: domain("old.example")) == nil)
    #expect(try store.record(of: domain("kept.example")) != nil)
    #expect(try store.statistics().verdicts == ["secure": 1])
  }

  @Test func `history is bounded, newest first, and its neighbours' stay apart`() async throws {
    let fixture = StoreFixture()
    let store = try fixture.open(.init(keptHistory: 5, mapSize: 1 << 20))
    for _ in 0..<8 {
      try await store.commit([.check("a.example", changed: true), .check("b.a.example", changed: true)])
    }
    let first = try store.history(of: domain("a.example"), limit: 3)
    #expect(first.changes.map(\.revision) == [15, 13, 11])
    #expect(first.changes.first?.octets == Array("change 15".utf8))
    let second = try store.history(of: domain("a.example"), before: first.next, limit: 3)
    #expect(second.changes.map(\.revision) == [9, 7] && second.next == nil)
    #expect(try store.history(of: domain("b.a.example"), limit: 10).changes.map(\.revision) == [16, 14, 12, 10, 8])
    #expect(try store.history(of: domain("example"), limit: 10).changes.isEmpty)
  }

  @Test func `changes come in order, for all or for an organisation`() async throws {
    let fixture = StoreFixture()
    let store = try fixture.open()
    try await store.commit([.watch("b.example", "Ministry")])
    for name in ["a.example", "b.example", "c.example", "b.example"] {
      try await store.commit([.check(name, changed: true)])
    }
    let page = try store.changes(since: 1, limit: 2)
    #expect(page.head == 4 && page.changes.map(\.revision) == [2, 3] && page.next == 3)
    #expect(try store.changes(since: 3, limit: 2).next == nil)
    let ministry = try store.changes(since: 0, organisation: "Ministry", limit: 10)
    #expect(
      ministry.changes.map(\.revision) == [2, 4] && ministry.changes.allSatisfy { $0.domain.description == "b.example" }
    )
    #expect(throws: StoreError.unknownRevision(head: 4)) { try store.changes(since: 5, limit: 1) }
  }
}
