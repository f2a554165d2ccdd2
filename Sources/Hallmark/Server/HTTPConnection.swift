import JSONRPC
import NIOCore
import NIOHTTP1

/// One connection: takes its requests in order, one at a time, and answers each before it looks at the next
/// (RFC 9112 section 9.3.2). While a request waits for its answer nothing more is read, so that a peer that pipelines
/// without end holds no more than what one read brought.
///
/// It lives on its event loop; `+Requests` takes requests apart, `+Responses` writes answers.
final class HTTPConnection: ChannelDuplexHandler, Flushable {
  typealias InboundIn = HTTPServerRequestPart
  typealias OutboundIn = ByteBuffer
  typealias OutboundOut = ByteBuffer

  enum Phase {
    /// Between requests, or within a head.
    case idle
    case body(Pending)
    /// Somebody else has the request.
    case answering(Pending)
    /// Refused; the rest of what is sent is taken in and dropped.
    case discarding
    case closed
  }

  /// A request of which the head is there. A class, because it is handed on several times and is large.
  final class Pending {
    let accepted: AcceptedHead
    let caller: CallerContext
    let session: PageSession?
    let started: NIODeadline
    var body: ByteBuffer?

    init(_ accepted: AcceptedHead, caller: CallerContext, session: PageSession?, started: NIODeadline) {
      self.accepted = accepted
      self.caller = caller
      self.session = session
      self.started = started
    }

    var head: HTTPRequestHead { accepted.head }
    var fields: RequestFields { accepted.fields }
    var target: RequestTarget { accepted.target }
    var destination: Router.Destination { accepted.destination }
    var keepsAlive: Bool { accepted.keepsAlive }
  }

  let loop: HTTPLoop
  let service: HTTPService
  var phase = Phase.idle
  var context: ChannelHandlerContext?
  var remoteAddress = ""
  /// Of the request that is being answered; an answer that comes for another is dropped.
  var generation: UInt64 = 0
  /// Ends the work for the request that is being answered, because nobody waits for it any more.
  var abandon: (() -> Void)?
  var deadlineTask: Scheduled<Void>?
  /// Whom the request that waits is counted for.
  var waitingCaller: String?
  private var parts = CircularBuffer<HTTPServerRequestPart>()
  private var refusal: HTTPFailure?
  private var isReadHeld = false
  /// As the channel last said; to ask it costs more than the answer is worth.
  private(set) var isWritable = true
  private var isWorking = false
  /// The last head that was accepted, for the decoder, which forgets it.
  var accepted: AcceptedHead?
  /// The last call that was read, for the next.
  var lastCall: RepeatedCall?
  /// The Host of an earlier request that was found to be ours, and came from no page.
  var acceptedHost: String?
  var needsFlush = false
  private var isFlushDeferred = false
  /// The server drains: every answer closes the connection.
  private(set) var isDraining = false
  /// What has to happen by then, or the connection is dropped.
  var timeLimit = NIODeadline.distantFuture
  /// Bytes of the last answer that the peer had not taken when its time was over.
  var unsent = Int.max
  private var watch: Scheduled<Void>?

  init(loop: HTTPLoop) {
    self.loop = loop
    service = loop.service
  }

  // MARK: Channel events

  func handlerAdded(context: ChannelHandlerContext) {
    self.context = context
    if context.channel.isActive { opened(context) }
  }

  func handlerRemoved(context: ChannelHandlerContext) { self.context = nil }

  func channelActive(context: ChannelHandlerContext) {
    if watch == nil { opened(context) }
    context.fireChannelActive()
  }

  private func opened(_ context: ChannelHandlerContext) {
    remoteAddress = context.remoteAddress?.ipAddress ?? "local"
    timeLimit = .now() + service.limits.firstHead
    scheduleWatch(context)
    guard service.ledger.open() else {
      let failure = HTTPFailure(
        .serviceUnavailable, "Too many connections: try again.", headers: [("Retry-After", "1")], closes: true)
      refuse(failure)
      context.flush()
      return
    }
  }

  func channelInactive(context: ChannelHandlerContext) {
    if watch != nil { service.ledger.close() }
    watch?.cancel()
    watch = nil
    phase = .closed
    parts.removeAll()
    endWaiting()
    abandon?()
    abandon = nil
    context.fireChannelInactive()
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    let part = unwrapInboundIn(data)
    // As it nearly always is: nothing waits before it.
    if parts.isEmpty, !isWorking, !isBusy {
      isWorking = true
      take(part)
      isWorking = false
    } else {
      parts.append(part)
      work()
    }
  }

  func channelReadComplete(context: ChannelHandlerContext) {
    if needsFlush, !isFlushDeferred {
      isFlushDeferred = true
      loop.batch.add(self)
    }
    context.fireChannelReadComplete()
  }

  /// What was written while events were handled goes out.
  func flushDeferred() {
    isFlushDeferred = false
    if let context { flushIfNeeded(context) }
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    guard let failure = HTTPConnection.failure(of: error) else {
      // Whose stream ends within a request gets the answers to what came before it, or the refusal of its head.
      flushIfNeeded(context)
      context.close(promise: nil)
      return
    }
    refusal = failure
    work()
    flushIfNeeded(context)
  }

