import DNS
import IDNA
import JSON
import Logging
import Posture
import Synchronization
import TestKit
import Testing

@testable import Hallmark

/// A desk, a verifier and a store over a virtual world.
struct VirtualService {
  let time: VirtualTime
  let world: VirtualWorld
  let store: Store
  let keeper: Keeper
  let desk: CheckDesk
  let verifier: Verifier

  /// - Parameter instruments: others than those of the world, such as ones that may not be used.
  init(
    _ time: VirtualTime, _ world: VirtualWorld, _ fixture: StoreFixture, standard: String = "baseline",
    options: Store.Options = .init(mapSize: 1 << 24), instruments: Instruments? = nil,
    freshness: Freshness = Freshness(), log: Logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
  ) throws {
    self.time = time
    self.world = world
    store = try fixture.open(options, clock: time.clock)
    let standards = try Standards(preferred: standard) { path, option throws(SettingsError) in
      try TextFile.read(path, option: option)
    }
    let keeper = Keeper(store: store, standards: standards, clock: time.clock, log: log)
    self.keeper = keeper
    let judge = Judge { _, tlsa, _, _ in DANEMatch(usable: tlsa.count, matches: true) }
    let endpoints = EndpointObserver(freshness: freshness, clock: time.clock, kept: keeper.keptEndpoints)
    let observer = Observer(
      judge: judge, endpoints: endpoints, freshness: freshness, clock: time.clock, timeout: .seconds(600))
    let used = instruments ?? world.instruments
    desk = CheckDesk(
      observer: observer, keeper: keeper, instruments: used, freshInstruments: { used }, standards: standards,
      clock: time.clock, smtpPort: 25)
    let verifier = Verifier(
      desk: desk, keeper: keeper, clock: time.clock, log: log, sleep: { try await time.sleep($0) })
    self.verifier = verifier
    keeper.wakeOnDue { [weak verifier] in verifier?.wake() }
  }

  func watch(_ names: [String], organisation: String = "") async throws {
    let now = time.now
    for start in stride(from: 0, to: names.count, by: 1000) {
      try await store.commit(
        names[start...].prefix(1000).map {
          .watch(domain($0), organisation: organisation, selectors: ["s1"], at: now, dueAt: now)
        })
    }
    keeper.noteDue()
  }

  func check(_ name: String, maxAge: Int64? = nil) async throws -> Examination {
    try await desk.renew(CheckRequest(domain: try MailDomain(validating: name), maxAge: maxAge))
  }

  /// Runs the verifier while the body does.
  func running<Result: Sendable>(_ body: @Sendable () async throws -> Result) async throws -> Result {
    let verifier = self.verifier
    let task = Task { try await verifier.run() }
    let result: Result
    do {
      result = try await body()
    } catch {
      task.cancel()
      throw error
    }
    task.cancel()
    world.letGo()
    _ = await task.result
    return result
  }

  /// Waits until nothing is due any more and the verifier sleeps.
  func settle() async throws {
    let isSettled = try await eventually(every: .milliseconds(2)) { [self] in
      try store.dueCounts(at: time.now, overdueBefore: time.now).due == 0 && time.nextWake != nil
        && store.claimed.withLock { $0.isEmpty }
    }
    #expect(isSettled)
  }

  /// Lets the seconds go by for which renewals were put off, once nothing else is under way. One that began before the clock was
  /// stepped has nothing to say of the time after, so that its domain is due still and waits a while.
  func letPutOffWorkBegin() {
    let now = time.now
    let ends = store.claimed.withLock { Array($0.values) }
    guard let last = ends.max(), last - now <= Verifier.longestPause, let wake = time.nextWake, wake <= last else {
      return
    }
    time.advance(to: max(wake, now))
  }

  /// Lets the time go by from one wake to the next.
  func pass(_ seconds: Int64) async throws {
    let end = time.now + seconds
    while time.now < end {
      try await settle()
      let next = time.nextWake ?? end
      time.advance(to: min(max(next, time.now + 1), end))
    }
    try await settle()
  }

  /// The newest change of a domain.
  func change(_ name: String) throws -> JSONValue {
    let page = try store.history(of: domain(name), limit: 1)
    return try JSONValue(parsing: try #require(page.changes.first).octets)
  }
}
