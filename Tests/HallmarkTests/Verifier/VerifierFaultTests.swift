import DNS
import Posture
import Synchronization
import TestKit
import Testing

@testable import Hallmark

/// What a faulty world, or a faulty clock, does to the whitelist: nothing by itself.
@Suite struct `A whitelist under faults` {
  static let names = (0..<60).map { "d\($0).example" }

  /// A service that has all names on its whitelist, in a world whose DNS is to be asked again every five minutes.
  private static func listed(_ fixture: StoreFixture) async throws -> VirtualService {
    let time = VirtualTime()
    let world = VirtualWorld(time, providers: 10)
    world.change { state in
      state.ttl = [.txt: 300, .mx: 300]
      state.certificateEnd = epoch + 90 * 86_400
    }
    let service = try VirtualService(time, world, fixture)
    try await service.watch(names)
    return service
  }

  /// What those who follow the whitelist were told after a revision, with what stands on it now; all that is told must follow
  /// one another without a gap.
  private static func followed(_ service: VirtualService, since revision: UInt64) throws -> (
    removed: Set<String>, stale: Int, listed: Int
  ) {
    let changes = try service.store.whitelistChanges(since: revision, limit: 10_000)
    let entries = try service.store.whitelist(limit: 10_000).entries
    let stale = entries.count { $0.isStale || $0.expiresAt <= service.time.now }
    return (Set(changes.removed.map(\.description)), stale, entries.count)
  }

  @Test(arguments: [86_400, 3600]) func `the clock a day forward and back`(_ step: Int64) async throws {
    let service = try await Self.listed(StoreFixture())
    try await service.running {
      try await service.settle()
      let before = try service.store.whitelist(limit: 10_000).entries.map(\.domain)
      let head = try service.store.headRevision()
      #expect(before.count == 60)
      for moment in [epoch + step, epoch + 60, epoch + step + 120, epoch + 180] {
        service.time.advance(to: moment)
        service.verifier.wake()
        let isRenewed = try await eventually(every: .milliseconds(2)) {
          service.letPutOffWorkBegin()
          return try service.store.whitelist(limit: 10_000).entries.allSatisfy {
            $0.expiresAt > moment && $0.expiresAt <= moment + 86_400
          }
        }
        #expect(isRenewed)
        let now = try Self.followed(service, since: head)
        #expect(now.removed.isEmpty && now.stale == 0 && now.listed == 60)
      }
      // What was found is the same, and so nothing was told.
      #expect(try service.store.headRevision() == head)
      #expect(try service.store.whitelist(limit: 10_000).entries.map(\.domain) == before)
      // Nothing is put off until the day that the clock was once ahead.
      #expect(
        try service.store.due(before: Timestamp(seconds: .max), limit: 10_000).allSatisfy { $0.dueAt < epoch + 4000 })
    }
  }

  @Test func `the resolver gone for an hour`() async throws {
    let service = try await Self.listed(StoreFixture())
    try await service.running {
      try await service.settle()
      let head = try service.store.headRevision()
      service.world.change { $0.isDark = true }
      for _ in 0..<12 {
        try await service.pass(300)
        #expect(try Self.followed(service, since: head).removed.isEmpty)
      }
      let dark = try Self.followed(service, since: head)
      #expect(dark.listed == 60 && dark.stale == 60)
      #expect(try service.store.statistics().verdicts == ["unknown": 60])

      service.world.change { $0.isDark = false }
      // Failures are asked again after an hour at the latest.
      try await service.pass(3700)
      let after = try Self.followed(service, since: head)
      #expect(after.removed.isEmpty && after.stale == 0 && after.listed == 60)
      #expect(try service.store.statistics().verdicts == ["secure": 60])
    }
  }

  /// What the look-ups of half of the domains come to.
  static let failures: [LookupFailure] = [.serverFailure, .bogus("the signature is wrong"), .timeout]

  @Test func `half of the domains can no longer be looked up, and leave after three days, not before`() async throws {
    let service = try await Self.listed(StoreFixture())
    try await service.running {
      try await service.settle()
      let head = try service.store.headRevision()
      service.world.change { state in
        for (index, name) in Self.names.enumerated() where index.isMultiple(of: 2) {
          let failure = Self.failures[index / 2 % Self.failures.count]
          for place in ["\(name) MX", "\(name) TXT", "_dmarc.\(name) TXT", "s1._domainkey.\(name) TXT"] {
            state.answers[place] = .failure(failure)
          }
        }
      }
      try await service.pass(3600)
      let hour = try Self.followed(service, since: head)
      #expect(hour.removed.isEmpty && hour.listed == 60 && hour.stale == 30)
      #expect(try service.store.statistics().verdicts == ["secure": 30, "unknown": 30])
      #expect(
        try service.store.whitelist(limit: 10_000).entries.filter(\.isStale).map(\.domain.description).sorted()
          == stride(from: 0, to: Self.names.count, by: 2).map { Self.names[$0] }.sorted())

      // A long gap, so that it need not pass minute by minute.
      service.time.advance(to: epoch + 3 * 86_400 + -600)
      service.verifier.wake()
      try await service.settle()
      #expect(try Self.followed(service, since: head).removed.isEmpty)
      service.time.advance(to: epoch + 3 * 86_400 + 7200)
      service.verifier.wake()
      let haveLeft = try await eventually(every: .milliseconds(2)) {
        try service.store.whitelist(limit: 10_000).entries.count == 30
      }
      #expect(haveLeft)
      let end = try Self.followed(service, since: head)
      #expect(end.removed == Set(stride(from: 0, to: Self.names.count, by: 2).map { Self.names[$0] }))

      service.world.change { $0.answers = [:] }
      try await service.pass(3700)
      let again = try Self.followed(service, since: head)
      #expect(again.removed.isEmpty && again.listed == 60 && again.stale == 0)
    }
  }
}

@Suite struct `What is said over and over` {
  @Test func `costs the last time what it cost the first`() async throws {
    let service = try VirtualService(VirtualTime(), VirtualWorld(VirtualTime()), StoreFixture())
    // How deep the stack is where the news arrives: each needless wrap of a closure would be a frame more.
    let depths = Mutex<Set<UInt>>([])
    service.keeper.wakeOnDue {
      var here = 0
      let address = withUnsafePointer(to: &here) { UInt(bitPattern: $0) }
      depths.withLock { _ = $0.insert(address) }
    }
    for _ in 0..<1000 { service.keeper.noteDue() }
    #expect(depths.withLock { $0.count } == 1)
  }
}
