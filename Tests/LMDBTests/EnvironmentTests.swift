import Foundation
import Synchronization
import Testing

@testable import LMDB

/// A directory on a real disk that goes when the test has ended.
private final class Scratch: Sendable {
  let path: String

  init() throws {
    path = FileManager.default.temporaryDirectory.appending(path: "hallmark-lmdb-\(UUID().uuidString)").path
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  func open(_ options: Environment.Options = .init(mapSize: 1 << 20)) throws -> (Environment, Database) {
    let environment = try Environment(path: path, options: options)
    return (environment, try #require(try environment.database("table")))
  }
}

private final class Flag: Sendable { let isUp = Atomic(false) }
private final class Tally: Sendable { let count = Atomic<Int>(0) }

/// Runs the body on a thread of its own.
private func onThread<Value: Sendable>(_ body: @escaping @Sendable () throws -> Value) async throws -> Value {
  try await withCheckedThrowingContinuation { continuation in
    Thread.detachNewThread { continuation.resume(with: Result { try body() }) }
  }
}

@Suite struct Transactions {
  struct Scan: Sendable {
    let start: String
    let direction: ScanDirection
    let keys: [String]
  }

  static let scans: [Scan] = [
    .init(start: "", direction: .forward, keys: ["b", "d", "f"]),
    .init(start: "", direction: .backward, keys: ["f", "d", "b"]),
    .init(start: "d", direction: .forward, keys: ["d", "f"]),
    .init(start: "d", direction: .backward, keys: ["d", "b"]),
    .init(start: "c", direction: .forward, keys: ["d", "f"]),
    .init(start: "c", direction: .backward, keys: ["b"]),
    .init(start: "a", direction: .backward, keys: []),
    .init(start: "g", direction: .forward, keys: []),
    .init(start: "g", direction: .backward, keys: ["f", "d", "b"]),
  ]

  @Test(arguments: scans) func `scans begin where they are told`(_ scan: Scan) throws {
    let scratch = try Scratch()
    let (environment, table) = try scratch.open()
    try environment.write { for key in ["f", "b", "d"] { try $0.put([1], for: Array(key.utf8), in: table) } }
    var keys: [String] = []
    try environment.read {
      try $0.scan(table, from: Array(scan.start.utf8), scan.direction) { key, _ in
        keys.append(String(decoding: key, as: UTF8.self))
        return .more
      }
    }
    #expect(keys == scan.keys)
  }

  @Test func `an error leaves everything as it was`() throws {
    struct Refusal: Error {}
    let scratch = try Scratch()
    let (environment, table) = try scratch.open()
    try environment.write { try $0.put([1], for: [1], in: table) }
    #expect(throws: Refusal.self) {
      try environment.write {
        try $0.put([2], for: [1], in: table)
        try $0.put([2], for: [2], in: table)
        throw Refusal()
      }
    }
    #expect(throws: LMDBError.self) { try environment.write { try $0.put([1], for: [], in: table) } }
    let (value, count) = try environment.read { (try $0.value(of: [1], in: table), try $0.count(of: table)) }
    #expect(value == [1] && count == 1)
  }

  @Test(arguments: [true, false]) func `the map grows while others read`(isSoleWriter: Bool) async throws {
    let scratch = try Scratch()
    let (environment, table) = try scratch.open(.init(mapSize: 64 << 10, isSoleWriter: isSoleWriter))
    let value = [UInt8](repeating: 7, count: 1000)
    let flag = Flag()
    try await withThrowingTaskGroup(of: Void.self) { group in
      for _ in 0..<2 {
        group.addTask {
          while !flag.isUp.load(ordering: .acquiring) {
            let sums = try environment.read { transaction in
              var sizes: Set<Int> = []
              try transaction.scan(table) {
                sizes.insert($1.count)
                return .more
              }
              return sizes
            }
            #expect(sums.isSubset(of: [1000]))
            await Task.yield()
          }
        }
      }
      group.addTask {
        defer { flag.isUp.store(true, ordering: .releasing) }
        for round in 0..<40 {
          try environment.write { transaction in
            for index in 0..<100 { try transaction.put(value, for: [UInt8(round), UInt8(index)], in: table) }
          }
        }
      }
      try await group.waitForAll()
    }
    #expect(try environment.read { try $0.count(of: table) } == 4000)
    #expect(try environment.statistics().mapSize > 4_000_000)
  }

  @Test(arguments: [true, false]) func `more threads read at once than there are lanes`(isSoleWriter: Bool) async throws
  {
    let scratch = try Scratch()
    let (environment, table) = try scratch.open(.init(mapSize: 64 << 10, isSoleWriter: isSoleWriter))
    try environment.write { try $0.put([1], for: [1], in: table) }
    let threads = ReaderLanes.count + 16
    for _ in 0..<2 {
      let inside = Tally()
      try await withThrowingTaskGroup(of: Int.self) { group in
        for _ in 0..<threads {
          group.addTask {
            try await onThread {
              try environment.read { transaction in
                inside.count.add(1, ordering: .sequentiallyConsistent)
                // All of them are inside before the first one leaves.
                while inside.count.load(ordering: .sequentiallyConsistent) < threads { usleep(100) }
                return try transaction.count(of: table)
              }
            }
          }
        }
        for try await count in group { #expect(count == 1) }
      }
      // One for each lane is kept, and none is still reading.
      let statistics = try environment.statistics()
      #expect(statistics.readers == 0 && statistics.oldestReaderLag == 0)
    }
    // Nobody is thought to be inside: the map can grow.
    try environment.write { try $0.put([UInt8](repeating: 0, count: 1 << 20), for: [2], in: table) }
    #expect(try environment.read { try $0.count(of: table) } == 2)
  }

  @Test func `growth ends at its bound and what was there stays`() throws {
    let scratch = try Scratch()
    let (environment, table) = try scratch.open(.init(mapSize: 256 << 10, maximumMapSize: 512 << 10))
    try environment.write { try $0.put([1], for: [1], in: table) }
    let error = #expect(throws: LMDBError.self) {
      try environment.write { try $0.put([UInt8](repeating: 0, count: 1 << 20), for: [2], in: table) }
    }
    #expect(error?.isMapFull == true)
    try environment.write { try $0.put([3], for: [3], in: table) }
    #expect(try environment.read { try $0.count(of: table) } == 2)
  }

  @Test(arguments: [true, false]) func `each read sees the last commit`(isSoleWriter: Bool) async throws {
    let scratch = try Scratch()
    let (environment, table) = try scratch.open(.init(mapSize: 1 << 20, isSoleWriter: isSoleWriter))
    try environment.write { try $0.put([0, 0], for: [1], in: table) }
    let flag = Flag()
    let acknowledged = Tally()
    try await withThrowingTaskGroup(of: Void.self) { group in
      for _ in 0..<4 {
        group.addTask {
          try await onThread {
            while !flag.isUp.load(ordering: .acquiring) {
              let least = acknowledged.count.load(ordering: .sequentiallyConsistent)
              let value = try environment.read { try $0.value(of: [1], in: table) } ?? []
              #expect(Int(value[0]) << 8 | Int(value[1]) >= least)
            }
          }
        }
      }
      group.addTask {
        try await onThread {
          defer { flag.isUp.store(true, ordering: .releasing) }
          for round in 1...500 {
            let value = [UInt8(round >> 8), UInt8(truncatingIfNeeded: round)]
            try environment.write { try $0.put(value, for: [1], in: table) }
            acknowledged.count.store(round, ordering: .sequentiallyConsistent)
          }
        }
      }
      try await group.waitForAll()
    }
    #expect(try environment.read { try $0.value(of: [1], in: table) } == [1, 244])
  }

  @Test func `a view that waits for a reader holds no pages back`() async throws {
    let scratch = try Scratch()
    let (environment, table) = try scratch.open(.init(mapSize: 1 << 20, isSoleWriter: true))
    let value = [UInt8](repeating: 7, count: 50_000)
    try environment.write { try $0.put(value, for: [1], in: table) }
    // A view waits in the lane of each of these, in that of the writer among them.
    for _ in 0..<4 { _ = try await onThread { try environment.read { try $0.count(of: table) } } }
    for _ in 0..<100 {
      #expect(try environment.read { try $0.value(of: [1], in: table) } == value)
      try environment.write { try $0.put(value, for: [1], in: table) }
    }
    let statistics = try environment.statistics()
    #expect(statistics.usedSize < 8 * value.count)
    #expect(statistics.readers == 0)
  }

  @Test func `a read that failed leaves no view`() throws {
    let scratch = try Scratch()
    let (environment, table) = try scratch.open(.init(mapSize: 1 << 20, isSoleWriter: true))
    try environment.write { try $0.put([1], for: [1], in: table) }
    for _ in 0..<2 {
      #expect(throws: LMDBError.self) { try environment.read { try $0.value(of: [], in: table) } }
      #expect(try environment.read { try $0.value(of: [1], in: table) } == [1])
    }
  }

  @Test func `a reader shows how far it is behind`() throws {
    let scratch = try Scratch()
    let (environment, table) = try scratch.open()
    let lag = try environment.read { _ in
      for index in 0..<5 { try environment.write { try $0.put([1], for: [UInt8(index)], in: table) } }
      return try environment.statistics().oldestReaderLag
    }
    #expect(lag == 5)
    #expect(try environment.statistics().oldestReaderLag == 0)
  }
}

@Suite struct Files {
  @Test func `a copy is an environment of its own`() throws {
    let scratch = try Scratch()
    let target = try Scratch()
    let (environment, table) = try scratch.open()
    try environment.write { for index in 0..<200 { try $0.put([1, 2], for: [UInt8(index)], in: table) } }
    try environment.copy(to: target.path)
    let copy = try Environment(path: target.path, options: .init(isReadOnly: true))
    let copied = try #require(try copy.database("table"))
    #expect(try copy.read { try $0.count(of: copied) } == 200)
    #expect(try copy.database("other") == nil)
    #expect(throws: LMDBError.self) { try copy.write { _ in } }
    #expect(throws: LMDBError.self) { try environment.copy(to: target.path) }
  }

