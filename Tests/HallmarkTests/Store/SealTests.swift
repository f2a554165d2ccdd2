import DNS
import Foundation
import LMDB
import Posture
import Synchronization
import Testing

@testable import Hallmark

@Suite struct `What rotted on the disk` {
  @Test(arguments: [Seal.xxh3, .xxh64]) func `any turned bit, any cut and any other key breaks a seal`(_ seal: Seal) {
    let key: [UInt8] = [1, 2]
    let sealed = seal.close(Array("a value of some length, longer than a stripe".utf8), key: key)
    func opens(_ octets: [UInt8], _ key: [UInt8]) -> Bool {
      octets.withUnsafeBytes { octets in key.withUnsafeBytes { seal.open(octets, key: $0) != nil } }
    }
    #expect(opens(sealed, key) && !opens(sealed, [1, 3]) && !opens(sealed, []))
    for bit in 0..<(sealed.count * 8) {
      var turned = sealed
      turned[bit / 8] ^= 1 << (bit % 8)
      #expect(!opens(turned, key))
    }
    for count in sealed.indices { #expect(!opens(Array(sealed[..<count]), key)) }
  }

  /// A store with one of everything, whose repairs are kept.
  private struct Patient {
    let fixture = StoreFixture()
    let store: Store
    let repairs: Repairs

    final class Repairs: Sendable {
      let all = Mutex<[StoreRepair]>([])
      var last: StoreRepair? { all.withLock { $0.last } }
    }

    init() async throws {
      let repairs = Repairs()
      self.repairs = repairs
      store = try fixture.open(
        .init(
          mapSize: 1 << 20,
          onRepair: { result in
            // Who read a value in a view from before it was taken out has it looked for once more.
            if let repair = try? result.get(), !repair.broken.isEmpty { repairs.all.withLock { $0.append(repair) } }
          }))
      let endpoint = (key: [UInt8](arrayLiteral: 7), blob: EvidenceBlob(octets: [1], expiresAt: epoch))
      try await store.commit([
        .watch("a.example", "One"), .watch("b.example", "One"), .watch("b.example", "Two"),
        .check(
          "a.example", whitelist: .entry(Array("entry".utf8), expiresAt: epoch + 300, isStale: false), changed: true,
          endpoints: [endpoint]),
        .check("b.example", "insecure"), .check("c.example", "no-mail"),
        .setAssurance(domain("a.example"), Assurance(scheme: "s", reference: "r", validUntil: epoch)),
      ])
    }

    /// Turns a bit of a stored value, behind the store's back.
    func damage(_ table: KeyPath<StoreLayout, StoreTable>, _ key: [UInt8]) throws {
      let database = store.layout[keyPath: table].database
      try store.environment.write { transaction in
        var octets = try #require(try transaction.reading.value(of: key, in: database))
        octets[octets.count / 2] ^= 4
        try transaction.put(octets, for: key, in: database)
      }
    }

    /// The writer is one queue, so that a commit comes behind the mending that was asked for before it.
    func settle() async throws { try await store.commit([.reschedule(domain("nobody.example"), dueAt: epoch)]) }
  }

  @Test func `a record is never served, taken out, and looked for again at once`() async throws {
    let patient = try await Patient()
    let store = patient.store
    try patient.damage(\.records, StoreKey.name(domain("a.example")))
    #expect(throws: StoreError.broken(table: "records")) { try store.record(of: domain("a.example")) }
    try await patient.settle()
    #expect(patient.repairs.last?.broken == ["records": 1])
    #expect(try store.statistics().broken == 1)
    #expect(patient.repairs.last?.rescheduled == [domain("a.example")])
    #expect(try store.record(of: domain("a.example")) == nil)
    #expect(try store.statistics().verdicts == ["insecure": 1, "no-mail": 1])
    #expect(try store.due(before: epoch + 1, limit: 9).map(\.domain) == [domain("a.example")])
    // It stays on the whitelist meanwhile.
    #expect(try store.whitelistEntry(of: domain("a.example"))?.octets == Array("entry".utf8))
    let head = try store.headRevision()
    #expect(try await store.commit([.listed("a.example")]) == [.assessed(revision: head + 1, isNew: true)])
    #expect(try store.statistics().verdicts == ["insecure": 1, "no-mail": 1, "secure": 1])
    #expect(patient.repairs.all.withLock { $0.count } == 1)
  }

  /// In a test of its own: behind the first read of it the writer may have taken it out already.
  @Test func `an error of whoever reads a record does not hide that it is broken`() async throws {
    let patient = try await Patient()
    let store = patient.store
    try patient.damage(\.records, StoreKey.name(domain("a.example")))
    #expect(throws: StoreError.broken(table: "records")) {
      try store.withRecord(of: domain("a.example")) { _, _ in throw CancellationError() }
    }
    try await patient.settle()
    #expect(patient.repairs.last?.broken == ["records": 1])
  }

