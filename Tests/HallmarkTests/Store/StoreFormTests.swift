import DNS
import Foundation
import JSON
import LMDB
import Posture
import TestKit
import Testing

@testable import Hallmark

/// Stores of earlier forms, as the programs of their time wrote them.
@Suite struct `A store of an earlier form` {
  private static let kept = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appending(path: "Kept")

  /// Lays the kept file where a store is looked for.
  private static func unpack(_ form: Int, into directory: String) throws {
    try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
    let file = try Program.run(["gzip", "-dc", kept.appending(path: "form-\(form).mdb.gz").path])
    try file.write(to: URL(fileURLWithPath: directory + "/data.mdb"))
  }

  @Test(arguments: 1..<Int(StoreLayout.schema)) func `is brought to the present one with all it holds`(
    _ form: Int
  ) async throws {
    let fixture = StoreFixture()
    try Self.unpack(form, into: fixture.path)
    #expect(throws: StoreError.schema(path: fixture.path, found: UInt32(form), expected: StoreLayout.schema)) {
      try fixture.open(.init(isReadOnly: true))
    }
    for _ in 0..<2 {
      let store = try fixture.open(.init(mapSize: 64 << 10))
      try store.verify()
      try Self.expectAll(store)
      await store.close()
    }
    let store = try fixture.open()
    #expect(try await store.commit([.check("new.example")]) == [.assessed(revision: 6, isNew: true)])
    #expect(try Store(path: fixture.path, options: .init(isReadOnly: true)).headRevision() == 6)
  }

  @Test func `what rotted before is found broken afterwards, and mended`() async throws {
    let fixture = StoreFixture()
    try Self.unpack(2, into: fixture.path)
    do {
      let environment = try Environment(
        path: fixture.path, options: .init(databases: StoreLayout.databases, mapSize: 1 << 20, isReadOnly: false))
      let layout = try StoreLayout(environment)
      try environment.write { transaction in
        let key = StoreKey.name(domain("observed.gov.uk"))
        var octets = try #require(try transaction.reading.value(of: key, in: layout.records.database))
        octets[octets.count / 2] ^= 1
        try transaction.put(octets, for: key, in: layout.records.database)
      }
    }
    let store = try fixture.open()
    #expect(throws: StoreError.broken(table: "records")) { try store.record(of: domain("observed.gov.uk")) }
    #expect(try store.record(of: domain("fully-secure.gov.uk")) != nil)
    // The writer is one queue, so that a commit comes behind the mending.
    try await store.commit([.reschedule(domain("nobody.example"), dueAt: epoch)])
    try store.verify()
    #expect(try store.record(of: domain("observed.gov.uk")) == nil)
    #expect(try store.whitelistEntry(of: domain("observed.gov.uk")) != nil)
  }

  /// What the service of the lab kept: three watched domains, one with an assurance, and one that was only checked.
  private static func expectAll(_ store: Store) throws {
    let statistics = try store.statistics()
    #expect(statistics.verdicts == ["secure": 2, "insecure": 1, "no-mail": 1])
    #expect(statistics.head == 5 && statistics.floor == 0 && statistics.watched == 3 && statistics.whitelisted == 2)
    let record = try #require(try store.record(of: domain("fully-secure.gov.uk")))
    let json = try JSONValue(parsing: record.json, limits: JSONLimits(size: 1 << 20))
    #expect(json["verdict"] == "secure" && json["revision"] == 2 && record.header.revision == 2)
    #expect(record.header.standard.hasPrefix("baseline"))
    let blob = try #require(try store.evidence(of: domain("fully-secure.gov.uk")))
    #expect(Evidence(serialized: blob.octets, endpoint: { _ in nil }, versions: { _ in nil }) != nil)
    #expect(
      try store.whitelist(limit: 9).entries.map(\.domain) == [domain("fully-secure.gov.uk"), domain("observed.gov.uk")])
    let entry = try #require(try store.watchEntry(of: domain("fully-secure.gov.uk")))
    #expect(entry.organisations == ["Home Office", "NHS"] && entry.selectors == ["selector1"])
    #expect(try store.assurance(of: domain("observed.gov.uk"))?.reference == "IASME-CE-1")
    #expect(try store.history(of: domain("observed.gov.uk"), limit: 9).changes.map(\.revision) == [4, 3])
    #expect(try store.changes(since: 0, limit: 9).changes.map(\.revision) == [1, 2, 3, 4, 5])
    #expect(try store.whitelistChanges(since: 2, limit: 9).entries.map(\.domain) == [domain("observed.gov.uk")])
    #expect(try store.due(before: .init(seconds: .max), limit: 9).count == 3)
  }
}
