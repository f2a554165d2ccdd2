import DNS
import JSON
import JSONRPC
import Logging
import Posture
import Synchronization
import Testing

@testable import Hallmark

/// Keeps what is logged.
private struct LogKeeper: LogHandler {
  let lines: Lines
  var metadata: Logger.Metadata = [:]
  var logLevel = Logger.Level.info

  final class Lines: Sendable {
    private let kept = Mutex<[(message: String, metadata: Logger.Metadata)]>([])
    var all: [(message: String, metadata: Logger.Metadata)] { kept.withLock { $0 } }
    func add(_ message: String, _ metadata: Logger.Metadata) { kept.withLock { $0.append((message, metadata)) } }
  }

  subscript(metadataKey key: String) -> Logger.Metadata.Value? {
    get { metadata[key] }
    set { metadata[key] = newValue }
  }

  func log(event: LogEvent) { lines.add("\(event.message)", event.metadata ?? [:]) }
}

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
      #expect(service.keeper.policy(of: "d1.example") != .notFound)
      try await service.pass(1)
      #expect(try service.store.whitelistEntry(of: name) == nil)
      #expect(try service.store.whitelistChanges(since: before, limit: 10).removed == [name])
      #expect(service.keeper.policy(of: "d1.example") == .notFound)
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
    for form in forms { #expect(service.keeper.policy(of: form) != .notFound, "\(form)") }
    for other in ["munchen.example", "example", "xn--\u{fc}.example", "", "a..b"] {
      #expect(service.keeper.policy(of: other) == .notFound, "\(other)")
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

@Suite struct `What changed` {
  @Test func `is told from what to what`() async throws {
    let time = VirtualTime()
    let world = VirtualWorld(time)
    let service = try VirtualService(time, world, StoreFixture())
    world.change { $0.certificateEnd = epoch + 40 * 86_400 }
    _ = try await service.check("d1.example")
    #expect(try service.change("d1.example")["evidence"] == [])
    _ = try await service.check("d1.example", maxAge: 0)
    #expect(try service.store.history(of: domain("d1.example"), limit: 10).changes.count == 1)

    world.change { state in
      state.certificateEnd = epoch + 80 * 86_400
      state.answers["d1.example MX"] = .found([
        .mx(preference: 10, exchange: domain("mx.d1.example")), .mx(preference: 20, exchange: domain("mx.d2.example")),
      ])
      state.answers["d1.example TXT"] = .found([.txt(TXTData("v=spf1 ip4:198.51.100.1 -all"))])
    }
    time.advance(to: epoch + 60)
    _ = try await service.check("d1.example", maxAge: 0)
    let change = try service.change("d1.example")
    #expect(change["at"]?.stringValue == (epoch + 60).description && change["verdict"] == "secure")
    func evidence(_ what: String, _ subject: String) -> JSONValue? {
      change["evidence"]?.arrayValue?.first { $0["what"]?.stringValue == what && $0["subject"]?.stringValue == subject }
    }
    let route = evidence("mx", "d1.example")
    #expect(route?["from"] == "10 mx.d1.example" && route?["to"] == "10 mx.d1.example, 20 mx.d2.example")
    let spf = evidence("spf", "d1.example")
    #expect(spf?["from"]?.stringValue?.contains("ip4:192.0.2.0/24") == true)
    #expect(spf?["to"]?.stringValue?.contains("ip4:198.51.100.1") == true)
    let certificate = evidence("certificate", "mx.d1.example [198.18.0.1]")
    #expect(certificate?["from"]?.stringValue?.contains((epoch + 40 * 86_400).description) == true)
    #expect(certificate?["to"]?.stringValue?.contains((epoch + 80 * 86_400).description) == true)
    let new = evidence("certificate", "mx.d2.example [198.18.0.2]")
    #expect(new?["from"] == .null && new?["to"]?.stringValue?.isEmpty == false)
  }

  @Test func `is bounded, however much of it there is`() async throws {
    let time = VirtualTime()
    let world = VirtualWorld(time)
    let service = try VirtualService(time, world, StoreFixture())
    _ = try await service.check("d1.example")
    world.makeLarge("d1.example", addresses: 2, block: 9, isHeld: false)
    let long = String(repeating: "ip4:192.0.2.1 ", count: 30)
    world.change { $0.answers["d1.example TXT"] = .found([.txt(TXTData("v=spf1 \(long)-all"))]) }
    time.advance(to: epoch + 60)
    _ = try await service.check("d1.example", maxAge: 0)
    let evidence = try service.change("d1.example")["evidence"]?.arrayValue ?? []
    #expect(evidence.count == RecordChange.maximumEvidence)
    let texts = evidence.flatMap { [$0["from"], $0["to"]] }.compactMap { $0?.stringValue }
    #expect(texts.allSatisfy { $0.count <= RecordChange.maximumText })
  }

  @Test func `a policy that changed under its id is a finding, once the id was looked up again`() async throws {
    let time = VirtualTime()
    let world = VirtualWorld(time)
    world.change {
      $0.ttl = [.txt: 300]
      $0.policy = (id: "1", mx: "mx.d1.example")
    }
    let service = try VirtualService(time, world, StoreFixture())
    func ids(after seconds: Int64) async throws -> [String] {
      time.advance(to: time.now + seconds)
      let found = try await service.check("d1.example")
      let record = found.record(by: service.desk.standards.preferred)
      #expect(record.encryption.mtaSTS.status == .valid)
      return record.findings.map(\.id)
    }
    #expect(try await !ids(after: 0).contains("mta-sts-id-unchanged"))
    world.change { $0.policy = (id: "1", mx: "*.example") }
    #expect(try await !ids(after: 301).contains("mta-sts-id-unchanged"))
    // The policy is fetched after an hour; it may be that the id is just about to follow.
    #expect(try await !ids(after: 3600).contains("mta-sts-id-unchanged"))
    #expect(try await ids(after: 301).contains("mta-sts-id-unchanged"))
    #expect(try await ids(after: 301).contains("mta-sts-id-unchanged"))
    world.change { $0.policy = (id: "2", mx: "*.example") }
    #expect(try await !ids(after: 301).contains("mta-sts-id-unchanged"))
    #expect(try await !ids(after: 3601).contains("mta-sts-id-unchanged"))
  }
}