  @Test func `a write that meets one is refused, and done the next time`() async throws {
    let patient = try await Patient()
    try patient.damage(\.records, StoreKey.name(domain("b.example")))
    await #expect(throws: StoreError.broken(table: "records")) { try await patient.store.commit([.check("b.example")]) }
    let outcome = try await patient.store.commit([.check("b.example")])
    #expect(outcome == [.assessed(revision: 4, isNew: true)])
  }

  @Test func `a whitelist entry holds its place without going out, and its leaving is told`() async throws {
    let patient = try await Patient()
    let store = patient.store
    try patient.damage(\.whitelist, StoreKey.name(domain("a.example")))
    #expect(throws: StoreError.broken(table: "whitelist")) { try store.whitelist(limit: 9) }
    try await patient.settle()
    #expect(patient.repairs.last?.rescheduled == [domain("a.example")])
    #expect(try store.whitelistEntry(of: domain("a.example"))?.octets == [])
    let head = try store.headRevision()
    try await store.commit([.check("a.example", "insecure", whitelist: .remove)])
    #expect(try store.whitelistChanges(since: head, limit: 9).removed == [domain("a.example")])
  }

  @Test func `a watch entry comes back from the due queue and the organisations`() async throws {
    let patient = try await Patient()
    let store = patient.store
    let dueAt = try #require(try store.watchEntry(of: domain("b.example"))?.dueAt)
    try patient.damage(\.watch, StoreKey.name(domain("b.example")))
    await #expect(throws: StoreError.broken(table: "watch")) { try await store.commit([.check("b.example")]) }
    try await patient.settle()
    #expect(patient.repairs.last?.rewatched == [domain("b.example")])
    let entry = try #require(try store.watchEntry(of: domain("b.example")))
    #expect(entry.organisations == ["One", "Two"] && entry.dueAt == dueAt)
  }

  @Test func `the due queue and the organisations come back from the watch list`() async throws {
    let patient = try await Patient()
    let store = patient.store
    let key = StoreKey.name(domain("b.example"))
    try patient.damage(\.due, StoreKey.due(epoch + 300, key))
    #expect(throws: StoreError.broken(table: "due")) { try store.due(before: epoch + 900, limit: 9) }
    try await patient.settle()
    #expect(try store.due(before: .init(seconds: .max), limit: 9).count == 2)
    try patient.damage(\.organisations, StoreKey.organisation("Two", key))
    #expect(throws: StoreError.broken(table: "organisations")) { try store.domains(organisation: "Two", limit: 9) }
    try await patient.settle()
    #expect(try store.domains(organisation: "Two", limit: 9).domains.map(\.domain) == [domain("b.example")])
  }

  @Test func `a lost revision is found again, and those who follow fetch the whole`() async throws {
    let patient = try await Patient()
    let store = patient.store
    let head = try store.headRevision()
    try patient.damage(\.meta, StoreMeta.head)
    #expect(throws: StoreError.broken(table: "meta")) { try store.headRevision() }
    try await patient.settle()
    #expect(try store.headRevision() == head)
    #expect(throws: StoreError.compacted(floor: head)) { try store.whitelistChanges(since: 0, limit: 9) }
    try patient.damage(\.whitelistLog, StoreKey.revision(1))
    #expect(throws: StoreError.broken(table: "whitelist-log")) { try store.verify() }
    try await patient.settle()
    try store.verify()
    #expect(throws: StoreError.compacted(floor: head)) { try store.whitelistChanges(since: 0, limit: 9) }
  }

  @Test(arguments: ["evidence", "endpoints", "assurances", "history", "changes"])
  func `what can be found out again, or not at all, is taken out`(_ name: String) async throws {
    let patient = try await Patient()
    let table = try #require(patient.store.layout.tables.first { $0.name == name })
    let before = try patient.store.read { transaction, _ in try transaction.count(of: table) }
    try patient.store.environment.write { transaction in
      var first: [UInt8]?
      try transaction.reading.scan(table.database) { key, _ in
        first = [UInt8](key)
        return .stop
      }
      try transaction.put([0, 1, 2], for: try #require(first), in: table.database)
    }
    #expect(throws: StoreError.broken(table: name)) { try patient.store.verify() }
    try await patient.settle()
    #expect(patient.repairs.last?.broken == [name: 1])
    #expect(try patient.store.read { transaction, _ in try transaction.count(of: table) } == before - 1)
    try patient.store.verify()
  }

  @Test func `a backup of what is damaged is refused and leaves nothing`() async throws {
    let patient = try await Patient()
    let target = StoreFixture()
    try patient.damage(\.evidence, StoreKey.name(domain("c.example")))
    let reader = try Store(path: patient.fixture.path, options: .init(isReadOnly: true))
    await #expect(throws: StoreError.broken(table: "evidence")) { try await reader.backup(to: target.path) }
    #expect(try FileManager.default.contentsOfDirectory(atPath: target.path).isEmpty)
  }
}
