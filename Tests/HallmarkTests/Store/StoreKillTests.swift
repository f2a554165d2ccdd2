import DNS
import Foundation
import Testing

@testable import Hallmark

/// A process that is killed while it writes, over and over on one store.
@Suite(.serialized) struct `A writer that is killed` {
  /// HALLMARK_KILL_ROUNDS and HALLMARK_KILL_SEED repeat a run, or make a longer one.
  static let rounds = StoreProgram.number("HALLMARK_KILL_ROUNDS").map(Int.init) ?? 500
  static let seed = StoreProgram.number("HALLMARK_KILL_SEED") ?? UInt64.random(in: 0...999_999)
  /// As the writer has it.
  static let keptRevisions: UInt64 = 300

  @Test func `keeps all that was acknowledged, no half of a batch, and every revision`() async throws {
    var random = SystemRandomNumberGenerator()
    let fixture = StoreFixture()
    var oracle = StoreOracle()
    for round in 0..<Self.rounds {
      let writer = try Writer(try #require(StoreProgram.url), [fixture.path, "\(Self.seed)", "\(round)"])
      // At any time from the start of the process on, or within the thick of its writing.
      if round.isMultiple(of: 4) {
        usleep(.random(in: 0..<60_000, using: &random))
      } else {
        writer.waitForAnswers(.random(in: 1...60, using: &random))
      }
      if round == 1 { try Self.expectReadable(fixture.path, beside: writer) }
      let unanswered = try oracle.listen(writer.kill())
      // It may have died before it made one.
      guard FileManager.default.fileExists(atPath: fixture.path + "/data.mdb") else { continue }
      let store = try fixture.open(.init(keptRevisions: Int(Self.keptRevisions), keptHistory: 5, mapSize: 1 << 18))
      try oracle.examine(store, unanswered: unanswered)
      try store.expectAgreement(keptRevisions: Self.keptRevisions)
      await store.close()
    }
    #expect(oracle.acknowledged > Self.rounds)
    print(
      "suite kill -9: seed \(Self.seed), \(Self.rounds) rounds, \(oracle.acknowledged) batches acknowledged and none lost, "
        + "\(oracle.revisions.count) revisions, \(oracle.unanswered.kept) of \(oracle.unanswered.all) unanswered batches kept"
    )
  }

  /// Another process reads meanwhile, and may not write.
  private static func expectReadable(_ path: String, beside writer: Writer) throws {
    let reader = try Store(path: path, options: .init(isReadOnly: true))
    #expect(try reader.statistics().head > 0)
    #expect(throws: StoreError.inUse(path: path, process: writer.process.processIdentifier)) { try Store(path: path) }
  }

  private final class Writer {
    let process = Process()
    private let output = Pipe()
    private var said = Data()

    init(_ program: URL, _ words: [String]) throws {
      process.executableURL = program
      process.arguments = words
      process.standardOutput = output
      try process.run()
    }

    func waitForAnswers(_ count: Int) {
      while said.split(separator: UInt8(ascii: "\n")).count(where: { $0.starts(with: "ack".utf8) }) < count {
        let part = output.fileHandleForReading.availableData
        guard !part.isEmpty else { return }
        said += part
      }
    }

    /// Kills it, and gives all that it said.
    func kill() -> String {
      Foundation.kill(process.processIdentifier, SIGKILL)
      said += (try? output.fileHandleForReading.readToEnd()) ?? Data()
      process.waitUntilExit()
      return String(decoding: said, as: UTF8.self)
    }
  }
}
