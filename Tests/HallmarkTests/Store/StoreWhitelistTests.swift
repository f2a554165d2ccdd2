import DNS
import Posture
import Testing

@testable import Hallmark

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
