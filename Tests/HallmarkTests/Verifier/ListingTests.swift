import DNS
import JSON
import JSONRPC
import Posture
import Synchronization
import Testing

@testable import Hallmark

@Suite struct `Listings while the world changes` {
  @Test func `the pages of one listing and what came since make the whole`() async throws {
    let time = VirtualTime()
    let world = VirtualWorld(time)
    let service = try VirtualService(
      time, world, StoreFixture(), options: .init(keptRevisions: 100_000, mapSize: 1 << 24))
    let store = service.store
    let names = (0..<100).map { "d\($0).example" }
    try await service.watch(names)
    // The clock stands at the epoch, and entries of the fixtures hold for five minutes.
    let isWritten = Atomic(false)
    let writer = Task {
      defer { isWritten.store(true, ordering: .releasing) }
      var random = SystemRandomNumberGenerator()
      for round in 0..<600 {
        let name = names[Int.random(in: 0..<100, using: &random)]
        let isOn = Bool.random(using: &random)
        let octets = Array("{\"domain\":\"\(name)\",\"round\":\(round)}".utf8)
        try await store.commit([
          .check(name, whitelist: isOn ? .entry(octets, expiresAt: epoch + 300, isStale: false) : .remove)
        ])
      }
    }
    var whole = WhitelistFollower()
    try whole.apply(service.keeper, since: nil)
    var listings = 0
    repeat {
      var fresh = WhitelistFollower()
      try fresh.apply(service.keeper, since: nil)
      // The revision is that of the first page, so that nothing that came while the later ones were read is missed.
      try fresh.apply(service.keeper, since: fresh.revision)
      try whole.apply(service.keeper, since: whole.revision)
      listings += 1
      await Task.yield()
    } while !isWritten.load(ordering: .acquiring)
    try await writer.value
    var last = WhitelistFollower()
    try last.apply(service.keeper, since: nil)
    try whole.apply(service.keeper, since: whole.revision)
    #expect(whole.names == last.names)
    #expect(whole.names == Set(try store.whitelist(limit: 1000).entries.map(\.domain.description)))
    let head = try store.headRevision()
    #expect(head > 100)
    print("suite listings under change: \(listings) listings, \(head) revisions")
  }

  @Test func `a listing that began before the log was cut off goes on, and its since says so`() async throws {
    let time = VirtualTime()
    let service = try VirtualService(
      time, VirtualWorld(time), StoreFixture(), options: .init(keptRevisions: 20, mapSize: 1 << 24))
    let names = (0..<30).map { "d\($0).example" }
    try await service.watch(names)
    let octets: @Sendable (String) -> [UInt8] = { Array("{\"domain\":\"\($0)\"}".utf8) }
    for name in names {
      try await service.store.commit([
        .check(name, whitelist: .entry(octets(name), expiresAt: epoch + 300, isStale: false))
      ])
    }
    let first = try service.keeper.whitelistPage(size: 10, token: nil, since: nil, under: nil)
    for _ in 0..<30 {
      for isStale in [true, false] {
        try await service.store.commit([
          .check("d0.example", whitelist: .entry(octets("d0.example"), expiresAt: epoch + 300, isStale: isStale))
        ])
      }
    }
    let token = try #require(first["nextPageToken"]?.stringValue)
    let second = try service.keeper.whitelistPage(size: 100, token: token, since: nil, under: nil)
    #expect(second["entries"]?.arrayValue?.count == 20 && second["revision"] == first["revision"])
    let revision = UInt64(try #require(first["revision"]?.integerValue))
    let error = #expect(throws: RPCError.self) {
      try service.keeper.whitelistPage(size: 10, token: nil, since: revision, under: nil)
    }
    #expect(error?.status == .outOfRange && error?.reason == "REVISION_TOO_OLD")
  }
}
