import ArgumentParser
import Posture
import Synchronization
import TestKit

@testable import Hallmark

/// Renewals by the verifier over instruments in the process: what the judge, the evidence and the store cost.
///
/// The clock stands still while something is under way, and goes on by a step when nothing is: in each step about as many fall due
/// however many domains there are, so that the commits are as large.
struct Renewals: AsyncParsableCommand {
  static let configuration = CommandConfiguration(abstract: "Have the verifier renew domains.")
  /// Domains that fall due in one step of the clock, about.
  private static let due = 556
  /// Between which ages records are renewed, in seconds: the last hundredths of their hour.
  private static let window = Int64(Country.ttl) * (Keeper.earliestRenewal - 5) / 100
  /// For so many milliseconds nothing must have been under way before what is still due counts as put off.
  private static let patience = 20

  @Argument var directory: String
  @Option var domains = 20_000
  @Option var providers = 50
  @Option(help: "How often each domain is renewed before it is measured, and while it is.") var turns = [1, 1]

  func run() async throws {
    let time = SetClock(Timestamp(seconds: 1_795_000_000))
    let step = max(1, Renewals.window * Int64(Renewals.due) / Int64(domains))
    let made = Mutex<Bureau?>(nil)
    let bureau = try Bureau(
      directory, Country(providers: providers, clock: time.clock), clock: time.clock,
      sleep: { _ in
        if let bureau = made.withLock({ $0 }) { try await Renewals.settle(bureau, time.now) }
        try Task.checkCancellation()
        time.advance(step)
      })
    made.withLock { $0 = bureau }
    try await watch(bureau, time.now)
    let verifier = Task { try await bureau.verifier.run() }
    for (count, name) in zip(turns, ["before", "measured"]) {
      try await measure(domains * count, name, bureau)
    }
    verifier.cancel()
    _ = await verifier.result
    while bureau.desk.underWay > 0 { try await Task.sleep(for: .milliseconds(1)) }
    await bureau.store.close()
  }

  /// Waits until everything of this step of the clock is done.
  ///
  /// A domain whose next renewal fell due before this one was given back is put off by some seconds. It stays due, and
  /// the clock that stands still would never reach the end of them.
  private static func settle(_ bureau: Bureau, _ now: Timestamp) async throws {
    var quiet = 0
    while quiet < patience, let next = try bureau.store.nextDue(), next <= now {
      try await Task.sleep(for: .milliseconds(1))
      quiet = bureau.desk.underWay == 0 ? quiet + 1 : 0
    }
  }

  /// Due over the time of one turn, as they will be for ever after.
  private func watch(_ bureau: Bureau, _ now: Timestamp) async throws {
    var dice = SplitMix64(seed: 3)
    for start in stride(from: 0, to: domains, by: 10_000) {
      try await bureau.store.commit(
        (start..<min(start + 10_000, domains)).map { index in
          .watch(
            Country.domain(index), organisation: "", selectors: [], at: now,
            dueAt: now + Int64.random(in: 0..<Renewals.window, using: &dice))
        })
    }
  }

  private func measure(_ count: Int, _ name: String, _ bureau: Bureau) async throws {
    let renewed = bureau.keeper.metrics.renewals["renewed"]
    _ = bureau.country.takeCounts()
    let (start, used, commits, before) = (
      ContinuousClock.now, processorTime(), try bureau.store.commits, renewed.value
    )
    while renewed.value - before < count { try await Task.sleep(for: .milliseconds(5)) }
    let done = Double(renewed.value - before)
    let took = (ContinuousClock.now - start) / .seconds(1)
    let asked = bureau.country.takeCounts()
    let group = done / Double(try bureau.store.commits - commits)
    let statistics = try bureau.store.statistics()
    say(
      "renewals by the verifier, \(Double(domains).text()) domains at \(providers) providers, \(name): "
        + "\((done / took).text()) a second, \(((processorTime() - used) / done * 1e6).text()) µs of processor time each; "
        + "\((Double(asked.lookUps) / done).text(1)) look-ups and \((Double(asked.probes) / done).text(3)) probes each, "
        + "\(group.text(1)) to a commit; file \((Double(statistics.fileSize) / Double(1 << 20)).text()) MiB")
  }
}
