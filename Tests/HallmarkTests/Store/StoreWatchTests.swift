import DNS
import Posture
import Testing

@testable import Hallmark

@Suite struct `The watch list` {
  @Test func `a domain may belong to several organisations`() async throws {
    let fixture = StoreFixture()
    let store = try fixture.open()
    let added = try await store.commit([
      .watch("a.example", "One"), .watch("a.example", "Two"), .watch("a.example", "One"), .watch("b.example", "Two"),
    ])
    #expect(added == [.watched(added: true), .watched(added: true), .watched(added: false), .watched(added: true)])
    #expect(
      try store.domains(organisation: "Two", limit: 10).domains.map(\.domain.description) == ["a.example", "b.example"])
    #expect(try await store.commit([.unwatch(domain("a.example"), organisation: "Two")]) == [.unwatched(removed: true)])
    #expect(
      try await store.commit([.unwatch(domain("a.example"), organisation: "Two")]) == [.unwatched(removed: false)])
    #expect(try store.domains(organisation: "Two", limit: 10).domains.map(\.domain.description) == ["b.example"])
    #expect(try store.watchEntry(of: domain("a.example"))?.organisations == ["One"])
    try await store.commit([.unwatch(domain("a.example"), organisation: nil)])
    #expect(try store.watchEntry(of: domain("a.example")) == nil)
    #expect(try store.watchList(limit: 10).entries.map(\.domain.description) == ["b.example"])
    #expect(try store.due(before: epoch + 1, limit: 10).map(\.domain.description) == ["b.example"])
  }

  @Test func `selectors add up`() async throws {
    let fixture = StoreFixture()
    let store = try fixture.open()
    for selectors in [["s1"], ["s2", "s1", "s2"]] {
      try await store.commit([
        .watch(domain("a.example"), organisation: "", selectors: selectors, at: epoch, dueAt: epoch)
      ])
    }
    #expect(try store.watchEntry(of: domain("a.example"))?.selectors == ["s1", "s2"])
  }

  @Test func `what is due comes in order, watched domains alone`() async throws {
    let fixture = StoreFixture()
    let store = try fixture.open()
    try await store.commit([
      .watch("late.example"), .watch("soon.example"), .watch("never.example"),
      .check("late.example", header: .of("secure", dueAt: epoch + 500)),
      .check("soon.example", header: .of("secure", dueAt: epoch + 100)),
      .check("stranger.example", header: .of("secure", dueAt: epoch + 1)),
      .reschedule(domain("never.example"), dueAt: epoch + 10_000),
    ])
    #expect(try store.nextDue() == epoch + 100)
    #expect(
      try store.due(before: epoch + 501, limit: 10).map(\.domain.description) == ["soon.example", "late.example"])
    #expect(try store.due(before: epoch + 500, limit: 10).map(\.domain.description) == ["soon.example"])
  }

  @Test func `domains come by verdict, in pages`() async throws {
    let fixture = StoreFixture()
    let store = try fixture.open()
    for index in 0..<10 {
      let name = try #require(DomainName("d\(index).example"))
      try await store.commit([.watch(name), .check(name, index % 2 == 0 ? "secure" : "insecure")])
    }
    try await store.commit([.watch("unchecked.example")])
    let first = try store.domains(verdict: "secure", limit: 3)
    let second = try store.domains(verdict: "secure", after: first.next, limit: 3)
    #expect(first.domains.map(\.domain.description) == ["d0.example", "d2.example", "d4.example"])
    #expect(second.domains.map(\.domain.description) == ["d6.example", "d8.example"] && second.next == nil)
    #expect(try store.domains(limit: 100).domains.count == 11)
  }

  @Test func `assurance is kept and taken back`() async throws {
    let fixture = StoreFixture()
    let store = try fixture.open()
    let assurance = Assurance(scheme: "cyber-essentials", reference: "X1", validUntil: epoch)
    try await store.commit([.setAssurance(domain("a.example"), assurance)])
    #expect(try store.assurance(of: domain("a.example")) == assurance)
    try await store.commit([.setAssurance(domain("a.example"), nil)])
    #expect(try store.assurance(of: domain("a.example")) == nil)
  }
}
