import DNS
import JSON
import Posture
import Testing

@testable import Hallmark

/// The end of the three days that a domain stays on the whitelist while nothing can be found out: whoever asks, and however he
/// asks, is told the same.
@Suite struct `The end of the grace` {
  static let names = (0..<20).map { "d\($0).example" }

  /// A service of an earlier life, which has all names on its whitelist, and has ended.
  private static func past(_ time: VirtualTime, _ world: VirtualWorld, _ fixture: StoreFixture) async throws
    -> WhitelistFollower
  {
    let service = try VirtualService(time, world, fixture)
    try await service.watch(names)
    try await service.running { try await service.settle() }
    var follower = WhitelistFollower()
    try follower.apply(service.keeper, since: nil)
    #expect(follower.names == Set(names))
    await service.store.close()
    return follower
  }

  /// Asks for the whole, for what changed since the follower last asked, for the text of both, and for each name by itself.
  private static func agree(
    _ service: VirtualService, _ follower: inout WhitelistFollower, _ place: SourceLocation = #_sourceLocation
  ) async throws -> Set<String> {
    let keeper = service.keeper
    var whole = WhitelistFollower()
    try whole.apply(keeper, since: nil)
    var since = follower
    try since.apply(keeper, since: follower.revision)
    #expect(since.names == whole.names, sourceLocation: place)
    var lines: [String] = []
    try await keeper.export(.txt) {
      lines += String(decoding: $0, as: UTF8.self).split(separator: "\n").map(String.init)
    }
    #expect(Set(lines) == whole.names, sourceLocation: place)
    var changes = follower.names
    try await keeper.export(.txt, since: follower.revision) { piece in
      for line in String(decoding: piece, as: UTF8.self).split(separator: "\n") {
        if line.hasPrefix("+ ") { changes.insert(String(line.dropFirst(2))) }
        if line.hasPrefix("- ") { changes.remove(String(line.dropFirst(2))) }
      }
    }
    #expect(changes == whole.names, sourceLocation: place)
    let single = names.filter { keeper.policy(of: $0).reply != .notFound }
    #expect(Set(single) == whole.names, sourceLocation: place)
    let below = try names.filter {
      let page = try keeper.whitelistPage(size: 1, token: nil, since: nil, under: domain($0))
      return page["entries"]?.arrayValue?.isEmpty == false
    }
    #expect(Set(below) == whole.names, sourceLocation: place)
    follower = since
    return whole.names
  }

  @Test func `a week's pause and a resolver that is dead at the start`() async throws {
    let time = VirtualTime()
    let world = VirtualWorld(time)
    let fixture = StoreFixture()
    var follower = try await Self.past(time, world, fixture)
    let before = follower.revision
    time.advance(to: epoch + 7 * 86_400)
    world.change { $0.isDark = true }

    let service = try VirtualService(time, world, fixture)
    // Whoever comes before anything was done about it.
    var early = follower
    #expect(try await Self.agree(service, &early).isEmpty)
    #expect(early.revision == before)
    // As at the start of the service.
    #expect(await service.keeper.lapse())
    #expect(try await Self.agree(service, &follower).isEmpty)
    #expect(try await Self.agree(service, &early).isEmpty)
    // Each has left under a revision of its own.
    #expect(follower.revision == before + UInt64(Self.names.count))
    #expect(service.keeper.metrics.whitelistChanges["left"].value == UInt64(Self.names.count))
    let told = try service.store.whitelistChanges(since: before, limit: 1000)
    #expect(told.entries.isEmpty && told.removed.map(\.description).sorted() == Self.names.sorted())
    #expect(try service.store.whitelistChanges(since: follower.revision, limit: 1000).removed.isEmpty)
    try await service.running { [follower] in
      try await service.settle()
      var follower = follower
      #expect(try await Self.agree(service, &follower).isEmpty)
      #expect(try service.store.statistics().verdicts == ["unknown": Self.names.count])
      world.change { $0.isDark = false }
      try await service.pass(3700)
      #expect(try await Self.agree(service, &follower) == Set(Self.names))
    }
  }

