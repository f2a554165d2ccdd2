import Dispatch
import NIOCore
import Sockets
import Synchronization

/// Answers Postfix's socketmap look-ups (socketmap_table(5)) over TCP, in netstrings, on a thread of its own.
public final class SocketmapServer: Sendable {
  public struct Configuration: Sendable {
    /// An IP address.
    public var address = "127.0.0.1"
    /// 0: any that is free.
    public var port: UInt16 = 0
    /// The names of maps that it answers for.
    public var names: Set<String> = ["whitelist"]
    /// Connections at once; a Postfix keeps one for each process that looks up. One more is closed.
    public var connections = 2_000
    /// Postfix closes what it has not used for five seconds (ipc_idle); others may not.
    public var idle = TimeAmount.seconds(300)

    public init() {}
  }

  /// Bytes of a request: a map's name and a next hop.
  static let maximumRequest = 2_048

  private let configuration: Configuration
  private let table: any SocketmapTable
  // A serial queue has a thread of its own, apart from the cooperative pool's.
  private let queue = DispatchQueue(label: "hallmark.socketmap")
  private let running = Mutex<SocketmapThread.Shared?>(nil)

  /// A server that does not listen yet.
  ///
  /// - Parameters:
  ///   - configuration: where it listens, and its bounds.
  ///   - table: whom it asks.
  public init(configuration: Configuration, table: any SocketmapTable) {
    self.configuration = configuration
    self.table = table
  }

  /// Connections that are open now.
  public var connections: Int { running.withLock { $0 }?.connections.load(ordering: .relaxed) ?? 0 }

  /// Listens; once.
  ///
  /// - Parameter onFailure: called where it cannot go on.
  /// - Returns: the port that it got.
  /// - Throws: what the system says of the address.
  @discardableResult
  public func start(onFailure: @escaping @Sendable (any Error) -> Void = { _ in }) throws -> UInt16 {
    let listener = try ListeningSocket(address: configuration.address, port: configuration.port)
    let shared = try SocketmapThread.Shared()
    try shared.poller.add(listener.descriptor, for: .reading)
    running.withLock { $0 = shared }
    queue.async { [configuration, table] in
      do {
        try SocketmapThread(shared, listener, configuration, table).run()
      } catch {
        onFailure(error)
      }
    }
    return listener.port
  }

  /// Takes no more connections and closes those that are open: Postfix asks anew.
  public func shutdown() async {
    guard let shared = running.withLock({ $0 }) else { return }
    shared.isEnding.store(true, ordering: .releasing)
    shared.poller.wake()
    await withCheckedContinuation { continuation in queue.async { continuation.resume() } }
  }
}
