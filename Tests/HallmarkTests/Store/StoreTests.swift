import DNS
import Foundation
import LMDB
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

@Suite struct `The watch list` {
  @Test func `a domain may belong to several organisations`() async throws {
    let fixture = StoreFixture()
    let store = try fixture.open()
    let added = try await store.commit([
      .watch("a.example", "One"), .watch("a.example", "Two"), .watch("a.example", "One"), .watch("b.example", "Two"),
    ])
    #expect(added == [.watched(added: true), .watched(added: true), .watched(added: false), .watched(added: true)])
    #expect(
      try store.domains(organisation: "Two", limit: 10).domains.map(\.domain.description) == ["a.example", "b.example"])
    #expect(try await store.commit([.unwatch(domain("a.example"), organisation: "Two")]) == [.unwatched(removed: true)])
    #expect(
      try await store.commit([.unwatch(domain("a.example"), organisation: "Two")]) == [.unwatched(removed: false)])
    #expect(try store.domains(organisation: "Two", limit: 10).domains.map(\.domain.description) == ["b.example"])
    #expect(try store.watchEntry(of: domain("a.example"))?.organisations == ["One"])
    try await store.commit([.unwatch(domain("a.example"), organisation: nil)])
    #expect(try store.watchEntry(of: domain("a.example")) == nil)
    #expect(try store.watchList(limit: 10).entries.map(\.domain.description) == ["b.example"])
    #expect(try store.due(before: epoch + 1, limit: 10).map(\.domain.description) == ["b.example"])
  }

  @Test func `selectors add up`() async throws {
    let fixture = StoreFixture()
    let store = try fixture.open()
    for selectors in [["s1"], ["s2", "s1", "s2"]] {
      try await store.commit([
        .watch(domain("a.example"), organisation: "", selectors: selectors, at: epoch, dueAt: epoch)
      ])
    }
    #expect(try store.watchEntry(of: domain("a.example"))?.selectors == ["s1", "s2"])
  }

  @Test func `what is due comes in order, watched domains alone`() async throws {
    let fixture = StoreFixture()
    let store = try fixture.open()
    try await store.commit([
      .watch("late.example"), .watch("soon.example"), .watch("never.example"),
      .check("late.example", header: .of("secure", dueAt: epoch + 500)),
      .check("soon.example", header: .of("secure", dueAt: epoch + 100)),
      .check("stranger.example", header: .of("secure", dueAt: epoch + 1)),
      .reschedule(domain("never.example"), dueAt: epoch + 10_000),
    ])
    #expect(try store.nextDue() == epoch + 100)
    #expect(
      try store.due(before: epoch + 501, limit: 10).map(\.domain.description) == ["soon.example", "late.example"])
    #expect(try store.due(before: epoch + 500, limit: 10).map(\.domain.description) == ["soon.example"])
  }

  @Test func `domains come by verdict, in pages`() async throws {
    let fixture = StoreFixture()
    let store = try fixture.open()
    for index in 0..<10 {
      let name = try #require(DomainName("d\(index).example"))
      try await store.commit([.watch(name), .check(name, index % 2 == 0 ? "secure" : "insecure")])
    }
    try await store.commit([.watch("unchecked.example")])
    let first = try store.domains(verdict: "secure", limit: 3)
    let second = try store.domains(verdict: "secure", after: first.next, limit: 3)
    #expect(first.domains.map(\.domain.description) == ["d0.example", "d2.example", "d4.example"])
    #expect(second.domains.map(\.domain.description) == ["d6.example", "d8.example"] && second.next == nil)
    #expect(try store.domains(limit: 100).domains.count == 11)
  }

  @Test func `assurance is kept and taken back`() async throws {
    let fixture = StoreFixture()
    let store = try fixture.open()
    let assurance = Assurance(scheme: "cyber-essentials", reference: "X1", validUntil: epoch)
    try await store.commit([.setAssurance(domain("a.example"), assurance)])
    #expect(try store.assurance(of: domain("a.example")) == assurance)
    try await store.commit([.setAssurance(domain("a.example"), nil)])
    #expect(try store.assurance(of: domain("a.example")) == nil)
  }
}

