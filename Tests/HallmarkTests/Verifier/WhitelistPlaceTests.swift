import DNS
import JSON
import JSONRPC
import Logging
import Posture
import Testing

@testable import Hallmark

@Suite(.serialized) struct `A place on the whitelist` {
  @Test func `is kept for three days while nothing can be found out, with notice, and then lost`() async throws {
    let time = VirtualTime()
    let world = VirtualWorld(time)
    let lines = LogKeeper.Lines()
    let log = Logger(label: "test") { _ in LogKeeper(lines: lines) }
    let service = try VirtualService(time, world, StoreFixture(), log: log)
    let name = domain("d1.example")
    try await service.watch(["d1.example"])
    try await service.running {
      try await service.settle()
      let listed = try #require(try service.store.whitelistEntry(of: name))
      let end = listed.expiresAt + Store.graceTime
      world.change { $0.isDark = true }
      try await service.pass(7200)
      let stale = try #require(try service.store.whitelistEntry(of: name))
      #expect(stale.isStale && stale.octets == listed.octets && stale.expiresAt == listed.expiresAt)
      func ids() throws -> [String] {
        let json = try #require(try service.store.record(of: name)?.json)
        return try JSONValue(parsing: json)["findings"]?.arrayValue?.compactMap { $0["id"]?.stringValue } ?? []
      }
      #expect(try !ids().contains("whitelist-ends-soon"))
      // The notice begins at its second, two days before the end.
      try await service.pass(end - time.now - WhitelistCheck.noticeTime - 1)
      #expect(try !ids().contains("whitelist-ends-soon"))
      try await service.pass(1)
      #expect(try ids().contains("whitelist-ends-soon"))
      let before = try service.store.headRevision()
      try await service.pass(end - time.now - 1)
      #expect(try service.store.whitelistEntry(of: name) != nil)
      #expect(service.keeper.policy(of: "d1.example").reply != .notFound)
      try await service.pass(1)
      #expect(try service.store.whitelistEntry(of: name) == nil)
      #expect(try service.store.whitelistChanges(since: before, limit: 10).removed == [name])
      #expect(service.keeper.policy(of: "d1.example").reply == .notFound)
      // It answers again, and all is as it was.
      world.change { $0.isDark = false }
      try await service.pass(3600)
      #expect(try service.store.whitelistEntry(of: name)?.octets == listed.octets)
      #expect(try !ids().contains("whitelist-ends-soon"))
    }
    let told = lines.all.filter { $0.message.hasSuffix("the whitelist") }
    #expect(told.map(\.message).map { $0.contains("joins") } == [true, false, true])
    #expect(told.allSatisfy { $0.metadata["domain"] == "d1.example" && $0.metadata["revision"] != nil })
    #expect(told.map { $0.metadata["verdict"] } == ["secure", "unknown", "secure"])
  }

  @Test func `is found by every form of the name`() async throws {
    let time = VirtualTime()
    let service = try VirtualService(time, VirtualWorld(time), StoreFixture())
    try await service.watch(["xn--mnchen-3ya.example"])
    try await service.running { try await service.settle() }
    let forms = ["xn--mnchen-3ya.example", "XN--MNCHEN-3YA.example", "m\u{fc}nchen.example", "M\u{dc}NCHEN.example"]
    for form in forms { #expect(service.keeper.policy(of: form).reply != .notFound, "\(form)") }
    for other in ["munchen.example", "example", "xn--\u{fc}.example", "", "a..b"] {
      #expect(service.keeper.policy(of: other).reply == .notFound, "\(other)")
    }
  }

  @Test func `is lost at once by proof, and by nothing else`() async throws {
    let time = VirtualTime()
    let world = VirtualWorld(time)
    world.change { $0.ttl = [.txt: 300] }
    let service = try VirtualService(time, world, StoreFixture())
    try await service.watch(["d1.example"])
    try await service.running {
      try await service.settle()
      let head = try service.store.headRevision()
      world.change { $0.answers["d1.example TXT"] = .failure(.serverFailure) }
      try await service.pass(300)
      #expect(try service.store.whitelistEntry(of: domain("d1.example"))?.isStale == true)
      world.change { $0.answers["d1.example TXT"] = .found([.txt(TXTData("v=spf1 +all"))]) }
      try await service.pass(120)
      #expect(try service.store.whitelistChanges(since: head, limit: 10).removed == [domain("d1.example")])
    }
    let change = try service.change("d1.example")
    #expect(change["verdict"] == "insecure" && change["previous"] == "unknown")
    #expect(change["appeared"]?.arrayValue?.contains("spf-all") == true)
  }
}
