import DNS
import IDNA
import JSONRPC
import Logging
import NIOCore
import NIOPosix
import Posture
import ServiceLifecycle

/// The service: store, desk, verifier and listeners put together, and kept until it is told to stop.
public enum HallmarkService {
  /// How long a drain may take before what is left is cut off.
  static let drainTime = Duration.seconds(5)

  /// Runs until SIGTERM or SIGINT.
  ///
  /// - Throws: `SettingsError`, in one line that names what to change.
  public static func serve(_ settings: Settings, log: Logger) async throws {
    try settings.checkListeners()
    let clock = WallClock.system
    // As many event loops as processors; NIO by itself counts those of the machine.
    if let processors = Processors.allowed { NIOSingletons.groupLoopCountSuggestion = processors }
    let group = MultiThreadedEventLoopGroup.singleton
    let standards = try Standards(preferred: settings.standard, reading: TextFile.read)
    let tokens = try settings.tokenFile.map { try readTokens($0) }
    let names = try settings.watch.map { try readNames($0) }
    let store = try openStore(settings.store, isReadOnly: false, onRepair: report(to: log))
    let keeper = Keeper(store: store, standards: standards, clock: clock, log: log)
    let laboratory = try Laboratory(settings, clock: clock, group: group)
    let desk = CheckDesk(settings, laboratory: laboratory, keeper: keeper, standards: standards, clock: clock)
    let verifier = Verifier(desk: desk, keeper: keeper, clock: clock, log: log)
    keeper.wakeOnDue { [weak verifier] in verifier?.wake() }
    if let names { try await watch(names, keeper) }
    // Before anyone is told what is on it.
    await keeper.lapse()

    let readiness = Readiness(
      store: { _ = try store.headRevision() }, ask: { await laboratory.freshInstruments.lookUp(Readiness.question) })
    let socketmap = settings.socketmap.map { socketmapServer($0, keeper) }
    let gauges = DoorGauges(desk: desk, socketmap: socketmap)
    let service = ServiceRoutes(keeper: keeper, readiness: readiness, doors: { gauges.state })
    let sessions = Sessions(
      isSecure: settings.tlsCertificate != nil, isBehindProxy: settings.behindProxy, clock: clock)
    let pages = Pages(desk: desk, keeper: keeper, templates: try PageTemplates(), sessions: sessions)
    let router = Router(
      dispatcher: dispatcher(Methods(desk: desk, keeper: keeper, readiness: readiness), log),
      routes: service.all + Routes(desk: desk, keeper: keeper, pages: pages).all)
    var configuration = configuration(settings, tokens: tokens, log: log)
    configuration.metrics = keeper.metrics
    configuration.sessions = sessions
    let server = HTTPServer(configuration: configuration, group: group, router: router)
    gauges.watch(server)
    do {
      let address = try await server.start()
      log.notice("listening", metadata: ["http": "\(settings.http.address):\(address.port ?? 0)"])
      if let socketmap, let listener = settings.socketmap {
        let port = try start(socketmap, at: listener, log)
        log.notice("listening", metadata: ["socketmap": "\(listener.address):\(port)"])
      }
    } catch {
      await server.shutdown(within: .zero)
      await store.close()
      throw SettingsError("\(error)")
    }
    let doors = Doors(
      server: server, socketmap: socketmap, readiness: readiness, settings: settings, keeper: keeper, log: log)
    let services = ServiceGroup(
      configuration: .init(
        services: [.init(service: verifier), .init(service: DailyTally(keeper: keeper)), .init(service: doors)],
        gracefulShutdownSignals: [.sigterm, .sigint],
        logger: log))
    try await services.run()
    if await !desk.end(within: drainTime) { log.warning("checks were still under way at the end") }
    await store.close()
    log.notice("stopped")
  }

  private static func dispatcher(_ methods: Methods, _ log: Logger) -> Dispatcher {
    let table = methods.table
    let calls = CallWatch(table, metrics: methods.keeper.metrics, log: log)
    return Dispatcher(table, observer: { calls.note($0) })
  }

