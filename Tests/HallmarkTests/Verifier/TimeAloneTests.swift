import DNS
import JSON
import Posture
import TestKit
import Testing

@testable import Hallmark

@Suite struct `What time alone changes` {
  @Test func `a notice appears when it begins, without a look`() async throws {
    let time = VirtualTime()
    let world = VirtualWorld(time)
    world.change { $0.certificateEnd = epoch + 14 * 86_400 + 1800 }
    let service = try VirtualService(time, world, StoreFixture())
    try await service.watch(["d1.example"])
    try await service.running {
      try await service.settle()
      #expect(try service.store.record(of: domain("d1.example"))?.header.expiresAt == epoch + 1801)
      let asked = world.takeCounts()
      #expect(asked.probes == 1)
      try await service.pass(1801)
      #expect(world.takeCounts() == VirtualWorld.Counts())
    }
    let change = try service.change("d1.example")
    #expect(change["appeared"] == ["mx-certificate-ends-soon"] && change["verdict"] == "secure")
    #expect(change["at"]?.stringValue == (epoch + 1801).description)
    let json = try #require(try service.store.record(of: domain("d1.example"))?.json)
    let findings = try JSONValue(parsing: json)["findings"]?.arrayValue ?? []
    let notice = try #require(findings.first { $0["id"] == "mx-certificate-ends-soon" })
    #expect(notice["message"]?.stringValue?.contains((epoch + 14 * 86_400 + 1800).description) == true)
  }

  @Test func `the notice of a policy host's certificate too, and it goes when that is renewed`() async throws {
    let time = VirtualTime()
    let world = VirtualWorld(time)
    let end = epoch + 14 * 86_400 + 1800
    world.change { state in
      state.policy = (id: "1", mx: "mx.d1.example")
      state.policyEnd = end
    }
    let fixture = StoreFixture()
    let service = try VirtualService(time, world, fixture)
    @Sendable func notice() throws -> JSONValue? {
      let json = try #require(try service.store.record(of: domain("d1.example"))?.json)
      return try JSONValue(parsing: json)["findings"]?.arrayValue?.first { $0["id"] == "mta-sts-certificate-ends-soon" }
    }
    try await service.watch(["d1.example"])
    try await service.running {
      try await service.settle()
      #expect(try service.store.record(of: domain("d1.example"))?.header.expiresAt == epoch + 1801)
      #expect(try notice() == nil)
      _ = world.takeCounts()
      try await service.pass(1800)
      #expect(try notice() == nil)
      try await service.pass(1)
      // By time alone: it was kept beside the policy, and nobody was asked.
      #expect(world.takeCounts() == VirtualWorld.Counts())
      #expect(try notice()?["message"]?.stringValue?.contains(end.description) == true)
      world.change { $0.policyEnd = epoch + 90 * 86_400 }
      try await service.pass(3600)
      #expect(try notice() == nil && world.counts.fetches >= 1)
    }
    let changes = try service.store.history(of: domain("d1.example"), limit: 9).changes.map {
      try JSONValue(parsing: $0.octets)
    }
    #expect(changes.first?["resolved"] == ["mta-sts-certificate-ends-soon"])
    #expect(changes.dropFirst().first?["appeared"] == ["mta-sts-certificate-ends-soon"])
  }

  @Test(arguments: [true, false]) func `at its end a certificate is looked at once more`(_ isRenewed: Bool) async throws
  {
    let time = VirtualTime()
    let world = VirtualWorld(time)
    world.change { $0.certificateEnd = epoch + 1000 }
    let service = try VirtualService(time, world, StoreFixture())
    try await service.watch(["d1.example"])
    try await service.running {
      try await service.settle()
      #expect(try service.store.whitelist(limit: 10).entries.count == 1)
      if isRenewed { world.change { $0.certificateEnd = nil } }
      try await service.pass(999)
      #expect(try service.store.whitelist(limit: 10).entries.count == 1)
      try await service.pass(2)
    }
    #expect(try service.store.whitelist(limit: 10).entries.count == (isRenewed ? 1 : 0))
    #expect(world.counts.probes >= 2)
  }

  @Test func `an assurance that ends is told of thirty days before, and on its day`() async throws {
    let time = VirtualTime()
    let world = VirtualWorld(time)
    let service = try VirtualService(time, world, StoreFixture())
    let end = epoch + 30 * 86_400 + 600
    try await service.store.commit([
      .setAssurance(domain("d1.example"), Assurance(scheme: "CE", reference: "1", validUntil: end))
    ])
    let first = try await service.check("d1.example")
    #expect(first.expiresAt == epoch + 601)
    time.advance(to: first.expiresAt)
    let second = try await service.check("d1.example")
    #expect(second.record(by: service.desk.standards.preferred).findings.contains { $0.id == "assurance-ends-soon" })
    time.advance(to: end + -100)
    #expect(try await service.check("d1.example").expiresAt == end)
    time.advance(to: end)
    let last = try await service.check("d1.example")
    #expect(last.record(by: service.desk.standards.preferred).findings.contains { $0.id == "assurance-expired" })
  }

  @Test func `a clock that was set back makes nothing hold longer`() async throws {
    let time = VirtualTime()
    let world = VirtualWorld(time)
    let service = try VirtualService(time, world, StoreFixture())
    try await service.watch(["d1.example"])
    try await service.running {
      try await service.settle()
      time.advance(to: epoch + 86_400)
      try await service.settle()
      let ahead = try #require(try service.store.record(of: domain("d1.example"))?.header)
      #expect(ahead.checkedAt >= epoch + 86_400)
      _ = world.takeCounts()
      time.advance(to: epoch + 100)
      // Nobody has noticed yet, and what is from tomorrow is not served.
      #expect(service.keeper.freshRecord(domain("d1.example")) == nil)
      service.verifier.wake()
      let isMended = try await eventually(every: .milliseconds(2)) {
        try service.store.record(of: domain("d1.example"))?.header.checkedAt == epoch + 100
      }
      #expect(isMended)
    }
    #expect(world.counts.probes == 1)
    #expect(try service.store.whitelistEntry(of: domain("d1.example")) != nil)
    #expect(try service.store.nextDue() ?? epoch < epoch + 4000)
  }
}
