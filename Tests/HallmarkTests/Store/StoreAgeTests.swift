import DNS
import Posture
import Testing

@testable import Hallmark

/// Changes are kept for so many days, however few there are.
@Suite struct `The age of changes` {
  static let day: Int64 = 86_400

  private static func revisions(_ store: Store, _ name: String) throws -> [UInt64] {
    try store.history(of: domain(name), limit: 100).changes.map(\.revision)
  }

  private static func keys(_ store: Store, _ table: KeyPath<StoreLayout, StoreTable>) throws -> Int {
    try store.read { transaction, layout in try transaction.count(of: layout[keyPath: table]) }
  }

  /// Two changes on the first day, and one on each of the nine that follow.
  private static func tenDays(_ fixture: StoreFixture, _ time: VirtualTime) async throws {
    let store = try fixture.open(.init(keptDays: 10, mapSize: 1 << 20), clock: time.clock)
    try await store.commit([.watch("a.example"), .watch("b.example"), .watch("c.example")])
    try await store.commit([.check("a.example", changed: true), .check("b.example", changed: true)])
    for day in 1...9 {
      time.advance(to: epoch + Int64(day) * Self.day)
      try await store.commit([.check("a.example", changed: true)])
    }
    #expect(try store.changes(since: 0, limit: 100).changes.map(\.revision) == Array(1...11))
    #expect(try revisions(store, "a.example") == [11, 10, 9, 8, 7, 6, 5, 4, 3, 1])
    #expect(try store.statistics().floor == 0)
    await store.close()
  }

  @Test func `bounds the history of a domain and what changed, with the transaction that gives out a revision`()
    async throws
  {
    let time = VirtualTime()
    let fixture = StoreFixture()
    try await Self.tenDays(fixture, time)
    // On the tenth day, and to a new process, the first is too old.
    let store = try fixture.open(.init(keptDays: 10, mapSize: 1 << 20), clock: time.clock)
    time.advance(to: epoch + 10 * Self.day)
    try await store.commit([.check("c.example", changed: true)])
    #expect(try store.statistics().floor == 2)
    #expect(throws: StoreError.compacted(floor: 2)) { try store.changes(since: 1, limit: 100) }
    #expect(throws: StoreError.compacted(floor: 2)) { try store.whitelistChanges(since: 1, limit: 100) }
    #expect(try store.changes(since: 2, limit: 100).changes.map(\.revision) == Array(3...12))
    // Of a domain that does not change any more nothing is told, and it goes when the store is next cleared up.
    #expect(try Self.revisions(store, "b.example") == [])
    #expect(try Self.revisions(store, "a.example") == [11, 10, 9, 8, 7, 6, 5, 4, 3])
    #expect(try Self.keys(store, \.history) == 12)
    try await store.prune(expiredBefore: epoch)
    #expect(try Self.keys(store, \.history) == 10 && Self.keys(store, \.changes) == 10)
    try await store.commit([.check("a.example", changed: true)])
    #expect(try Self.revisions(store, "a.example") == [13, 11, 10, 9, 8, 7, 6, 5, 4, 3])
  }

  @Test func `bounds them where nothing changes any more`() async throws {
    let time = VirtualTime()
    let store = try StoreFixture().open(.init(keptDays: 10, mapSize: 1 << 20), clock: time.clock)
    try await store.commit([.watch("a.example")])
    for _ in 0..<5 {
      try await store.commit([.check("a.example", changed: true), .listed("a.example", "\(time.now)")])
    }
    time.advance(to: epoch + 9 * Self.day)
    while try await store.prune(expiredBefore: epoch) > 0 {}
    let head = try store.headRevision()
    #expect(try store.changes(since: 0, limit: 100).changes.count == 5)
    time.advance(to: epoch + 10 * Self.day)
    while try await store.prune(expiredBefore: epoch) > 0 {}
    #expect(try store.changes(since: head, limit: 100).changes.isEmpty && store.statistics().floor == head)
    #expect(try Self.keys(store, \.history) == 0 && Self.keys(store, \.changes) == 0)
    #expect(try Self.keys(store, \.whitelistLog) == 0)
    // What is on the whitelist stays there, and what comes next has the next revision.
    #expect(try store.whitelist(limit: 9).entries.count == 1)
    try await store.commit([.check("a.example", changed: true)])
    #expect(try store.headRevision() == head + 1 && Self.revisions(store, "a.example") == [head + 1])
  }

  @Test func `is that of the first mark where revisions were given out before there were marks`() async throws {
    let time = VirtualTime()
    let store = try StoreFixture().open(.init(keptDays: 10, mapSize: 1 << 20), clock: time.clock)
    try await store.commit([.check("a.example", changed: true), .check("a.example", changed: true)])
    // As an earlier program left it.
    _ = try store.environment.write { try $0.remove(StoreMeta.day(epoch.day), from: store.layout.meta) }
    time.advance(to: epoch + 30 * Self.day)
    try await store.commit([.check("a.example", changed: true)])
    #expect(try Self.revisions(store, "a.example") == [3, 2, 1])
    time.advance(to: epoch + 40 * Self.day)
    try await store.commit([.check("a.example", changed: true)])
    #expect(try Self.revisions(store, "a.example") == [4])
  }

  @Test func `does not grow by a clock that is set back, nor are changes cleared all at once`() async throws {
    let time = VirtualTime()
    let store = try StoreFixture().open(.init(keptDays: 10, mapSize: 1 << 24), clock: time.clock)
    let many = StoreRules.clearedPerRevision * 2 + 500
    for start in stride(from: 0, to: many, by: 500) {
      try await store.commit((start..<start + 500).map { .check("d\($0).example", changed: true) })
    }
    time.advance(to: epoch + 20 * Self.day)
    try await store.commit([.check("a.example", changed: true)])
    #expect(try store.statistics().floor == UInt64(StoreRules.clearedPerRevision))
    time.advance(to: epoch + 19 * Self.day)
    for _ in 0..<3 { try await store.commit([.check("a.example", changed: true)]) }
    #expect(try store.statistics().floor == UInt64(many))
    time.advance(to: epoch + 1 * Self.day)
    try await store.commit([.check("a.example", changed: true)])
    #expect(try store.statistics().floor == UInt64(many))
    #expect(try Self.revisions(store, "a.example").count == 5)
  }
}