  enum Damage: CaseIterable { case garbage, cutOff, missing }

  @Test(arguments: Damage.allCases) func `a damaged file is refused`(_ damage: Damage) throws {
    let scratch = try Scratch()
    let file = scratch.path + "/data.mdb"
    do {
      let (environment, table) = try scratch.open()
      try environment.write { for index in 0..<200 { try $0.put([1, 2, 3], for: [UInt8(index), 1], in: table) } }
    }
    let whole = try Data(contentsOf: URL(fileURLWithPath: file))
    switch damage {
    case .garbage: try Data(repeating: 0x55, count: whole.count).write(to: URL(fileURLWithPath: file))
    case .cutOff: try whole.prefix(whole.count / 2 / 4096 * 4096).write(to: URL(fileURLWithPath: file))
    case .missing: try FileManager.default.removeItem(atPath: scratch.path)
    }
    let error = #expect(throws: LMDBError.self) { try scratch.open() }
    #expect(error?.isDamaged == (damage != .missing))
    #expect(error?.isAbsent == (damage == .missing))
    #expect(error?.description.contains(scratch.path) == true)
  }

  @Test func `a full disk is an error and nothing is lost`() throws {
    let scratch = try Scratch()
    guard mount("none", scratch.path, "tmpfs", 0, "size=400k") == 0 else {
      print("skipped: a small file system cannot be mounted here (root alone may)")
      return
    }
    defer { umount2(scratch.path, Int32(MNT_DETACH)) }
    let (environment, table) = try scratch.open()
    try environment.write { try $0.put([1], for: [1], in: table) }
    let error = #expect(throws: LMDBError.self) {
      try environment.write { try $0.put([UInt8](repeating: 9, count: 600 << 10), for: [2], in: table) }
    }
    #expect(error?.isNoSpace == true, "\(String(describing: error))")
    try environment.write { try $0.put([3], for: [3], in: table) }
    #expect(try environment.read { try $0.count(of: table) } == 2)
  }
}

