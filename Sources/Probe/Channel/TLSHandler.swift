import NIOCore

/// What a TLS handler tells the handlers above it.
enum TLSEvent {
  /// The handshake is done.
  case established(PeerSession)
  /// The handshake, or what followed, failed; the channel is left open for whoever decides.
  case failed(TLSFailure)
  /// The server said `close_notify`.
  case closed
  /// The connection ended without it: what came may have been cut short by someone on the path.
  case cut
}

/// A TLS client on a channel. It begins the handshake when it is put on an active channel or the channel becomes
/// active, so it serves HTTPS and STARTTLS alike.
final class TLSHandler: ChannelDuplexHandler {
  typealias InboundIn = ByteBuffer
  typealias InboundOut = ByteBuffer
  typealias OutboundIn = ByteBuffer
  typealias OutboundOut = ByteBuffer

  /// The most octets that are taken from the server in one connection; a server that goes on and on is cut off.
  /// OpenSSL takes 100 KiB of certificates, an answer within TLS is below 128 KiB, and the rest is framing.
  static let maximumInput = 262_144

  private enum State {
    case idle, shaking, established, ended
  }

  private let engine: TLSEngine
  private var state = State.idle
  private var received = 0

  init(_ engine: TLSEngine) { self.engine = engine }

  func handlerAdded(context: ChannelHandlerContext) {
    if context.channel.isActive { begin(context) }
  }

  func channelActive(context: ChannelHandlerContext) {
    context.fireChannelActive()
    begin(context)
  }

  private func begin(_ context: ChannelHandlerContext) {
    guard state == .idle else { return }
    state = .shaking
    shake(context)
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    guard state != .ended else { return }
    let buffer = unwrapInboundIn(data)
    if received == 0, TLSHandler.isReply(buffer) {
      return fail(context, TLSFailure(kind: .plaintext, reason: "a reply came in the clear in the place of TLS"))
    }
    received += buffer.readableBytes
    guard received <= TLSHandler.maximumInput else {
      return fail(
        context, TLSFailure(kind: .violation, reason: "the server sent more than \(TLSHandler.maximumInput) octets"))
    }
    buffer.withUnsafeReadableBytes { engine.receive($0) }
    if state == .shaking { shake(context) }
    if state == .established { read(context) }
  }

  /// No record of TLS begins with a digit (RFC 8446 section 5.1, ContentType), and every reply of SMTP does.
  private static func isReply(_ buffer: ByteBuffer) -> Bool {
    guard let first = buffer.readableBytesView.first else { return false }
    return (UInt8(ascii: "2")...UInt8(ascii: "5")).contains(first)
  }

  private func shake(_ context: ChannelHandlerContext) {
    let progress = engine.handshake()
    flushOutput(context)
    switch progress {
    case .needsInput: break
    case .done:
      guard let session = engine.session else {
        return fail(context, TLSFailure(kind: .violation, reason: "the server chose an unknown version of TLS"))
      }
      state = .established
      context.fireUserInboundEventTriggered(TLSEvent.established(session))
    case .closed:
      fail(context, TLSFailure(kind: .temporary, reason: "the server ended TLS during the handshake"))
    case .failed(let failure): fail(context, failure)
    }
  }

  private func read(_ context: ChannelHandlerContext) {
    while state == .established {
      let (octets, progress) = engine.read()
      flushOutput(context)
      if !octets.isEmpty { context.fireChannelRead(wrapInboundOut(ByteBuffer(bytes: octets))) }
      switch progress {
      case .done: continue
      case .needsInput: return
      case .closed:
        state = .ended
        context.fireUserInboundEventTriggered(TLSEvent.closed)
      case .failed(let failure): fail(context, failure)
      }
    }
  }

  func channelInactive(context: ChannelHandlerContext) {
    if state == .established { context.fireUserInboundEventTriggered(TLSEvent.cut) }
    state = .ended
    context.fireChannelInactive()
  }

  private func fail(_ context: ChannelHandlerContext, _ failure: TLSFailure) {
    guard state != .ended else { return }
    state = .ended
    context.fireUserInboundEventTriggered(TLSEvent.failed(failure))
  }

  func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
    guard state == .established, case .done = engine.write(Array(unwrapOutboundIn(data).readableBytesView)) else {
      promise?.fail(ChannelError.ioOnClosedChannel)
      return
    }
    let output = engine.takeOutput()
    context.write(wrapOutboundOut(ByteBuffer(bytes: output)), promise: promise)
  }

  func close(context: ChannelHandlerContext, mode: CloseMode, promise: EventLoopPromise<Void>?) {
    if state == .established {
      engine.close()
      flushOutput(context)
    }
    state = .ended
    context.close(mode: mode, promise: promise)
  }

  private func flushOutput(_ context: ChannelHandlerContext) {
    let output = engine.takeOutput()
    if !output.isEmpty { context.writeAndFlush(wrapOutboundOut(ByteBuffer(bytes: output)), promise: nil) }
  }
}
