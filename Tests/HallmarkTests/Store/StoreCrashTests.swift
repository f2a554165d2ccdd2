import DNS
import Foundation
import Testing

@testable import Hallmark

/// A process that is killed while it writes: this test binary again, told by an environment variable to play that part.
@Suite(.serialized) struct `A writer that is killed` {
  static let variable = "HALLMARK_STORE_WRITER"
  static let rounds = 4

  /// The child's part: each batch is two domains, and each batch that was acknowledged is a line.
  @Test(.enabled(if: ProcessInfo.processInfo.environment[variable] != nil, "it is the child's part"))
  func `child writer`() async throws {
    let path = try #require(ProcessInfo.processInfo.environment[Self.variable])
    let store = try Store(path: path, options: .init(mapSize: 1 << 20))
    let start = try store.statistics().records / 2
    for index in start... {
      try await store.commit([.check(Self.name("a", index)), .check(Self.name("b", index))])
      FileHandle.standardError.write(Data("kept \(index)\n".utf8))
    }
  }

  @Test func `keeps all that was acknowledged and no half of a batch`() async throws {
    guard ProcessInfo.processInfo.environment[Self.variable] == nil else { return }
    let fixture = StoreFixture()
    for round in 0..<Self.rounds {
      let last = try Self.killedWriter(fixture.path, after: 40 + 60 * round)
      let store = try fixture.open()
      let records = try store.statistics().records
      #expect(records % 2 == 0 && records / 2 > last, "\(records) records, batch \(last) acknowledged")
      #expect(try store.headRevision() == UInt64(records))
      for index in 0..<(records / 2) {
        #expect(try store.record(of: Self.name("a", index)) != nil && store.record(of: Self.name("b", index)) != nil)
      }
    }
  }

  /// Runs the child until it has acknowledged so many batches, reads its store meanwhile, and kills it.
  private static func killedWriter(_ path: String, after batches: Int) throws -> Int {
    let child = Process()
    let output = Pipe()
    child.executableURL = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
    child.arguments = ["--testing-library", "swift-testing", "--filter", "child writer"]
    child.environment = ProcessInfo.processInfo.environment.merging([variable: path]) { $1 }
    child.standardError = output
    child.standardOutput = FileHandle.nullDevice
    try child.run()
    var text = ""
    var kept: [Int] = []
    while kept.count < batches {
      let data = output.fileHandleForReading.availableData
      guard !data.isEmpty else { break }
      text += String(decoding: data, as: UTF8.self)
      kept = text.split(separator: "\n").dropLast(text.hasSuffix("\n") ? 0 : 1).compactMap { line in
        line.hasPrefix("kept ") ? Int(line.dropFirst(5)) : nil
      }
      if let last = kept.last {
        let reader = try Store(path: path, options: .init(isReadOnly: true, mapSize: 1 << 20))
        #expect(try reader.record(of: name("a", last)) != nil)
        #expect(throws: StoreError.inUse(path: path, process: child.processIdentifier)) { try Store(path: path) }
      }
    }
    kill(child.processIdentifier, SIGKILL)
    child.waitUntilExit()
    return try #require(kept.last)
  }

  private static func name(_ prefix: String, _ index: Int) -> DomainName {
    DomainName("\(prefix)\(index).example") ?? .root
  }
}
