import DNS
import JSON
import Posture
import TestKit
import Testing

@testable import Hallmark

@Suite struct `What expires is asked again, and nothing else` {
  @Test func `each piece of evidence by its own time`() async throws {
    let time = VirtualTime()
    let world = VirtualWorld(time)
    world.change { $0.ttl = [.txt: 300, .mx: 1800, .a: 7200, .aaaa: 7200] }
    let fixture = StoreFixture()
    let service = try VirtualService(time, world, fixture)
    let first = try await service.check("d1.example")
    #expect(first.record(by: service.desk.standards.preferred).verdict == .secure)
    let all = world.takeCounts()
    #expect(all.probes == 1 && all.versions == 1)
    // The record holds as long as the first of what it rests on.
    #expect(first.expiresAt == epoch + 300)
    #expect(try service.store.record(of: domain("d1.example"))?.header.expiresAt == epoch + 300)

    time.advance(to: epoch + 301)
    _ = try await service.check("d1.example")
    let texts = world.takeCounts()
    #expect(texts.lookUps == first.evidence.answers.keys.count { $0.type == .txt } && texts.probes == 0)
    #expect(texts.lookUps < all.lookUps)

    time.advance(to: epoch + 1801)
    _ = try await service.check("d1.example")
    let later = world.takeCounts()
    #expect(later.lookUps == texts.lookUps + 1 && later.probes == 0 && later.versions == 0)

    // The endpoint after an hour, its other versions of TLS after a day.
    time.advance(to: epoch + 3601)
    _ = try await service.check("d1.example")
    #expect(world.takeCounts().probes == 1)
    time.advance(to: epoch + 86_401)
    _ = try await service.check("d1.example")
    #expect(world.takeCounts().versions == 1)
  }

  @Test func `evidence that is no longer needed is let go, and does not shorten the record's life`() async throws {
    let time = VirtualTime()
    let world = VirtualWorld(time)
    let service = try VirtualService(time, world, StoreFixture())
    world.change { state in
      state.answers["d1.example MX"] = .found([
        .mx(preference: 10, exchange: domain("mx.d1.example")), .mx(preference: 20, exchange: domain("mx.d2.example")),
      ])
    }
    let both = try await service.check("d1.example")
    #expect(both.evidence.endpoints.count == 2)
    world.change { $0.answers["d1.example MX"] = nil }
    let one = try await service.check("d1.example", maxAge: 0)
    #expect(one.evidence.endpoints.count == 1)
    #expect(one.evidence.answers.keys.allSatisfy { $0.name != domain("mx.d2.example") })
  }

  @Test func `failures are asked again after a time that doubles, is bounded, and outlives the process`() async throws {
    let time = VirtualTime()
    let world = VirtualWorld(time)
    world.change { $0.isDark = true }
    let fixture = StoreFixture()
    var waits: [Int64] = []
    for _ in 0..<9 {
      // A new process each time.
      let service = try VirtualService(time, world, fixture)
      let found = try await service.check("d1.example")
      #expect(found.record(by: service.desk.standards.preferred).verdict == .unknown)
      let again = world.takeCounts()
      _ = try await service.check("d1.example")
      #expect(again.lookUps > 0 && world.takeCounts().lookUps == 0)
      waits.append(found.expiresAt - time.now)
      time.advance(to: found.expiresAt + 1)
      await service.store.close()
    }
    #expect(waits == [60, 120, 240, 480, 960, 1920, 3600, 3600, 3600])
  }

  @Test func `domains that were checked in one moment are not due in one moment`() async throws {
    let time = VirtualTime()
    let world = VirtualWorld(time, providers: 3)
    let service = try VirtualService(time, world, StoreFixture())
    let names = (0..<300).map { "d\($0).example" }
    try await service.watch(names)
    try await service.running { try await service.settle() }
    let due = try service.store.due(before: epoch + 100_000, limit: 1000).map { $0.dueAt - epoch }
    #expect(due.count == 300)
    // The lifetime is an hour: due from 85 to 95 hundredths of it, and not in heaps.
    #expect(due.allSatisfy { (3060...3420).contains($0) })
    #expect(Set(due).count > 100)
    #expect(Dictionary(grouping: due) { $0 / 60 }.values.allSatisfy { $0.count < 150 })
  }

  @Test func `where a renewal can prolong nothing the next one waits for the expiry`() async throws {
    let time = VirtualTime()
    let world = VirtualWorld(time)
    let service = try VirtualService(time, world, StoreFixture())
    let renewals = service.keeper.metrics.renewals["renewed"]
    try await service.watch(["d1.example"])
    try await service.running {
      try await service.settle()
      // Older versions are asked for once a day, however near their evidence is to its end.
      try await service.pass(86_400 - 4000)
      _ = world.takeCounts()
      let before = renewals.value
      let looks = world.state.withLock { $0.order.count }
      try await service.pass(4001)
      #expect(world.takeCounts().versions == 1)
      // One that finds it, and one at the expiry; all others ask what they are there for.
      let asked = world.state.withLock { $0.order.count } - looks
      #expect(renewals.value - before <= UInt64(asked) + 2, "\(renewals.value - before), \(asked)")
    }
  }

