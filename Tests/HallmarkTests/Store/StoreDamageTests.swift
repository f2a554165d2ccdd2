import DNS
import Foundation
import Posture
import TestKit
import Testing

@testable import Hallmark

/// Files that a disk has spoilt, each given to a process of its own.
@Suite(.serialized) struct `A damaged file` {
  /// HALLMARK_DAMAGE_ROUNDS and HALLMARK_DAMAGE_SEED repeat a run, or make a longer one.
  static let rounds = StoreProgram.number("HALLMARK_DAMAGE_ROUNDS").map(Int.init) ?? 60
  static let seed = StoreProgram.number("HALLMARK_DAMAGE_SEED") ?? UInt64.random(in: 0...999_999)
  static let page = 4096
  /// As the examining program has it.
  static let domains = 400

  /// The store's file, whole.
  private static func whole() async throws -> Data {
    let fixture = StoreFixture()
    let store = try fixture.open()
    for start in stride(from: 0, to: domains, by: 50) {
      try await store.commit(
        (start..<start + 50).flatMap { index -> [StoreWrite] in
          [.watch("d\(index).example", "One"), StoreDamage.check(index)]
        })
    }
    await store.close()
    return try Data(contentsOf: URL(fileURLWithPath: fixture.path + "/data.mdb"))
  }

  /// What came of one damaged file.
  private struct Outcome {
    let status: Int32
    let isSignal: Bool
    let said: String

    /// The number behind a word of what was said.
    func number(_ word: String) -> Int {
      let words = said.split(whereSeparator: \.isWhitespace)
      guard let place = words.firstIndex(of: Substring(word)), place + 1 < words.count else { return 0 }
      return Int(words[place + 1]) ?? 0
    }
  }

  private static func examine(_ file: Data) throws -> Outcome {
    let fixture = StoreFixture()
    try FileManager.default.createDirectory(atPath: fixture.path, withIntermediateDirectories: true)
    try file.write(to: URL(fileURLWithPath: fixture.path + "/data.mdb"))
    let outcome = try Program.outcome(of: [try #require(StoreProgram.url).path, "examine", fixture.path])
    return Outcome(status: outcome.status, isSignal: outcome.isSignal, said: outcome.text)
  }

  /// A kind of damage to one page; the random numbers decide the rest.
  enum Kind: CaseIterable { case bit, octets, zeros, noise, otherPage }

  private static func spoil(_ file: inout Data, _ kind: Kind, page: Int, _ random: inout some RandomNumberGenerator) {
    let start = page * Self.page
    let place = start + Int.random(in: 0..<Self.page, using: &random)
    switch kind {
    case .bit: file[place] ^= 1 << UInt8.random(in: 0..<8, using: &random)
    case .octets:
      for index in place..<min(place + 16, start + Self.page) { file[index] = .random(in: 0...255, using: &random) }
    case .zeros: file.resetBytes(in: start..<start + Self.page)
    case .noise: for index in start..<start + Self.page { file[index] = .random(in: 0...255, using: &random) }
    case .otherPage:
      let other = Int.random(in: 2..<file.count / Self.page, using: &random) * Self.page
      file.replaceSubrange(start..<start + Self.page, with: Data(file[other..<other + Self.page]))
    }
  }

  @Test func `never makes the store say what is wrong`() async throws {
    let whole = try await Self.whole()
    let sound = try Self.examine(whole)
    #expect(sound.number("right") == Self.domains && sound.number("after") == Self.domains, "\(sound.said)")
    var random = SplitMix64(seed: Self.seed)
    var tally: [String: Int] = [:]
    for round in 0..<Self.rounds {
      var file = whole
      let kind = Kind.allCases[round % Kind.allCases.count]
      Self.spoil(&file, kind, page: .random(in: 2..<whole.count / Self.page, using: &random), &random)
      let outcome = try Self.examine(file)
      let place = Comment(rawValue: "seed \(Self.seed), round \(round), \(kind): \(outcome.said)")
      #expect(outcome.number("wrong") == 0, place)
      let what =
        switch (outcome.isSignal, outcome.status) {
        case (true, _): "ended by a signal"
        case (_, 0) where outcome.number("errors") > 0: "found by readers"
        case (_, 0) where outcome.number("missing") > 0: "missed by readers"
        case (_, 0): "nothing that was read"
        case (_, 2): "ended with a line"
        default: "refused at the start"
        }
      tally[what, default: 0] += 1
      if outcome.status != 0, !outcome.isSignal {
        #expect(outcome.said.split(separator: "\n").count == 1 && outcome.said.contains("damaged"), place)
      }
    }
    let counts = tally.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }.joined(separator: ", ")
    print("suite damage: seed \(Self.seed), \(Self.rounds) files: \(counts)")
  }

  @Test(arguments: [0, 1], Kind.allCases) func `at its head is found at the start, or does no harm`(
    _ page: Int, _ kind: Kind
  ) async throws {
    var file = try await Self.whole()
    var random = SplitMix64(seed: UInt64(page) * 10 + 1)
    Self.spoil(&file, kind, page: page, &random)
    let outcome = try Self.examine(file)
    #expect(!outcome.isSignal && outcome.number("wrong") == 0, "\(outcome.said)")
    // The other of the two pages at the head may be the one that counts.
    if outcome.status == 0 { #expect(outcome.number("errors") == 0, "\(outcome.said)") }
  }

  @Test(arguments: [1, 2, 3, 50, 99]) func `that was cut off is refused`(_ hundredths: Int) async throws {
    let whole = try await Self.whole()
    let outcome = try Self.examine(whole.prefix(whole.count * hundredths / 100))
    #expect(outcome.status == 3 && outcome.said.contains("damaged"), "\(outcome.said)")
  }

  @Test func `that is cut off while it is in use ends the process with a line`() async throws {
    let fixture = StoreFixture()
    try FileManager.default.createDirectory(atPath: fixture.path, withIntermediateDirectories: true)
    let file = fixture.path + "/data.mdb"
    try await Self.whole().write(to: URL(fileURLWithPath: file))
    let process = Process()
    let (output, input) = (Pipe(), Pipe())
    process.executableURL = StoreProgram.url
    process.arguments = ["examine", fixture.path]
    process.environment = ["HALLMARK_STORE_PAUSE": "1"]
    process.standardInput = input
    process.standardOutput = output
    process.standardError = output
    try process.run()
    // It says when it is open, and goes on when it is told to.
    #expect(String(decoding: output.fileHandleForReading.availableData, as: UTF8.self) == "open\n")
    #expect(truncate(file, 3 * Self.page) == 0)
    try input.fileHandleForWriting.close()
    let said = String(decoding: try output.fileHandleForReading.readToEnd() ?? Data(), as: UTF8.self)
    process.waitUntilExit()
    #expect(process.terminationStatus == 2 && process.terminationReason == .exit)
    #expect(said == "the store \(fixture.path) is damaged: its file was cut off, or the disk cannot read it\n")
  }
}

private enum StoreDamage {
  static func check(_ index: Int) -> StoreWrite {
    let text =
      Array("value of \(index) ".utf8) + [UInt8](repeating: UInt8(truncatingIfNeeded: index), count: index * 37 % 9000)
    return .assessment(
      Assessment(
        domain: domain("d\(index).example"), header: .of("secure"),
        evidence: EvidenceBlob(octets: text, expiresAt: epoch),
        whitelist: .entry(Array("d\(index).example".utf8), expiresAt: epoch, isStale: false), render: { _ in text }))
  }
}
