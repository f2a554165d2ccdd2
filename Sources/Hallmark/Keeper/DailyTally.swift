import DNS
import Logging
import Posture
import ServiceLifecycle

/// Keeps, for every day, how many of the watched domains had each verdict: what the time line of the dashboard is drawn of.
/// It asks nothing of the network. The last count of a day stands.
final class DailyTally: Service {
  /// How often the day's count is brought up to date, in seconds.
  static let interval: Int64 = 3600

  private let keeper: Keeper
  private let sleep: @Sendable (Duration) async throws -> Void

  init(keeper: Keeper, sleep: @escaping @Sendable (Duration) async throws -> Void = { try await Task.sleep(for: $0) }) {
    self.keeper = keeper
    self.sleep = sleep
  }

  func run() async throws {
    await cancelWhenGracefulShutdown { [self] in
      while !Task.isCancelled {
        await count()
        try? await sleep(.seconds(DailyTally.interval))
      }
    }
  }

  /// Counts now, and keeps it as the day's.
  func count() async {
    let day = keeper.clock.now.day
    let store = keeper.store
    let tallies = await keeper.reading(apart: .background) { try DailyTally.tallies(store, $0) } ?? [:]
    // Where nothing is watched, or nothing could be read, there is nothing to tell of the day.
    guard !tallies.isEmpty else { return }
    do {
      try await keeper.store.commit([.tally(day: day, tallies)])
    } catch {
      keeper.log.error("the day's tally could not be kept", metadata: ["reason": "\(error)"])
    }
  }

  private static func tallies(
    _ store: Store, _ cancellation: LongReads.Cancellation
  ) throws -> [String?: VerdictTally] {
    var tallies: [String?: VerdictTally] = [:]
    try store.overview(cancellation) { entry in
      guard let verdict = entry.digest?.verdict else { return }
      tallies[nil, default: VerdictTally()].count(verdict)
      for organisation in entry.organisations { tallies[organisation, default: VerdictTally()].count(verdict) }
    }
    return tallies
  }
}
