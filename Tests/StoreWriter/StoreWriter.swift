import DNS
import Glibc
import Hallmark
import Posture
import TestKit

/// Writes to a store until it is killed, and says on standard output what it does: `try TASK BATCH` before each commit,
/// `ack TASK REVISION...` after it, `ready` once the store is open.
///
///     StoreWriter DIRECTORY SEED ROUND
///     StoreWriter examine DIRECTORY        reads and writes a store that may be damaged, see `Examination`
///
/// A batch is writes with `;` between, each of words: `assess DOMAIN VERSION VERDICT ENTRY changed|same`, `watch DOMAIN
/// ORGANISATION`, `unwatch DOMAIN ORGANISATION|*`. Each task has domains of its own, so that what it was told is in order.
@main struct StoreWriter {
  static let tasks = 8
  static let domainsOfEach = 4
  static let epoch = Timestamp(seconds: 1_800_000_000)
  /// Small, so that the map grows and changes are cleared away within a few rounds.
  static let options = Store.Options(
    keptRevisions: 300, keptHistory: 5, mapSize: 1 << 18, clock: WallClock { StoreWriter.epoch })

  static func main() async throws {
    let words = CommandLine.arguments
    if words.count == 3, words[1] == "examine" { exit(await Examination(words[2]).run()) }
    guard words.count == 4, let seed = UInt64(words[2]), let round = Int(words[3]) else {
      say("usage: StoreWriter DIRECTORY SEED ROUND")
      exit(2)
    }
    let store = try Store(path: words[1], options: options)
    say("ready")
    try await withThrowingTaskGroup(of: Void.self) { group in
      for task in 0..<tasks {
        group.addTask {
          var random = SplitMix64(seed: seed &+ UInt64(round) &* 1_000_003 &+ UInt64(task) &* 7_919)
          for step in 0... {
            let batch = makeBatch(task, round * 100_000 + step, store, &random)
            say("try \(task) \(batch.joined(separator: ";"))")
            let outcomes = try await store.commit(batch.compactMap(write))
            let revisions = outcomes.map { outcome in
              if case .assessed(let revision, isNew: true, listing: _) = outcome { "\(revision)" } else { "-" }
            }
            say("ack \(task) \(revisions.joined(separator: " "))")
          }
        }
      }
      try await group.waitForAll()
    }
  }

  private static func makeBatch(_ task: Int, _ version: Int, _ store: Store, _ random: inout SplitMix64) -> [String] {
    (0..<Int.random(in: 1...3, using: &random)).map { _ in
      let domain = "d\(task)-\(Int.random(in: 0..<domainsOfEach, using: &random)).example"
      switch Int.random(in: 0..<10, using: &random) {
      case 0, 1: return "watch \(domain) o\(Int.random(in: 0..<3, using: &random))"
      case 2: return "unwatch \(domain) \(Bool.random(using: &random) ? "*" : "o0")"
      default:
        let verdict = ["secure", "secure", "insecure", "unknown"].randomElement(using: &random) ?? "secure"
        // What is the first of its domain is a change, so that each revision stands in one of the logs.
        let isKept = DomainName(domain).flatMap { try? store.record(of: $0) } != nil
        let isSame = isKept && Int.random(in: 0..<4, using: &random) == 0
        return
          "assess \(domain) \(version) \(verdict) e\(Int.random(in: 0..<3, using: &random)) \(isSame ? "same" : "changed")"
      }
    }
  }

  private static func write(_ text: String) -> StoreWrite? {
    let words = text.split(separator: " ").map(String.init)
    guard let domain = DomainName(words[1]) else { return nil }
    switch words[0] {
    case "watch": return .watch(domain, organisation: words[2], selectors: [], at: epoch, dueAt: epoch)
    case "unwatch": return .unwatch(domain, organisation: words[2] == "*" ? nil : words[2])
    default: return Int64(words[2]).map { assessment(domain, $0, words) }
    }
  }

  private static func assessment(_ domain: DomainName, _ version: Int64, _ words: [String]) -> StoreWrite {
    let at = epoch + version
    let decision: WhitelistDecision =
      switch words[3] {
      case "secure": .entry(Array(words[4].utf8), expiresAt: at, isStale: false)
      case "insecure": .remove
      default: .unchanged
      }
    let change: @Sendable (UInt64) -> [UInt8] = { Array("\(domain) \($0)".utf8) }
    let text = [UInt8](repeating: 0x61, count: Int(version % 3_000))
    return .assessment(
      Assessment(
        domain: domain,
        header: RecordHeader(
          verdict: words[3], standard: "baseline", programVersion: "1", checkedAt: at, expiresAt: at, dueAt: at),
        evidence: EvidenceBlob(octets: text, expiresAt: at),
        endpoints: [(key: Array(words[1].utf8), blob: EvidenceBlob(octets: Array("\(version)".utf8), expiresAt: at))],
        whitelist: decision, change: words[5] == "changed" ? change : nil,
        render: { Array("\(version) \($0) ".utf8) + text }))
  }

  /// One write(2), which a pipe takes whole up to PIPE_BUF.
  static func say(_ text: String) {
    let line = Array((text + "\n").utf8)
    _ = Glibc.write(STDOUT_FILENO, line, line.count)
  }
}
