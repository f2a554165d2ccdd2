import DNS
import Foundation
import IDNA
import JSON
import JSONRPC
import Logging
import NIOPosix
import Posture
import Synchronization
import Testing

@testable import Hallmark

/// What callers get while checks are many: the whole way from the socket to the desk, with a world that never answers.
@Suite(.serialized) struct CheckLoadTests {
  typealias T = TestServer

  /// A service whose every look-up hangs until it is let go.
  final class Service: Sendable {
    let store: Store
    let desk: CheckDesk
    let server: HTTPServer
    let metrics = Metrics()
    private let gate = Flight<Bool>()

    init(_ fixture: StoreFixture, burst: Double) throws {
      store = try fixture.open(.init(mapSize: 1 << 26))
      let standards = try Standards(preferred: "baseline", reading: TextFile.read)
      let keeper = Keeper(
        store: store, standards: standards, clock: .fixed, log: Logger(label: "") { _ in SwiftLogNoOpLogHandler() },
        metrics: metrics)
      let freshness = Freshness(minimum: 1, maximum: 60)
      let observer = Observer(
        judge: Laboratory.judge, endpoints: EndpointObserver(freshness: freshness, clock: .fixed, kept: .none),
        freshness: freshness, clock: .fixed, timeout: .seconds(120))
      var instruments = Instruments.failing
      let gate = gate
      instruments.lookUp = { question in
        _ = await gate.result()
        return Answer(question, .failure(.timeout))
      }
      let hanging = instruments
      desk = CheckDesk(
        observer: observer, keeper: keeper, instruments: hanging, freshInstruments: { hanging }, standards: standards,
        clock: .fixed, smtpPort: 25,
        budgets: CallerBudgets(burst: burst, now: { [start = ContinuousClock.now] in start }))
      let readiness = Readiness(store: {}, ask: { Answer(Readiness.question, .noSuchType) })
      let methods = Methods(desk: desk, keeper: keeper, readiness: readiness).table
      var configuration = HTTPServerConfiguration(port: 0)
      configuration.tokens = try TokenTable(
        parsing: ["a", "b"].map { TokenTable.line(for: $0, name: $0, role: .reader) }.joined(separator: "\n"))
      server = HTTPServer(
        configuration: configuration, group: MultiThreadedEventLoopGroup.singleton,
        router: Router(dispatcher: Dispatcher(methods), routes: try Routes(desk: desk, keeper: keeper).all))
    }

    /// From here on every look-up ends.
    func letGo() { gate.land(true) }

    func close() async {
      letGo()
      await server.shutdown(within: .seconds(5))
      await store.close()
    }
  }

  private func ask(_ port: Int, _ method: String, _ domain: String, _ token: String = "a", _ fields: String = "")
    async
    throws -> JSONValue?
  {
    try await offPool {
      let client = try Socket(port: port)
      client.send(
        T.post(T.call(method, "[\"\(domain)\"]"), "Authorization: Bearer \(token)\r\n\(fields)"))
      return try client.response().map { try JSONValue(parsing: $0.body) }
    }
  }

  /// A record that may be served as it is.
  private func keepFresh(_ name: String, in service: Service) async throws {
    let header = RecordHeader(
      verdict: "secure", standard: service.desk.standards.preferred.identity, programVersion: Version.current,
      checkedAt: epoch, expiresAt: epoch + 300, dueAt: epoch + 300)
    try await service.store.commit([.check(name, header: header)])
  }

  @Test("a caller whose budget of new checks is spent is told when to come back; what is known is given all the same")
  func budget() async throws {
    let service = try Service(StoreFixture(), burst: 3)
    let port = try await service.server.start().port ?? 0
    try await keepFresh("known.gov.uk", in: service)
    let hurry = "grpc-timeout: 1S\r\n"
    for number in 0..<3 {
      let answer = try await ask(port, "checkDomain", "d\(number).gov.uk", "a", hurry)
      #expect(answer?["error"]?["code"] == -32004)
    }
    let spent = try #require(try await ask(port, "checkDomain", "d3.gov.uk")?["error"])
    #expect(spent["code"] == -32008 && spent["data"]?["status"] == "RESOURCE_EXHAUSTED")
    #expect(spent["data"]?["reason"] == "BUDGET_SPENT" && spent["data"]?["retryAfter"] == 1)
    // By GET it is 429, with the same seconds.
    let page = try await offPool {
      let client = try Socket(port: port)
      client.send(T.get("/domains/d3.gov.uk", "Authorization: Bearer a\r\n"))
      return client.response()
    }
    #expect(page?.status == 429 && page?.headers["retry-after"] == "1")
    // Known, under way already, or asked by another: none of that is paid from it.
    #expect(try await ask(port, "checkDomain", "known.gov.uk")?["result"]?["revision"] != nil)
    #expect(try await ask(port, "checkDomain", "d0.gov.uk", "a", hurry)?["error"]?["code"] == -32004)
    #expect(try await ask(port, "checkDomain", "d3.gov.uk", "b", hurry)?["error"]?["code"] == -32004)
    #expect(service.metrics.refusedChecks["BUDGET_SPENT"].value == 2)
    await service.close()
  }

  @Test("fresh records are served while every check slot is taken and more wait")
  func freshReads() async throws {
    let service = try Service(StoreFixture(), burst: 2000)
    let port = try await service.server.start().port ?? 0
    try await keepFresh("known.gov.uk", in: service)
    let count = CheckDesk.maximumActive + 200
    // As many in a batch as run at once.
    for start in stride(from: 0, to: count, by: Exchange.concurrency) {
      let calls = (start..<start + Exchange.concurrency).map {
        T.call("checkDomain", "[\"d\($0).gov.uk\"]", id: "\($0)")
      }
      let batch = "[" + calls.joined(separator: ",") + "]"
      // The caller leaves; the checks that it began go on. A busy machine may not have begun all of them by then.
      for _ in 0..<100 where service.desk.underWay < start + Exchange.concurrency {
        try await offPool {
          let client = try Socket(port: port)
          client.send(T.post(batch, "Authorization: Bearer a\r\ngrpc-timeout: 300m\r\n"))
          _ = client.response()
        }
      }
    }
    #expect(service.desk.underWay > CheckDesk.maximumActive, "\(service.desk.underWay)")
    for _ in 0..<100 {
      #expect(try await ask(port, "checkDomain", "known.gov.uk")?["result"]?["revision"] != nil)
    }
    #expect(service.desk.underWay > CheckDesk.maximumActive, "they were served beside the checks, and not after them")
    await service.close()
  }

  @Test("a check that is broken off at the end is waited for, and nothing of it is kept")
  func brokenOff() async throws {
    let service = try Service(StoreFixture(), burst: 2000)
    let checks = try ["known.gov.uk", "new.gov.uk"].map { CheckRequest(domain: try MailDomain(validating: $0)) }
    try await keepFresh("known.gov.uk", in: service)
    let known = try service.store.record(of: checks[0].domain.name)
    let flying = checks.map { check in Task { try? await service.desk.renew(check, .verifier) } }
    while service.desk.underWay < checks.count { await Task.yield() }
    #expect(await service.desk.end(within: .seconds(60)))
    #expect(service.desk.underWay == 0)
    for task in flying { _ = await task.value }
    let after = try service.store.record(of: checks[0].domain.name)
    #expect(after?.header == known?.header && after?.json == known?.json && after != nil)
    #expect(try service.store.record(of: checks[1].domain.name) == nil)
    await service.close()
  }
}