  func channelWritabilityChanged(context: ChannelHandlerContext) {
    isWritable = context.channel.isWritable
    if isWritable {
      if case .idle = phase { timeLimit = .now() + service.limits.idle }
      resume()
    }
    context.fireChannelWritabilityChanged()
  }

  func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
    if event is DrainEvent {
      isDraining = true
      if case .idle = phase, parts.isEmpty { context.close(promise: nil) }
    }
    if let event = event as? ChannelEvent, event == .inputClosed {
      // Who closes its side may be gone altogether: it gets what is there at once, and nothing is worked for it any more.
      flushIfNeeded(context)
      context.close(promise: nil)
    }
    context.fireUserInboundEventTriggered(event)
  }

  /// The back-pressure: no reading while a request is being answered, or while the peer does not take its answers.
  func read(context: ChannelHandlerContext) {
    if isBusy { isReadHeld = true } else { context.read() }
  }

  // MARK: One request after the other

  private var isBusy: Bool {
    switch phase {
    case .answering: true
    case .discarding, .closed: false
    case .idle, .body: !isWritable
    }
  }

  /// Whether the next request would be looked at at once.
  var isFree: Bool {
    if case .idle = phase { parts.isEmpty && !isWorking && refusal == nil && !isBusy } else { false }
  }

  /// Takes a whole request whose head was accepted before.
  func take(_ body: ByteBuffer, behind accepted: AcceptedHead) {
    isWorking = true
    takeAgain(accepted, body)
    isWorking = false
  }

  /// Takes what has come as far as can be done at once. While it runs it is not entered again: answers that are given
  /// at once, and the events of a flush, come back here.
  private func work(flushing: Bool = false) {
    guard !isWorking else { return }
    isWorking = true
    defer { isWorking = false }
    repeat {
      while !isBusy, let part = parts.popFirst() { take(part) }
      if parts.isEmpty, !isBusy { refuseLast() }
      if flushing, let context { flushIfNeeded(context) }
    } while flushing && !isBusy && !parts.isEmpty
  }

  /// What the decoder could not read comes after all that it could.
  private func refuseLast() {
    guard let refusal else { return }
    self.refusal = nil
    switch phase {
    case .idle, .body: refuse(refusal)
    case .answering, .discarding, .closed: break
    }
  }

  /// After an answer, or when the peer takes bytes again.
  func resume() {
    guard !isWorking else { return }
    work(flushing: true)
    guard let context else { return }
    if isReadHeld && !isBusy {
      isReadHeld = false
      context.read()
    }
  }

  func flushIfNeeded(_ context: ChannelHandlerContext) {
    if needsFlush {
      needsFlush = false
      context.flush()
    }
  }

  /// The answer to what the decoder refuses; nil where the peer is gone or speaks no HTTP at all.
  private static func failure(of error: any Error) -> HTTPFailure? {
    switch error as? HTTPParserError {
    case nil, .closedConnection?, .invalidEOFState?: nil
    case .headerOverflow?:
      HTTPFailure(.requestHeaderFieldsTooLarge, "Send a shorter address and fewer or shorter fields.", closes: true)
    case .invalidVersion?: HTTPFailure(.httpVersionNotSupported, "Speak HTTP/1.1.", closes: true)
    default: HTTPFailure(.badRequest, "Send a request as RFC 9112 has it.", closes: true)
    }
  }

  // MARK: Time limits

  /// One timer for the connection: requests only move the limit, which costs nothing.
  private func scheduleWatch(_ context: ChannelHandlerContext) {
    let bound = NIOLoopBound(self, eventLoop: context.eventLoop)
    let next = min(timeLimit, .now() + HTTPConnection.longestWatch)
    watch = context.eventLoop.scheduleTask(deadline: next) { bound.value.look() }
  }

  /// A limit that moves nearer is seen at the latest after this.
  static let longestWatch = TimeAmount.seconds(1)

  private func look() {
    guard let context, watch != nil else { return }
    if NIODeadline.now() >= timeLimit { outOfTime(context) }
    if context.channel.isActive { scheduleWatch(context) }
  }

  private func outOfTime(_ context: ChannelHandlerContext) {
    let left = (try? context.channel.syncOptions?.getOption(.bufferedWritableBytes)) ?? 0
    if left > 0, left < unsent {
      // Slow, but not stalled.
      unsent = left
      timeLimit = .now() + service.limits.stalledWrite
    } else if case .body = phase {
      // RFC 9110 section 15.5.9.
      refuse(HTTPFailure(.requestTimeout, "Send the body faster.", closes: true))
      context.flush()
    } else {
      context.close(promise: nil)
    }
  }
}

/// What a request's head says, once it is found to be in order: nothing of it hangs on when it came, or on who sent it.
final class AcceptedHead {
  let head: HTTPRequestHead
  let fields: RequestFields
  let target: RequestTarget
  let destination: Router.Destination
  let keepsAlive: Bool

  init(_ head: HTTPRequestHead, fields: RequestFields, target: RequestTarget, destination: Router.Destination) {
    self.head = head
    self.fields = fields
    self.target = target
    self.destination = destination
    // The decoder stops where another protocol was asked for, whether it is spoken or not.
    keepsAlive = head.isKeepAlive && !fields.isUpgrade
  }
}

/// Sent through every pipeline when the server drains: idle connections close, and the others with their next answer.
struct DrainEvent: Sendable {}