  @Test func `short lives are renewed with what they rest on`() async throws {
    let time = VirtualTime()
    let world = VirtualWorld(time)
    world.change { $0.ttl = [.txt: 90] }
    let service = try VirtualService(time, world, StoreFixture(), freshness: Freshness(minimum: 60))
    let renewals = service.keeper.metrics.renewals["renewed"]
    try await service.watch(["d1.example"])
    try await service.running {
      try await service.settle()
      let before = renewals.value
      try await service.pass(1800)
      // At 85 hundredths of 90 seconds at the earliest.
      #expect((20...24).contains(renewals.value - before), "\(renewals.value - before)")
    }
  }

  @Test func `another standard and another program judge anew without the network, the whitelist too`() async throws {
    let time = VirtualTime()
    let world = VirtualWorld(time)
    let fixture = StoreFixture()
    let before: UInt64
    do {
      let first = try VirtualService(time, world, fixture)
      try await first.watch(["d1.example", "d2.example"])
      try await first.running { try await first.settle() }
      _ = try await first.check("d3.example")
      #expect(try first.store.whitelist(limit: 10).entries.count == 2)
      before = try first.store.headRevision()
      await first.store.close()
    }

    // uk-gov requires MTA-STS, which nobody here has.
    let forbidden = Instruments(
      lookUp: {
        Issue.record("a look-up: \($0)")
        return Answer($0, .failure(.timeout))
      },
      observe: {
        Issue.record("a probe: \($0)")
        return EndpointObservation(connected: false)
      },
      versions: { key, _ in
        Issue.record("a probe: \(key)")
        return VersionsObservation(offered: [], refused: [])
      },
      fetch: {
        Issue.record("a fetch: \($0)")
        return PolicyFetch(outcome: .failure(.init(kind: .temporary, reason: "")))
      })
    time.advance(to: epoch + 100)
    let second = try VirtualService(time, world, fixture, standard: "uk-gov", instruments: forbidden)
    try await second.running {
      let isJudged = try await eventually(every: .milliseconds(2)) {
        try ["d1.example", "d2.example", "d3.example"].allSatisfy {
          try second.store.record(of: domain($0))?.header.standard == second.desk.standards.preferred.identity
        }
      }
      #expect(isJudged)
    }
    let record = try #require(try second.store.record(of: domain("d1.example")))
    #expect(record.header.verdict == "insecure" && record.header.checkedAt == epoch)
    #expect(try second.store.whitelist(limit: 10).entries.isEmpty)
    let changes = try second.store.whitelistChanges(since: before, limit: 10)
    #expect(Set(changes.removed.map(\.description)) == ["d1.example", "d2.example"])
    // What another program rendered is not served as it is.
    #expect(second.keeper.freshRecord(domain("d3.example")) != nil)
    var header = try #require(try second.store.record(of: domain("d3.example"))?.header)
    header.programVersion = "0.0.0"
    try await second.store.commit([.check("d3.example", header: header)])
    #expect(second.keeper.freshRecord(domain("d3.example")) == nil)
    #expect(await second.keeper.outdated(after: nil, limit: 10)?.domains == [domain("d3.example")])
    #expect(await second.keeper.outdatedListed(after: nil, limit: 10)?.domains.isEmpty == true)
  }

  @Test func `records that are known to be judged are not gone through at the next start`() async throws {
    let time = VirtualTime()
    let fixture = StoreFixture()
    /// Whether it is known at the start, and at the end, of a service's life; waits until all is judged, and where nothing is to be
    /// found until that is known.
    func live(_ standard: String, finds: Bool = false) async throws -> [Bool] {
      let service = try VirtualService(time, VirtualWorld(time), fixture, standard: standard)
      let atStart = service.keeper.areAllJudged
      let names = ["d1.example", "d2.example", "d3.example"]
      try await service.watch(["d1.example", "d2.example"])
      // Nobody watches this one, so that it is not of the whitelist, which is judged first.
      if try service.store.record(of: domain("d3.example")) == nil { _ = try await service.check("d3.example") }
      try await service.running {
        try await service.settle()
        let isDone = try await eventually(every: .milliseconds(2)) {
          try names.allSatisfy {
            try service.store.record(of: domain($0))?.header.standard == service.keeper.judgement.standard
          } && (finds || service.keeper.areAllJudged)
        }
        #expect(isDone)
      }
      await service.store.close()
      return [atStart, service.keeper.areAllJudged]
    }
    #expect(try await live("baseline") == [false, true])
    #expect(try await live("baseline") == [true, true])
    // Another standard finds what it must judge anew, and the start after it that there is nothing left.
    #expect(try await live("uk-gov", finds: true) == [false, false])
    #expect(try await live("uk-gov") == [false, true])
    #expect(try await live("uk-gov") == [true, true])
    // By a clock that was set back behind the records they are looked at.
    time.advance(to: epoch + -86_400)
    #expect(try await live("uk-gov", finds: true)[0] == false)
  }
}