@Suite struct `The whitelist` {
  @Test func `each change has a revision, and since gives what changed`() async throws {
    let fixture = StoreFixture()
    let store = try fixture.open()
    try await store.commit([.watch("a.example"), .watch("b.example"), .listed("a.example"), .listed("b.example")])
    #expect(try store.whitelist(limit: 10).entries.map(\.revision) == [1, 2])
    // The same again but for the expiry: no change.
    let later = WhitelistDecision.entry(Array("entry".utf8), expiresAt: epoch + 900, isStale: false)
    #expect(try await store.commit([.check("a.example", whitelist: later)]) == [.assessed(revision: 1, isNew: false)])
    #expect(try store.whitelistEntry(of: domain("a.example"))?.expiresAt == epoch + 900)
    try await store.commit([.listed("a.example", isStale: true), .listed("b.example", "other")])
    try await store.commit([.unwatch(domain("a.example"), organisation: nil)])
    let all = try store.whitelistChanges(since: 2, limit: 10)
    #expect(
      all.head == 5 && all.removed.map(\.description) == ["a.example"] && all.entries.map(\.revision) == [4]
        && all.next == nil)
    let page = try store.whitelistChanges(since: 0, limit: 1)
    #expect(page.removed.map(\.description) == ["a.example"] && page.next == 1)
    #expect(try store.whitelistChanges(since: 5, limit: 10).entries.isEmpty)
    #expect(throws: StoreError.unknownRevision(head: 5)) { try store.whitelistChanges(since: 6, limit: 10) }
  }

  @Test func `what fell out of the log is said to be gone, also after a reopening`() async throws {
    let fixture = StoreFixture()
    do {
      let store = try fixture.open(.init(keptRevisions: 3, mapSize: 1 << 20))
      try await store.commit([.watch("a.example")])
      for index in 0..<10 { try await store.commit([.listed("a.example", "entry \(index)")]) }
      #expect(try store.whitelistChanges(since: 7, limit: 10).entries.count == 1)
      await store.close()
    }
    let store = try fixture.open()
    #expect(throws: StoreError.compacted(floor: 7)) { try store.whitelistChanges(since: 6, limit: 10) }
    #expect(throws: StoreError.compacted(floor: 7)) { try store.changes(since: 0, limit: 10) }
    #expect(try store.headRevision() == 10)
  }

  @Test func `a name and all below it, and nothing beside it`() async throws {
    let fixture = StoreFixture()
    let store = try fixture.open()
    let names = ["gov.uk", "gov-x.uk", "govx.uk", "a.gov.uk", "b.a.gov.uk", "z.gov.uk", "gov.us", "uk"]
    for name in names { try await store.commit([.watch(name), .listed(name)]) }
    let below = ["gov.uk", "a.gov.uk", "b.a.gov.uk", "z.gov.uk"]
    #expect(try store.whitelist(limit: 10, under: domain("gov.uk")).entries.map(\.domain.description) == below)
    #expect(
      try store.whitelist(after: domain("a.gov.uk"), limit: 1, under: domain("gov.uk")).entries.map(
        \.domain.description) == ["b.a.gov.uk"])
    #expect(
      try Set(store.whitelistChanges(since: 0, limit: 10, under: domain("gov.uk")).entries.map(\.domain.description))
        == Set(below))
    #expect(
      try store.whitelist(limit: 10).entries.map(\.domain.description)
        == names.map { domain($0) }.sorted().map(\.description))
  }

  @Test func `a hundred thousand entries go by in pages`() async throws {
    let fixture = StoreFixture()
    let store = try fixture.open()
    let count = 100_000
    for start in stride(from: 0, to: count, by: 5000) {
      try await store.commit(
        (start..<(start + 5000)).flatMap { index -> [StoreWrite] in
          let name = DomainName("d\(index).gov.example") ?? .root
          return [.watch(name), .listed(name)]
        })
    }
    let started = ContinuousClock.now
    var seen = 0
    var last: DomainName?
    while true {
      let page = try store.whitelist(after: last, limit: 1000)
      seen += page.entries.count
      if let last, let first = page.entries.first { #expect(last < first.domain) }
      last = page.next
      if last == nil { break }
    }
    let elapsed = ContinuousClock.now - started
    #expect(seen == count)
    var since: UInt64? = 0
    var changed = 0
    while let revision = since {
      let page = try store.whitelistChanges(since: revision, limit: 10_000)
      changed += page.entries.count
      since = page.next
    }
    #expect(changed == count)
    print("suite whitelist paging: \(seen) of \(count) in \(elapsed)")
  }
}
