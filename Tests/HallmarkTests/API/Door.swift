import DNS
import JSONRPC
import Logging
import NIOPosix
import Posture
import Testing

@testable import Hallmark

/// A service's doors over a store, with nothing behind them that could look at the network.
struct Door {
  let store: Store
  let keeper: Keeper
  let server: HTTPServer
  let port: Int

  init(
    _ fixture: StoreFixture, clock: WallClock = .fixed, tokens: TokenTable? = nil,
    instruments: Instruments = .failing, timeout: Duration = .seconds(1)
  ) async throws {
    store = try fixture.open(.init(mapSize: 1 << 28), clock: clock)
    let standards = try Standards(preferred: "baseline", reading: TextFile.read)
    keeper = Keeper(
      store: store, standards: standards, clock: clock, log: Logger(label: "") { _ in SwiftLogNoOpLogHandler() })
    let freshness = Freshness(minimum: 1, maximum: 60)
    let observer = Observer(
      judge: Laboratory.judge, endpoints: EndpointObserver(freshness: freshness, clock: clock, kept: .none),
      freshness: freshness, clock: clock, timeout: timeout)
    let desk = CheckDesk(
      observer: observer, keeper: keeper, instruments: instruments, freshInstruments: { instruments },
      standards: standards, clock: clock, smtpPort: 25)
    let sessions = Sessions(isSecure: false, clock: clock)
    let pages = Pages(desk: desk, keeper: keeper, templates: try PageTemplates(), sessions: sessions)
    let readiness = Readiness(store: {}, ask: { Answer(Readiness.question, .noSuchType) })
    let methods = Methods(desk: desk, keeper: keeper, readiness: readiness)
    var configuration = HTTPServerConfiguration(port: 0)
    configuration.tokens = tokens
    configuration.sessions = sessions
    server = HTTPServer(
      configuration: configuration, group: MultiThreadedEventLoopGroup.singleton,
      router: Router(
        dispatcher: Dispatcher(methods.table),
        routes: Routes(desk: desk, keeper: keeper, pages: pages).all))
    port = try await server.start().port ?? 0
  }

  func get(_ path: String, _ fields: String = "") async throws -> Socket.Response {
    let port = port
    return try await offPool {
      // A page is made on the cooperative pool, which it shares with every other test here: its turn may come late.
      let client = try Socket(port: port, patience: 240)
      client.send(TestServer.get(path, fields))
      return try #require(client.response())
    }
  }

  func close() async {
    await server.shutdown(within: .seconds(2))
    await store.close()
  }
}

extension Instruments {
  /// Nothing can be found out.
  static let failing = Instruments(
    lookUp: { Answer($0, .failure(.timeout)) },
    observe: { _ in EndpointObservation(connected: false) },
    versions: { _, _ in VersionsObservation(offered: [], refused: []) },
    fetch: { _ in PolicyFetch(outcome: .failure(.init(kind: .temporary, reason: "x"))) })
}