  @Test func `a resolver that is dead for four days`() async throws {
    let time = VirtualTime()
    let world = VirtualWorld(time)
    let service = try VirtualService(time, world, StoreFixture())
    try await service.watch(Array(Self.names.prefix(3)))
    try await service.running {
      try await service.settle()
      var follower = WhitelistFollower()
      let listed = try await Self.agree(service, &follower)
      #expect(listed == Set(Self.names.prefix(3)))
      world.change { $0.isDark = true }
      let end = try #require(try service.store.whitelistEntry(of: domain("d0.example"))).expiresAt + Store.graceTime
      while time.now < end + -6 * 3600 {
        try await service.pass(6 * 3600)
        #expect(try await Self.agree(service, &follower) == listed)
      }
      try await service.pass(end - time.now - 1)
      #expect(try await Self.agree(service, &follower) == listed)
      // In the very second, though the verifier may not have come to it yet.
      time.advance(to: end)
      #expect(try await Self.agree(service, &follower).isEmpty)
      try await service.settle()
      #expect(try await Self.agree(service, &follower).isEmpty)
      #expect(try service.store.statistics().whitelisted == 0)
      try await service.pass(86_400)
      #expect(try await Self.agree(service, &follower).isEmpty)
    }
  }

  @Test func `one that is looked at again before anything was done about it comes back with a revision`() async throws {
    let time = VirtualTime()
    let world = VirtualWorld(time)
    let fixture = StoreFixture()
    var follower = try await Self.past(time, world, fixture)
    time.advance(to: epoch + 7 * 86_400)
    let service = try VirtualService(time, world, fixture)
    #expect(try await Self.agree(service, &follower).isEmpty)
    _ = try await service.check("d1.example")
    #expect(try await Self.agree(service, &follower) == ["d1.example"])
    #expect(await service.keeper.lapse())
    #expect(try await Self.agree(service, &follower) == ["d1.example"])
  }

  @Test func `a store that can no longer be written`() async throws {
    let time = VirtualTime()
    let world = VirtualWorld(time)
    let fixture = StoreFixture()
    var follower = try await Self.past(time, world, fixture)
    let service = try VirtualService(time, world, fixture)
    await service.store.close()
    time.advance(to: epoch + 86_400)
    #expect(try await Self.agree(service, &follower) == Set(Self.names))
    time.advance(to: epoch + 7 * 86_400)
    #expect(await !service.keeper.lapse())
    #expect(try await Self.agree(service, &follower).isEmpty)
  }

  @Test func `the tag of an export is another from then on, and there is none while it cannot be`() async throws {
    let time = VirtualTime()
    let door = try await Door(StoreFixture(), clock: time.clock)
    try await door.store.commit(WhitelistRouteTests.listed(["a.gov.uk", "b.gov.uk"]))
    let first = try await door.get("/whitelist")
    let tag = try #require(first.headers["etag"])
    time.advance(to: epoch + (300 + Store.graceTime - 1))
    #expect(try await door.get("/whitelist", "If-None-Match: \(tag)\r\n").status == 304)
    time.advance(to: time.now + 1)
    let after = try await door.get("/whitelist", "If-None-Match: \(tag)\r\n")
    #expect(after.status == 200 && after.body.isEmpty && after.headers["etag"] != tag)
    #expect(after.headers["last-modified"] == HTTPDate.text(time.now.seconds))

    try await door.store.commit([
      .check(
        "a.gov.uk",
        whitelist: .entry(Array(WhitelistRouteTests.entry("a.gov.uk").utf8), expiresAt: time.now, isStale: false))
    ])
    #expect(try await door.get("/whitelist").body == "a.gov.uk\n")
    await door.store.close()
    time.advance(to: time.now + Store.graceTime)
    let closed = try await door.get("/whitelist")
    #expect(closed.status == 200 && closed.body.isEmpty)
    #expect(closed.headers["etag"] == nil && closed.headers["last-modified"] == nil)
    await door.close()
  }
}
