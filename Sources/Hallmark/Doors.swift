import Logging
import ServiceLifecycle
import Synchronization

/// The listeners as a service: they drain when the group stops, and read their files again at SIGHUP.
struct Doors: Service {
  let server: HTTPServer
  let socketmap: SocketmapServer?
  let readiness: Readiness
  let settings: Settings
  let keeper: Keeper
  let log: Logger

  func run() async throws {
    let reloading = Task { await reloadAtHangup() }
    try? await gracefulShutdown()
    reloading.cancel()
    readiness.drain()
    await server.shutdown(within: HallmarkService.drainTime)
    await socketmap?.shutdown()
  }

  private func reloadAtHangup() async {
    for await _ in UnixSignals.hangups() { await reload() }
  }

  /// What cannot be read leaves what was read before in its place.
  private func reload() async {
    do {
      try server.reload()
      if let path = settings.tokenFile { server.replaceTokens(try HallmarkService.readTokens(path)) }
      if let path = settings.watch { try await HallmarkService.watch(try HallmarkService.readNames(path), keeper) }
      log.notice("files were read again")
    } catch {
      log.error("files could not be read again; what was read before stays", metadata: ["reason": "\(error)"])
    }
  }
}

/// Counts what is open, for the metrics. The server comes to it when it is made, because its routes ask here.
final class DoorGauges: Sendable {
  private let desk: CheckDesk
  private let socketmap: SocketmapServer?
  private let server = Mutex<HTTPServer?>(nil)

  init(desk: CheckDesk, socketmap: SocketmapServer?) {
    self.desk = desk
    self.socketmap = socketmap
  }

  func watch(_ server: HTTPServer) { self.server.withLock { $0 = server } }

  var state: DoorState {
    let server = server.withLock { $0 }
    return DoorState(
      httpConnections: server?.connections ?? 0, waiting: server?.waiting ?? 0,
      socketmapConnections: socketmap?.connections ?? 0, checks: desk.underWay)
  }
}
