import Logging
import Posture
import Synchronization

@testable import Hallmark

/// The application without its doors: store, keeper, desk and verifier over a country.
struct Bureau: Sendable {
  let store: Store
  let country: Country
  let keeper: Keeper
  let desk: CheckDesk
  let verifier: Verifier

  init(
    _ directory: String, _ country: Country, clock: WallClock,
    sleep: @escaping @Sendable (Duration) async throws -> Void = { try await Task.sleep(for: $0) }
  ) throws {
    var log = Logger(label: "storebench") { StreamLogHandler.standardError(label: $0) }
    // Each domain that joins the whitelist has a line.
    log.logLevel = .warning
    store = try Store(path: directory)
    self.country = country
    let standards = try Standards(preferred: "baseline") { _, _ throws(SettingsError) in [] }
    let keeper = Keeper(store: store, standards: standards, clock: clock, log: log)
    self.keeper = keeper
    let freshness = Freshness()
    let judge = Judge { _, tlsa, _, _ in DANEMatch(usable: tlsa.count, matches: true) }
    let endpoints = EndpointObserver(freshness: freshness, clock: clock, kept: keeper.keptEndpoints)
    let observer = Observer(
      judge: judge, endpoints: endpoints, freshness: freshness, clock: clock, timeout: .seconds(600))
    let instruments = country.instruments
    desk = CheckDesk(
      observer: observer, keeper: keeper, instruments: instruments, freshInstruments: { instruments },
      standards: standards, clock: clock, smtpPort: 25)
    let quiet = Logger(label: "storebench") { _ in SwiftLogNoOpLogHandler() }
    let verifier = Verifier(desk: desk, keeper: keeper, clock: clock, log: quiet, sleep: sleep)
    self.verifier = verifier
    keeper.wakeOnDue { [weak verifier] in verifier?.wake() }
  }
}

/// A clock that is set.
final class SetClock: Sendable {
  private let time: Mutex<Timestamp>

  init(_ now: Timestamp) { time = Mutex(now) }

  var clock: WallClock { WallClock { [self] in now } }
  var now: Timestamp { time.withLock { $0 } }

  func advance(_ seconds: Int64) { time.withLock { $0 = $0 + seconds } }
}
