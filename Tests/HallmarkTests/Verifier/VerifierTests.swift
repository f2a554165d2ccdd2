import DNS
import IDNA
import JSON
import Posture
import Synchronization
import TestKit
import Testing

@testable import Hallmark

@Suite(.serialized) struct `The verifier` {
  @Test func `sleeps where nothing is due`() async throws {
    let time = VirtualTime()
    let world = VirtualWorld(time, providers: 10)
    let day = Freshness(minimum: 86_400, maximum: 86_400)
    let service = try VirtualService(time, world, StoreFixture(), freshness: day)
    try await service.watch((0..<200).map { "d\($0).example" })
    try await service.running {
      try await service.settle()
      _ = world.takeCounts()
      let sleeps = time.sleeps
      try await service.pass(3600)
      // One timer: it wakes once a minute to see whether the clock was set, and asks the network nothing.
      #expect((60...63).contains(time.sleeps - sleeps), "\(time.sleeps - sleeps)")
      #expect(world.counts == VirtualWorld.Counts())
    }
  }

  @Test func `after a week's pause the whitelist comes first, and there is no herd`() async throws {
    let time = VirtualTime()
    let world = VirtualWorld(time, providers: 50)
    let names = (0..<2000).map { "d\($0).example" }
    // Every tenth is on the whitelist.
    let listed = Set((0..<200).map { "d\($0 * 10).example" })
    let service = try VirtualService(time, world, StoreFixture())
    try await service.watch(names)
    try await service.store.commit(
      names.map { name in
        listed.contains(name)
          ? .listed(name) : .check(name, "insecure", header: .of("insecure", dueAt: epoch + 100))
      })
    #expect(try service.store.whitelist(limit: 1000).entries.count == 200)

    time.advance(to: epoch + 7 * 86_400)
    try await service.running { try await service.settle() }
    let order = world.state.withLock { $0.order }
    #expect(order.count == 2000 && Set(order).count == 2000)
    // The last of the listed and the first of the others are under way together, and on two threads either may look up first.
    let lastListed = try #require(order.lastIndex { listed.contains($0) })
    let firstOther = try #require(order.firstIndex { !listed.contains($0) })
    #expect(lastListed - firstOther < Verifier.maximumConcurrent, "\(firstOther) before \(lastListed)")
    // Each endpoint once for all of its domains, by one connection at a time.
    #expect(world.counts.probes == 50)
    #expect(world.state.withLock { $0.mostAtOneAddress } == 1)
    #expect(try service.store.whitelist(limit: 5000).entries.allSatisfy { !$0.isStale && $0.expiresAt > time.now })
    // The week's heap is spread now.
    let due = try service.store.due(before: Timestamp(seconds: .max), limit: 5000).map(\.dueAt)
    #expect(due.count == 2000 && Set(due).count > 200)
  }

  @Test func `what never catches up starves nobody`() throws {
    var plan = RenewalPlan()
    var now = epoch
    #expect(plan.order == .oldest)
    var begins = plan.begins(oldest: now + -60, at: now)
    #expect(!begins)
    begins = plan.begins(oldest: now + -121, at: now)
    #expect(begins)
    #expect(plan.order == .listed(after: nil))
    plan.went(to: domain("m.example"), at: now)
    #expect(plan.order == .listed(after: domain("m.example")))
    now = now + 1000
    plan.went(to: nil, at: now)
    // The others get as long as the whitelist took.
    #expect(plan.order == .oldest)
    let turns = [999, 1000].map { plan.begins(oldest: epoch, at: now + $0) }
    #expect(turns == [false, true])
    // And five minutes at least.
    plan.went(to: nil, at: now + 1000)
    let short = [1299, 1300].map { plan.begins(oldest: epoch, at: now + $0) }
    #expect(short == [false, true])
  }

  @Test func `domains of many hosts hold up neither other domains nor callers`() async throws {
    let time = VirtualTime()
    let world = VirtualWorld(time)
    let service = try VirtualService(time, world, StoreFixture())
    let large = (1...3).map { "large\($0).example" }
    for (index, name) in large.enumerated() { world.makeLarge(name, addresses: 16, block: index, isHeld: true) }
    try await service.watch(large)
    let names = (100..<200).map { "d\($0).example" }
    try await service.running {
      let areAway = try await eventually(every: .milliseconds(2)) { world.counts.probes == 3 * Observer.maximumProbes }
      #expect(areAway, "\(world.counts)")
      try await service.watch(names)
      let areDone = try await eventually(every: .milliseconds(2)) {
        try names.allSatisfy { try service.store.record(of: domain($0)) != nil }
      }
      #expect(areDone)
      #expect(try service.store.record(of: domain("large1.example")) == nil)
      #expect(try await service.check("d1.example").asked > 0)
    }
  }

  @Test func `callers find a place though the verifier holds all that it may`() async throws {
    let time = VirtualTime()
    let world = VirtualWorld(time)
    let service = try VirtualService(time, world, StoreFixture())
    let large = (1...9).map { "large\($0).example" }
    for (index, name) in large.enumerated() { world.makeLarge(name, addresses: 16, block: index, isHeld: true) }
    try await service.watch(large)
    try await service.running {
      let areFull = try await eventually(every: .milliseconds(2)) {
        world.counts.probes == EndpointObserver.maximumBackgroundProbes
      }
      #expect(areFull, "\(world.counts)")
      let found = try await service.check("d1.example")
      #expect(found.record(by: service.desk.standards.preferred).verdict == .secure)
    }
  }

  @Test func `a caller does not wait for what the verifier has only queued, and nothing is probed twice`() async throws
  {
    let time = VirtualTime()
    let world = VirtualWorld(time)
    let service = try VirtualService(time, world, StoreFixture())
    // The host of d1 stands at an address at which another host is being probed by the verifier.
    world.change { state in
      let shared = IPAddress("198.18.0.99").map { [RecordData.address($0)] } ?? []
      state.answers["mx.d1.example A"] = .found(shared)
      state.answers["mx.d2.example A"] = .found(shared)
      state.held.insert("mx.d2.example")
    }
    try await service.watch(["d2.example"])
    try await service.running {
      let isAway = try await eventually(every: .milliseconds(2)) { world.counts.probes == 1 }
      #expect(isAway)
      async let caller = service.check("d1.example")
      async let joined = service.check("d1.example")
      world.letGo()
      _ = try await (caller, joined)
      try await service.settle()
    }
    #expect(world.counts.probes == 2)
    #expect(world.state.withLock { $0.mostAtOneAddress } == 1)
  }

  @Test func `what cannot be kept is tried again after a time that grows`() async throws {
    let time = VirtualTime()
    let world = VirtualWorld(time)
    let service = try VirtualService(time, world, StoreFixture())
    try await service.watch(["d1.example"])
    await service.store.close()
    let putOff = service.keeper.metrics.renewals["put-off"]
    try await service.running {
      var waits: [Int64] = []
      for count in 1...8 {
        let isPutOff = try await eventually(every: .milliseconds(2)) { putOff.value == UInt64(count) }
        #expect(isPutOff)
        let isAsleep = try await eventually(every: .milliseconds(2)) {
          service.store.claimed.withLock { $0[domain("d1.example")].map { $0 > time.now } ?? false }
        }
        #expect(isAsleep)
        let end = try #require(service.store.claimed.withLock { $0[domain("d1.example")] })
        waits.append(end - time.now)
        time.advance(to: end)
        service.verifier.wake()
      }
      #expect(waits == [5, 10, 20, 40, 80, 160, 300, 300])
    }
  }
}
