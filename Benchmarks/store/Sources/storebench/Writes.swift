import ArgumentParser
import Posture
import TestKit

@testable import Hallmark

/// Renews records at the store alone: evidence, record, digest, whitelist entry and place in the due queue of one domain.
struct Writes: AsyncParsableCommand {
  static let configuration = CommandConfiguration(abstract: "Renew records at random, so many at once.")

  @Argument var directory: String
  @Option var records = 1_000_000
  @Option var providers = 50
  @Option(help: "Seconds for each.") var seconds = 5
  @Option(help: "Renewals under way at one time.") var atOnce: [Int] = [1, 64]

  func run() async throws {
    let clock = WallClock.system
    let bureau = try Bureau(directory, Country(providers: providers, clock: clock), clock: clock)
    var templates: [Template] = []
    for index in 0..<min(providers, records) { templates.append(try await Template(index, bureau)) }
    for count in atOnce { try await measure(count, bureau, templates) }
    await bureau.store.close()
  }

  private func measure(_ count: Int, _ bureau: Bureau, _ templates: [Template]) async throws {
    let before = try bureau.store.commits
    let used = processorTime()
    let start = ContinuousClock.now
    let end = start + .seconds(seconds)
    let records = self.records
    let total = try await withThrowingTaskGroup(of: Int.self) { group in
      for worker in 0..<count {
        group.addTask {
          var dice = SplitMix64(seed: UInt64(worker + count * 1000))
          var done = 0
          while ContinuousClock.now < end {
            let index = Int.random(in: 0..<records, using: &dice)
            let expiresAt = bureau.keeper.clock.now + Int64.random(in: Fill.lifetime / 2...Fill.lifetime, using: &dice)
            try await bureau.store.commit([
              templates[index % templates.count].assessment(
                index, expiresAt: expiresAt, dueAt: expiresAt + -60, isFirst: false)
            ])
            done += 1
          }
          return done
        }
      }
      return Double(try await group.reduce(0, +))
    }
    let took = (ContinuousClock.now - start) / .seconds(1)
    let commits = Double(try bureau.store.commits - before)
    say(
      "renewals at the store, \(count) at once: \((total / took).text()) a second in \((commits / took).text()) commits; "
        + "\(((processorTime() - used) / total * 1e6).text()) µs of processor time each")
  }
}

extension Store {
  /// Commits since the store was made.
  var commits: UInt64 { get throws { try environment.statistics().lastTransaction } }
}
