import DNS
import NIOCore
import Posture

/// What a dialogue came to, and the session that it led to.
struct DialogueOutcome: Sendable {
  let dialogue: SMTPDialogue
  let peer: PeerSession?
}

/// Drives a dialogue on a channel: carries octets to it, does what it says, keeps the time.
final class DialogueHandler: ChannelInboundHandler {
  typealias InboundIn = ByteBuffer
  typealias OutboundOut = ByteBuffer

  /// How long an answer to QUIT is waited for: the outcome is known, and a server that forgets to answer is not worth
  /// more.
  static let farewellTime = TimeAmount.seconds(2)

  private var dialogue: SMTPDialogue
  private var peer: PeerSession?
  private let context: TLSContext
  private let serverName: DomainName
  private let deadline: NIODeadline
  private let outcome: EventLoopPromise<DialogueOutcome>
  private let tracer: Tracer
  private var timers: [Scheduled<Void>] = []

  init(
    _ dialogue: SMTPDialogue, context: TLSContext, serverName: DomainName, until deadline: NIODeadline, tracer: Tracer,
    outcome: EventLoopPromise<DialogueOutcome>
  ) {
    self.dialogue = dialogue
    self.context = context
    self.serverName = serverName
    self.deadline = deadline
    self.tracer = tracer
    self.outcome = outcome
  }

  func channelActive(context: ChannelHandlerContext) {
    tracer.noted("connected")
    let loop = context.eventLoop.assumeIsolated()
    timers.append(
      loop.scheduleTask(deadline: deadline) { [self] in perform(dialogue.interrupted("the time ran out"), context) })
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    let octets = Array(unwrapInboundIn(data).readableBytesView)
    guard dialogue.stage != .over else { return }
    tracer.received(octets)
    perform(dialogue.receive(octets), context)
  }

  func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
    switch event as? TLSEvent {
    case .established(let session):
      peer = session
      tracer.noted("\(session.version.rawValue) with \(session.cipher)")
      perform(dialogue.handshakeCompleted(), context)
    case .failed(let failure):
      tracer.noted(failure.reason)
      perform(dialogue.handshakeFailed(failure), context)
    case .closed: perform(dialogue.interrupted("the server ended TLS"), context)
    case .cut: break
    case nil: context.fireUserInboundEventTriggered(event)
    }
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    perform(dialogue.interrupted(interruption(error)), context)
  }

  func channelInactive(context: ChannelHandlerContext) {
    _ = dialogue.interrupted("the server closed the connection")
    for timer in timers { timer.cancel() }
    tracer.noted("closed")
    outcome.succeed(DialogueOutcome(dialogue: dialogue, peer: peer))
    context.fireChannelInactive()
  }

  private func perform(_ actions: [SMTPDialogue.Action], _ context: ChannelHandlerContext) {
    for action in actions {
      switch action {
      case .send(let octets):
        tracer.sent(octets)
        context.writeAndFlush(wrapOutboundOut(ByteBuffer(bytes: octets)), promise: nil)
      case .startTLS: startTLS(context)
      case .close: context.close(promise: nil)
      }
    }
    if dialogue.stage == .farewell || dialogue.stage == .quit, timers.count < 2 {
      let loop = context.eventLoop.assumeIsolated()
      timers.append(
        loop.scheduleTask(in: DialogueHandler.farewellTime) { [self] in
          perform(dialogue.interrupted("QUIT was not answered"), context)
        })
    }
  }

  private func startTLS(_ context: ChannelHandlerContext) {
    do {
      let engine = try TLSEngine(self.context, serverName: serverName)
      try context.pipeline.syncOperations.addHandler(TLSHandler(engine), position: .first)
    } catch {
      let failure = TLSFailure(kind: .temporary, reason: "TLS could not be begun: \(error)")
      perform(dialogue.handshakeFailed(failure), context)
    }
  }
}