  private static func socketmapServer(_ listener: Settings.Listener, _ keeper: Keeper) -> SocketmapServer {
    var configuration = SocketmapServer.Configuration()
    configuration.address = listener.address.description
    configuration.port = listener.port
    return SocketmapServer(configuration: configuration, table: PolicyTable(keeper))
  }

  private static func start(
    _ server: SocketmapServer, at listener: Settings.Listener, _ log: Logger
  ) throws(SettingsError) -> UInt16 {
    do {
      return try server.start { log.critical("the socketmap answers no longer", metadata: ["reason": "\($0)"]) }
    } catch {
      throw SettingsError("--socketmap: cannot listen on \(listener.address):\(listener.port): \(error)")
    }
  }

  private static func configuration(
    _ settings: Settings, tokens: TokenTable?, log: Logger
  ) -> HTTPServerConfiguration {
    var configuration = HTTPServerConfiguration(
      address: settings.http.address.description, port: Int(settings.http.port))
    if let certificate = settings.tlsCertificate, let key = settings.tlsKey {
      configuration.tls = .init(certificate: certificate, key: key)
    }
    configuration.tokens = tokens
    configuration.isBehindProxy = settings.behindProxy
    // Not even the record of a request is made where nobody would see it.
    guard log.logLevel <= .debug else { return configuration }
    configuration.observer = { record in
      log.debug(
        "request",
        metadata: [
          "method": "\(record.method)", "path": "\(TextReport.printable(record.path))", "status": "\(record.status)",
          "bytes": "\(record.bytes)", "request": "\(record.requestID)", "caller": "\(record.caller)",
          "address": "\(record.remoteAddress)", "microseconds": "\(record.nanoseconds / 1000)",
        ])
    }
    return configuration
  }

  /// What was damaged is news for the operator: disks and memory modules announce their end by it.
  private static func report(to log: Logger) -> @Sendable (Result<StoreRepair, any Error>) -> Void {
    { result in
      switch result {
      case .success(let repair) where repair.broken.isEmpty:
        log.notice("no damaged value is left where one was read: it was taken out before, or the memory fails")
      case .success(let repair):
        let broken = repair.broken.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
        log.error(
          "damaged values were taken out of the store",
          metadata: [
            "values": "\(broken.joined(separator: " "))", "rescheduled": "\(repair.rescheduled.count)",
            "rewatched": "\(repair.rewatched.map(\.description).joined(separator: " "))",
          ])
      case .failure(let error):
        log.critical("the store is damaged and cannot be mended; restore a backup", metadata: ["reason": "\(error)"])
      }
    }
  }

  static func openStore(
    _ path: String, isReadOnly: Bool, onRepair: (@Sendable (Result<StoreRepair, any Error>) -> Void)? = nil
  ) throws(SettingsError) -> Store {
    do {
      return try Store(path: path, options: Store.Options(isReadOnly: isReadOnly, onRepair: onRepair))
    } catch let error as StoreError {
      if case .inUse = error {
        throw SettingsError("--store: \(error); ask that service, such as with the shell client, or stop it first")
      }
      throw SettingsError("--store: \(error)")
    } catch {
      throw SettingsError("--store: \(error)")
    }
  }

  static func readTokens(_ path: String) throws(SettingsError) -> TokenTable {
    let text = String(decoding: try TextFile.read(path, option: "--token-file"), as: UTF8.self)
    do {
      return try TokenTable(parsing: text)
    } catch {
      throw SettingsError("--token-file: \(path), \(error)")
    }
  }

  static func readNames(_ path: String) throws(SettingsError) -> [MailDomain] {
    var names: [MailDomain] = []
    for text in TextFile.lines(try TextFile.read(path, option: "--watch")) {
      do {
        names.append(try MailDomain(validating: text))
      } catch {
        throw SettingsError("--watch: \(path): \(TextReport.printable(text)): \(error.message)")
      }
    }
    return names
  }

  static func watch(_ names: [MailDomain], _ keeper: Keeper) async throws(SettingsError) {
    do {
      _ = try await keeper.watch(
        names, organisation: "", selectors: [], caller: CallerContext(role: .admin, name: "--watch"))
    } catch {
      throw SettingsError("--watch: \(error.message)")
    }
  }
}
