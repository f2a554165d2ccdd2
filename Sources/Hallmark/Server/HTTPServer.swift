import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL
import Synchronization

/// The HTTP/1.1 listener.
///
///     let server = HTTPServer(configuration: configuration, group: group, router: router)
///     try await server.start()
///     …
///     await server.shutdown(within: .seconds(30))
public final class HTTPServer: Sendable {
  /// Why it does not begin. Each names what to change.
  public enum Failure: Error, Hashable, Sendable, CustomStringConvertible {
    case unreadable(file: String, why: String)
    case address(String, why: String)
    case openToAll(String)
    case plainBeyondLoopback(String)

    public var description: String {
      switch self {
      case .unreadable(let file, let why): "cannot use \(file): \(why)"
      case .address(let address, let why): "cannot listen on \(address): \(why)"
      case .openToAll(let address): "\(address) is beyond loopback: give a token file"
      case .plainBeyondLoopback(let address):
        "\(address) is beyond loopback: give a certificate and key, or say that a proxy before it speaks TLS"
      }
    }
  }

  private struct State {
    var listener: (any Channel)?
    var tls: NIOSSLContext?
    var connections: [ObjectIdentifier: any Channel] = [:]
  }

  private let configuration: HTTPServerConfiguration
  private let group: any EventLoopGroup
  private let service: HTTPService
  private let loops: LoopLocal<HTTPLoop>
  private let state = Mutex(State())

  public init(configuration: HTTPServerConfiguration, group: any EventLoopGroup, router: Router) {
    self.configuration = configuration
    self.group = group
    let service = HTTPService(configuration, router: router)
    self.service = service
    loops = LoopLocal { HTTPLoop(service, $0) }
  }

  /// Connections that are open now.
  public var connections: Int { service.ledger.connections }
  /// Requests that wait for something that takes its time.
  public var waiting: Int { service.ledger.waiting }

  /// Listens.
  ///
  /// - Returns: the address and port that it got.
  /// - Throws: `Failure`.
  @discardableResult
  public func start() async throws(Failure) -> SocketAddress {
    let name = "\(configuration.address):\(configuration.port)"
    do {
      let address = try SocketAddress.listening(on: configuration.address, port: configuration.port)
      try check(address, name)
      try reload()
      let listener = try await bootstrap().bind(to: address).get()
      state.withLock { $0.listener = listener }
      return listener.localAddress ?? address
    } catch let failure as Failure {
      throw failure
    } catch {
      throw .address(name, why: "\(error)")
    }
  }

  /// Reads certificate and key again. New connections use them, those that are open keep what they have; where the
  /// files cannot be used everything stays as it is.
  ///
  /// - Throws: `Failure.unreadable`.
  public func reload() throws(Failure) {
    guard let files = configuration.tls else { return }
    let context = try TLSContext.make(files)
    state.withLock { $0.tls = context }
  }

  /// Takes tokens that were read again; without effect where the server began without any.
  public func replaceTokens(_ table: TokenTable) { service.replaceTokens(table) }

  /// Takes no more connections, lets what runs finish, and closes. What is not done in time is cut off.
  public func shutdown(within grace: Duration) async {
    let listener = state.withLock { $0.listener }
    try? await listener?.close()
    let timer = group.any().scheduleTask(in: TimeAmount(grace)) { self.cutOff() }
    await withCheckedContinuation { (continuation: CheckedContinuation<Void, Never>) in
      service.ledger.drain { continuation.resume() }
      for connection in state.withLock({ Array($0.connections.values) }) {
        connection.pipeline.fireUserInboundEventTriggered(DrainEvent())
      }
    }
    timer.cancel()
  }

  private func cutOff() {
    for connection in state.withLock({ Array($0.connections.values) }) { connection.close(promise: nil) }
  }

  private func check(_ address: SocketAddress, _ name: String) throws(Failure) {
    let isLoopback = address.ipAddress.map { $0.hasPrefix("127.") || $0 == "::1" } ?? true
    guard !isLoopback else { return }
    guard configuration.tokens != nil else { throw .openToAll(name) }
    guard configuration.tls != nil || configuration.isBehindProxy else { throw .plainBeyondLoopback(name) }
  }

  private func bootstrap() -> ServerBootstrap {
    ServerBootstrap(group: group)
      .serverChannelOption(.backlog, value: 1024)
      .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
      .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
      // The end of what a peer sends is then told before the connection is closed, and an answer can still go out.
      .childChannelOption(.allowRemoteHalfClosure, value: true)
      .childChannelInitializer { channel in
        channel.eventLoop.makeCompletedFuture { try self.prepare(channel) }
      }
  }

  private func prepare(_ channel: any Channel) throws {
    let identifier = ObjectIdentifier(channel)
    let tls = state.withLock { state in
      state.connections[identifier] = channel
      return state.tls
    }
    channel.closeFuture.whenComplete { _ in self.state.withLock { $0.connections[identifier] = nil } }
    let pipeline = channel.pipeline.syncOperations
    if let tls { try pipeline.addHandler(NIOSSLServerHandler(context: tls)) }
    let connection = HTTPConnection(loop: loops.value(of: channel.eventLoop))
    let decoder = RequestDecoder(service.limits, connection)
    try pipeline.addHandler(RepeatedRequests(decoder))
    try pipeline.addHandler(ByteToMessageHandler(decoder))
    try pipeline.addHandler(connection)
  }
}

/// The TLS of our own listener.
enum TLSContext {
  /// - Throws: the file that cannot be read, is not PEM, or does not go with the other.
  static func make(_ files: HTTPServerConfiguration.TLSFiles) throws(HTTPServer.Failure) -> NIOSSLContext {
    do {
      let chain = try NIOSSLCertificate.fromPEMFile(files.certificate)
      guard !chain.isEmpty else { throw HTTPServer.Failure.unreadable(file: files.certificate, why: "no certificate") }
      let key: NIOSSLPrivateKey
      do {
        key = try NIOSSLPrivateKey(file: files.key, format: .pem)
      } catch {
        throw HTTPServer.Failure.unreadable(file: files.key, why: "no private key in PEM")
      }
      var configuration = TLSConfiguration.makeServerConfiguration(
        certificateChain: chain.map { .certificate($0) }, privateKey: .privateKey(key))
      // RFC 9325 section 3.1.1.
      configuration.minimumTLSVersion = .tlsv12
      configuration.applicationProtocols = ["http/1.1"]
      return try NIOSSLContext(configuration: configuration)
    } catch let failure as HTTPServer.Failure {
      throw failure
    } catch {
      throw .unreadable(file: files.certificate, why: "no certificates in PEM, or not for this key")
    }
  }
}

extension SocketAddress {
  /// A numeric address as it is, or what a name resolves to. Resolving a numeric one could give it mapped into IPv6 where there is
  /// no route.
  static func listening(on host: String, port: Int) throws -> SocketAddress {
    if let address = try? SocketAddress(ipAddress: host, port: port) { return address }
    return try makeAddressResolvingHost(host, port: port)
  }
}
