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

  private var dialogue: SMTPDialogue
  private var peer: PeerSession?
  private let context: TLSContext
  private let serverName: DomainName
  private let limits: StageLimits
  private let deadline: NIODeadline
  private let outcome: EventLoopPromise<DialogueOutcome>
  private var tracer: Tracer
  private var deadlineTimer: Scheduled<Void>?
  private var stageTimer: Scheduled<Void>?
  /// The stage that the timer of stages runs for.
  private var timedStage: SMTPDialogue.Stage?

  init(
    _ dialogue: SMTPDialogue, context: TLSContext, serverName: DomainName, limits: StageLimits,
    until deadline: NIODeadline, tracer: Tracer, outcome: EventLoopPromise<DialogueOutcome>
  ) {
    self.dialogue = dialogue
    self.context = context
    self.serverName = serverName
    self.limits = limits
    self.deadline = deadline
    self.tracer = tracer
    self.outcome = outcome
  }

  func channelActive(context: ChannelHandlerContext) {
    tracer.noted("connected")
    deadlineTimer = context.eventLoop.assumeIsolated().scheduleTask(deadline: deadline) { [self] in
      perform(dialogue.interrupted("the time for the endpoint ran out"), context)
    }
    timeStage(context)
  }

  /// Begins the time of the stage, where the dialogue has come to another.
  private func timeStage(_ context: ChannelHandlerContext) {
    guard timedStage != dialogue.stage else { return }
    timedStage = dialogue.stage
    stageTimer?.cancel()
    guard let limit = limits.limit(of: dialogue.stage) else { return }
    stageTimer = context.eventLoop.assumeIsolated().scheduleTask(in: TimeAmount(limit)) { [self] in
      perform(dialogue.interrupted("no whole answer came within \(StageLimits.text(limit))"), context)
    }
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
      tracer.noted("handshake done: \(session.summary)")
      perform(dialogue.handshakeCompleted(), context)
    case .failed(let failure):
      tracer.noted(failure.reason)
      // Up to TLS 1.2 both sides are done when we are (RFC 5246 section 7.3): what comes then, as the anger of a server
      // that wanted to renegotiate, takes nothing back.
      let isFinal = peer.map { $0.version < .tls13 } ?? false
      perform(isFinal ? dialogue.interrupted(failure.reason) : dialogue.handshakeFailed(failure), context)
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
    deadlineTimer?.cancel()
    stageTimer?.cancel()
    tracer.finish()
    if let failure = dialogue.failure { tracer.noted("ended at \(failure.stage.rawValue): \(failure.reason)") }
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
    timeStage(context)
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
