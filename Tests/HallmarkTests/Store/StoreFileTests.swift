import DNS
import Foundation
import LMDB
import Posture
import Synchronization
import Testing

@testable import Hallmark

@Suite struct `The store's files` {
  @Test func `everything is there after a reopening`() async throws {
    let fixture = StoreFixture()
    do {
      let store = try fixture.open()
      try await store.commit([.watch("a.example", "One"), .listed("a.example"), .check("a.example", changed: true)])
      await store.close()
      await #expect(throws: StoreError.notWritable) { try await store.commit([.watch("b.example")]) }
    }
    let store = try fixture.open()
    #expect(try store.record(of: domain("a.example"))?.header.revision == 2)
    #expect(try store.whitelist(limit: 10).entries.count == 1)
    #expect(try store.domains(organisation: "One", limit: 10).domains.count == 1)
    #expect(try await store.commit([.check("b.example")]) == [.assessed(revision: 3, isNew: true)])
  }

  @Test func `a second writer is refused, by a line that names the store`() throws {
    let fixture = StoreFixture()
    let store = try fixture.open()
    // At once: the fixture would wait for who has it.
    let error = #expect(throws: StoreError.self) { try Store(path: fixture.path) }
    #expect(error == .inUse(path: fixture.path, process: getpid()))
    #expect(error?.description == "the store \(fixture.path) is in use by another process (\(getpid()))")
    #expect(try store.headRevision() == 0)
  }

  @Test func `a store of another form is refused`() throws {
    let fixture = StoreFixture()
    do {
      let store = try fixture.open()
      let layout = store.layout
      try store.environment.write { try layout.set(StoreMeta.schema, to: 99, $0) }
    }
    #expect(throws: StoreError.schema(path: fixture.path, found: 99, expected: StoreLayout.schema)) {
      try fixture.open()
    }
    #expect(throws: StoreError.schema(path: fixture.path, found: 99, expected: StoreLayout.schema)) {
      try fixture.open(.init(isReadOnly: true))
    }
  }

  @Test func `a store that is not there, or is no store, is refused`() throws {
    let fixture = StoreFixture()
    #expect(throws: StoreError.absent(path: fixture.path)) { try fixture.open(.init(isReadOnly: true)) }
    try FileManager.default.createDirectory(atPath: fixture.path, withIntermediateDirectories: true)
    try Data(repeating: 0x41, count: 8192).write(to: URL(fileURLWithPath: fixture.path + "/data.mdb"))
    let error = #expect(throws: StoreError.self) { try fixture.open() }
    guard case .damaged(let what) = error else {
      Issue.record("\(String(describing: error))")
      return
    }
    #expect(what.contains(fixture.path))
    let file = StoreFixture()
    try Data().write(to: URL(fileURLWithPath: file.path))
    #expect(throws: StoreError.self) { try file.open() }
  }

  @Test func `a value that breaks its form is an error of its reader alone`() async throws {
    let fixture = StoreFixture()
    let store = try fixture.open()
    try await store.commit([.check("bad.example"), .check("good.example")])
    let layout = store.layout
    try store.environment.write { try $0.put([1, 2], for: StoreKey.name(domain("bad.example")), in: layout.records) }
    #expect(throws: StoreError.damaged("a value is shorter than its form")) {
      try store.record(of: domain("bad.example"))
    }
    #expect(try store.record(of: domain("good.example")) != nil)
    // Both are committed at once, and one of them cannot be.
    async let bad: [StoreOutcome]? = try? store.commit([.check("bad.example")])
    async let good: [StoreOutcome]? = try? store.commit([.check("good.example")])
    #expect(await bad == nil)
    #expect(await good == [.assessed(revision: 2, isNew: false)])
  }

  @Test func `a backup is a store`() async throws {
    let fixture = StoreFixture()
    let target = StoreFixture()
    let store = try fixture.open()
    try await store.commit([.watch("a.example"), .listed("a.example")])
    try await store.backup(to: target.path + "/deep")
    await #expect(throws: StoreError.self) { try await store.backup(to: target.path + "/deep") }
    let copy = try Store(path: target.path + "/deep")
    #expect(try copy.whitelist(limit: 10).entries.count == 1)
    #expect(try await copy.commit([.check("b.example")]) == [.assessed(revision: 2, isNew: true)])
  }

  @Test func `writes that come at once share commits`() async throws {
    let fixture = StoreFixture()
    let revisions = Mutex<[UInt64]>([])
    let store = try fixture.open(
      .init(mapSize: 1 << 20, onRevision: { last in revisions.withLock { $0.append(last) } }))
    let before = try store.environment.statistics().lastTransaction
    try await withThrowingTaskGroup(of: Void.self) { group in
      for index in 0..<1000 {
        group.addTask { try await store.commit([.check(DomainName("d\(index).example") ?? .root)]) }
      }
      try await group.waitForAll()
    }
    let commits = try store.environment.statistics().lastTransaction - before
    #expect(try store.headRevision() == 1000)
    // How many come at once is for the machine to say.
    #expect(commits < 500)
    #expect(revisions.withLock { $0 == $0.sorted() && $0.last == 1000 })
    print("suite group commit: 1000 writes in \(commits) commits")
  }

  static let invalid: [StoreWrite] = [
    .watch("."), .watch("a.example", String(repeating: "o", count: 101)), .watch("a.example", "nul\0"),
    .check("a.example", endpoints: [([], EvidenceBlob(octets: [], expiresAt: epoch))]),
    .check("a.example", endpoints: [([UInt8](repeating: 1, count: 512), EvidenceBlob(octets: [], expiresAt: epoch))]),
    .watch(DomainName(wireLabels: (0..<3).map { _ in [UInt8](repeating: 0xff, count: 60) }) ?? .root),
  ]

  @Test(arguments: invalid.indices) func `what has no key is refused and keeps nothing of its batch`(
    _ index: Int
  ) async throws {
    let fixture = StoreFixture()
    let store = try fixture.open()
    await #expect(throws: StoreError.self) { try await store.commit([.check("first.example"), Self.invalid[index]]) }
    #expect(try store.record(of: domain("first.example")) == nil)
  }

  @Test func `no space is an error and the store goes on`() async throws {
    let fixture = StoreFixture()
    try FileManager.default.createDirectory(atPath: fixture.path, withIntermediateDirectories: true)
    guard mount("none", fixture.path, "tmpfs", 0, "size=1m") == 0 else {
      print("skipped: a small file system cannot be mounted here (root alone may)")
      return
    }
    defer { umount2(fixture.path, Int32(MNT_DETACH)) }
    let store = try fixture.open()
    try await store.commit([.check("a.example")])
    let large = EvidenceBlob(octets: [UInt8](repeating: 1, count: 2 << 20), expiresAt: epoch)
    let error = await #expect(throws: StoreError.self) {
      try await store.commit([.check("b.example", endpoints: [([1], large)])])
    }
    guard case .full = error else {
      Issue.record("\(String(describing: error))")
      return
    }
    #expect(try store.record(of: domain("b.example")) == nil)
    #expect(try await store.commit([.check("c.example")]) == [.assessed(revision: 2, isNew: true)])
  }
}
