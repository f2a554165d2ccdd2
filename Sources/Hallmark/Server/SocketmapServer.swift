import NIOCore
import NIOPosix
import Synchronization

/// Answers Postfix's socketmap look-ups (socketmap_table(5)) over TCP, in netstrings.
public final class SocketmapServer: Sendable {
  public struct Configuration: Sendable {
    public var address = "127.0.0.1"
    /// 0: any that is free.
    public var port = 0
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

  /// Answers for a domain in lower case. It is called on the event loop, and so must not wait.
  public typealias Lookup = @Sendable (String) -> SocketmapReply

  private struct State {
    var listener: (any Channel)?
    var connections: [ObjectIdentifier: any Channel] = [:]
  }

  private let configuration: Configuration
  private let group: any EventLoopGroup
  private let loops: LoopLocal<(batch: FlushBatch, lookup: Lookup)>
  private let state = Mutex(State())

  /// The look-up is asked for once for each event loop, so that loops share no counters.
  public init(configuration: Configuration, group: any EventLoopGroup, lookup: @escaping @Sendable () -> Lookup) {
    self.configuration = configuration
    self.group = group
    loops = LoopLocal { (FlushBatch($0), lookup()) }
  }

  /// Connections that are open now.
  public var connections: Int { state.withLock { $0.connections.count } }

  /// Listens.
  ///
  /// - Returns: the address and port that it got.
  /// - Throws: what the system says of the address.
  @discardableResult
  public func start() async throws -> SocketAddress {
    let address = try SocketAddress.listening(on: configuration.address, port: configuration.port)
    let listener = try await ServerBootstrap(group: group)
      .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
      .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
      // As for HTTP: who ends its side still gets what is there.
      .childChannelOption(.allowRemoteHalfClosure, value: true)
      .childChannelInitializer { channel in
        channel.eventLoop.makeCompletedFuture { try self.prepare(channel) }
      }
      .bind(to: address).get()
    state.withLock { $0.listener = listener }
    return listener.localAddress ?? address
  }

  /// Takes no more connections and closes those that are open: an answer is never under way for longer than its
  /// writing, and Postfix asks anew.
  public func shutdown() async {
    let (listener, connections) = state.withLock { ($0.listener, Array($0.connections.values)) }
    try? await listener?.close()
    for connection in connections { try? await connection.close() }
  }

  private func prepare(_ channel: any Channel) throws {
    let identifier = ObjectIdentifier(channel)
    let isOneTooMany = state.withLock { state in
      guard state.connections.count < configuration.connections else { return true }
      state.connections[identifier] = channel
      return false
    }
    if isOneTooMany { return channel.close(promise: nil) }
    channel.closeFuture.whenComplete { _ in self.state.withLock { $0.connections[identifier] = nil } }
    let pipeline = channel.pipeline.syncOperations
    try pipeline.addHandler(IdleStateHandler(readTimeout: configuration.idle))
    let (batch, lookup) = loops.value(of: channel.eventLoop)
    try pipeline.addHandler(SocketmapConnection(names: configuration.names, batch: batch, lookup: lookup))
  }
}

/// One connection; every request is answered before the next is looked at.
private final class SocketmapConnection: ChannelDuplexHandler, Flushable {
  typealias InboundIn = ByteBuffer
  typealias OutboundIn = ByteBuffer
  typealias OutboundOut = ByteBuffer

  private let names: Set<String>
  private let lookup: SocketmapServer.Lookup
  private var decoder = NetstringDecoder(limit: SocketmapServer.maximumRequest)
  private var received = ByteBuffer()
  private var isReadHeld = false
  private let batch: FlushBatch
  private var isFlushDeferred = false
  private var context: ChannelHandlerContext?

  init(names: Set<String>, batch: FlushBatch, lookup: @escaping SocketmapServer.Lookup) {
    self.names = names
    self.batch = batch
    self.lookup = lookup
  }

  func handlerAdded(context: ChannelHandlerContext) { self.context = context }

  func handlerRemoved(context: ChannelHandlerContext) { self.context = nil }

  func flushDeferred() {
    isFlushDeferred = false
    context?.flush()
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    if received.readableBytes == 0 {
      received = unwrapInboundIn(data)
    } else {
      received.writeImmutableBuffer(unwrapInboundIn(data))
    }
    var answers = context.channel.allocator.buffer(capacity: 256)
    do {
      while let request = try decoder.next(&received) {
        Netstring.write(reply(to: request.readableBytesView).bytes, into: &answers)
      }
      // What is read into is used again once nobody holds it.
      if received.readableBytes == 0 { received = ByteBuffer() } else { received.discardReadBytes() }
      guard answers.readableBytes > 0 else { return }
      context.write(wrapOutboundOut(answers), promise: nil)
      guard !isFlushDeferred else { return }
      isFlushDeferred = true
      batch.add(self)
    } catch {
      // Out of step: what came before is answered, and nothing after can be read.
      let bound = NIOLoopBound(context, eventLoop: context.eventLoop)
      context.writeAndFlush(wrapOutboundOut(answers)).whenComplete { _ in bound.value.close(promise: nil) }
    }
  }

  private func reply(to payload: ByteBufferView) -> SocketmapReply {
    guard let request = SocketmapRequest(payload) else { return .permanent("ask as NAME KEY") }
    guard names.contains(request.name) else {
      return .permanent("there is no such map; there is \(names.sorted().joined(separator: ", "))")
    }
    return request.domain.map(lookup) ?? .notFound
  }

  /// The back-pressure: a peer that does not take its answers is not read from.
  func read(context: ChannelHandlerContext) {
    if context.channel.isWritable { context.read() } else { isReadHeld = true }
  }

  func channelWritabilityChanged(context: ChannelHandlerContext) {
    if context.channel.isWritable, isReadHeld {
      isReadHeld = false
      context.read()
    }
    context.fireChannelWritabilityChanged()
  }

  func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
    if event is IdleStateHandler.IdleStateEvent { context.close(promise: nil) }
    if let event = event as? ChannelEvent, event == .inputClosed {
      context.flush()
      context.close(promise: nil)
    }
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
}