@Suite struct Memory {
  /// Octets of the map that are resident, by /proc/self/smaps.
  private static func resident(_ path: String) throws -> Int {
    let file = try #require(FileHandle(forReadingAtPath: "/proc/self/smaps"))
    let text = String(decoding: try file.readToEnd() ?? Data(), as: UTF8.self)
    let lines = text.split(separator: "\n")
    guard let start = lines.firstIndex(where: { $0.hasSuffix(path + "/data.mdb") }) else { return -1 }
    let line = lines[start...].first { $0.hasPrefix("Rss:") }
    return (line?.split(separator: " ").dropFirst().first).flatMap { Int($0) } ?? -1
  }

  @Test func `memory is given back, and nothing is lost`() throws {
    let scratch = try Scratch()
    let (environment, table) = try scratch.open(.init(mapSize: 64 << 20))
    let value = [UInt8](repeating: 7, count: 4096)
    try environment.write { transaction in
      for key in 0..<2000 { try transaction.put(value, for: Array("\(key)".utf8), in: table) }
    }
    func sum() throws -> Int {
      var sum = 0
      try environment.read { transaction in
        try transaction.scan(table) { _, bytes in
          sum += bytes.reduce(0) { $0 + Int($1) }
          return .more
        }
      }
      return sum
    }
    #expect(try sum() == 2000 * 4096 * 7)
    let before = try Memory.resident(scratch.path)
    environment.releaseMemory()
    #expect(before > 1000)
    #expect(try Memory.resident(scratch.path) < before / 2)
    #expect(try sum() == 2000 * 4096 * 7)
  }
}
