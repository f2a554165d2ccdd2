import JSONRPC
import NIOCore
import NIOHTTP1

extension HTTPConnection {
  func take(_ part: HTTPServerRequestPart) {
    switch (part, phase) {
    case (.head(let head), .idle): takeHead(head)
    case (.body(let bytes), .body(let pending)): takeBody(bytes, pending)
    case (.end, .body(let pending)): dispatch(pending)
    // What follows a refusal on a connection that stays open is the end of the refused request alone.
    default: break
    }
  }

  private func takeHead(_ head: HTTPRequestHead) {
    let started = NIODeadline.now()
    do {
      let pending = try accept(head, started)
      accepted = pending.accepted
      phase = .body(pending)
      if pending.fields.hasBody {
        timeLimit = started + service.limits.bodyArrival
        // RFC 9110 section 10.1.1: from HTTP/1.0 it is ignored.
        if pending.fields.expect != nil, head.version.minor > 0 { writeContinue() }
      }
    } catch {
      refuse(error, head: head)
    }
  }

  /// A call whose head was accepted before; what hangs on the moment is looked at again.
  func takeAgain(_ accepted: AcceptedHead, _ body: ByteBuffer) {
    let started = NIODeadline.now()
    do {
      let (role, name) = try loop.caller(accepted.fields.authorization)
      let caller = CallerContext(
        role: role, name: name, address: remoteAddress, deadline: try deadline(accepted.fields.timeout),
        requestID: loop.nextRequestID())
      let pending = Pending(accepted, caller: caller, session: nil, started: started)
      pending.body = body
      dispatch(pending)
    } catch {
      refuse(error, head: accepted.head)
    }
  }

  /// All that can be said from the head alone, before any of the body is read.
  private func accept(_ head: HTTPRequestHead, _ started: NIODeadline) throws(HTTPFailure) -> Pending {
    let fields = try RequestFields(head)
    guard let target = RequestTarget(head.uri) else {
      throw HTTPFailure(.badRequest, "Ask for a path, such as /rpc.", closes: true)
    }
    // RFC 9112 section 3.2: exactly one Host; RequestFields has refused a second.
    guard let host = target.authority ?? fields.host ?? (head.version.minor == 0 ? "localhost" : nil) else {
      throw HTTPFailure(.badRequest, "Send host.", closes: true)
    }
    if fields.origin != nil || fields.fetchSite != nil || target.authority != nil || host != acceptedHost {
      guard RequestTarget.isAuthority(host), fields.host.map(RequestTarget.isAuthority) ?? true else {
        // RFC 9112 section 3.2.
        throw HTTPFailure(.badRequest, "Send host as a name or address, and a port at most.", closes: true)
      }
      let isSafe = head.method == .GET || head.method == .HEAD
      try service.browserGuard?.check(host: host, origin: fields.origin, fetchSite: fields.fetchSite, isSafe: isSafe)
      acceptedHost = host
    }
    let destination = try service.router.destination(head.method, target)
    // A cookie is for pages alone: whatever sends calls has the token itself.
    let session = destination.isRPC || fields.authorization != nil ? nil : service.session(fields.cookie)
    let (role, name) = try identity(session, fields)
    try check(destination, role, fields, head)
    let caller = CallerContext(
      role: role, name: name, address: remoteAddress, deadline: try deadline(fields.timeout),
      requestID: loop.nextRequestID())
    let accepted = AcceptedHead(head, fields: fields, target: target, destination: destination)
    return Pending(accepted, caller: caller, session: session, started: started)
  }

  private func identity(
    _ session: PageSession?, _ fields: RequestFields
  ) throws(HTTPFailure) -> (role: Role?, name: String) {
    if let session { return (session.role, session.name) }
    return try loop.caller(fields.authorization)
  }

  private func check(
    _ destination: Router.Destination, _ role: Role?, _ fields: RequestFields, _ head: HTTPRequestHead
  ) throws(HTTPFailure) {
    switch destination {
    case .rpc:
      guard fields.contentType.map(HTTPConnection.isJSON) == true else {
        let accepts = [(name: "Accept", value: "application/json")]
        throw HTTPFailure(.unsupportedMediaType, "Send content-type: application/json.", headers: accepts)
      }
      guard fields.contentEncoding.map({ $0.isEqualIgnoringCase("identity") }) ?? true else {
        // RFC 9110 section 15.5.16.
        let accepts = [(name: "Accept-Encoding", value: "identity")]
        throw HTTPFailure(.unsupportedMediaType, "Send the body without a content coding.", headers: accepts)
      }
    case .route(let route, _):
      if route.isForm { try checkForm(fields) }
      if let needed = route.role {
        if role == nil, service.sessions != nil, let failure = Pages.signInFirst(head) { throw failure }
        guard let role else { throw TokenTable.refusal("Send an access token as Authorization: Bearer TOKEN.") }
        guard role >= needed else {
          throw HTTPFailure(.forbidden, "Use a token of the role \(needed.rawValue).")
        }
      }
    }
    if let length = fields.contentLength, length > service.limits.body { throw tooLarge() }
    if let expect = fields.expect, !expect.isEqualIgnoringCase("100-continue") {
      // RFC 9110 section 10.1.1.
      throw HTTPFailure(.expectationFailed, "Expect nothing but 100-continue.")
    }
  }

  private static func isJSON(_ contentType: String) -> Bool {
    // As nearly everybody writes it, told without taking it apart.
    contentType.isEqualIgnoringCase("application/json")
      || contentType.prefix { $0 != ";" }.trimmed.isEqualIgnoringCase("application/json")
  }

  /// A form comes from a page of ours (RFC 6454 section 7.3): the browser says so itself.
  private func checkForm(_ fields: RequestFields) throws(HTTPFailure) {
    let mediaType = fields.contentType.map { $0.prefix { $0 != ";" }.trimmed }
    guard mediaType?.isEqualIgnoringCase("application/x-www-form-urlencoded") == true else {
      let accepts = [(name: "Accept", value: "application/x-www-form-urlencoded")]
      throw HTTPFailure(.unsupportedMediaType, "Send a form as application/x-www-form-urlencoded.", headers: accepts)
    }
    guard BrowserGuard.isOwn(host: fields.host ?? "", origin: fields.origin, fetchSite: fields.fetchSite) else {
      throw HTTPFailure(.forbidden, "Pages of other sites may not use this server.")
    }
  }

  private func tooLarge() -> HTTPFailure {
    HTTPFailure(.payloadTooLarge, "Send at most \(service.limits.body) bytes.", closes: true)
  }

  private func deadline(_ text: String?) throws(HTTPFailure) -> ContinuousClock.Instant? {
    guard let text else { return nil }
    guard let duration = GRPCTimeout.duration(text) else {
      throw HTTPFailure(.badRequest, "Send grpc-timeout as digits, at most eight, and one of H M S m u n.")
    }
    return ContinuousClock.now + min(duration, service.limits.deadline)
  }

  private func takeBody(_ bytes: ByteBuffer, _ pending: Pending) {
    let length = (pending.body?.readableBytes ?? 0) + bytes.readableBytes
    guard length <= service.limits.body else { return refuse(tooLarge(), pending) }
    if pending.body == nil { pending.body = bytes } else { pending.body?.writeImmutableBuffer(bytes) }
  }

  private func dispatch(_ pending: Pending) {
    phase = .answering(pending)
    generation &+= 1
    timeLimit = .distantFuture
    switch pending.destination {
    case .rpc: dispatchRPC(pending)
    case .route(let route, let parameters): dispatchRoute(route, parameters, pending)
    }
  }

  // MARK: Calls

  /// Bytes of a body from which on it is parsed off the event loop, where a millisecond keeps nobody waiting.
  static let largeBody = 64 << 10

  private func dispatchRPC(_ pending: Pending) {
    guard let context else { return }
    let body = pending.body ?? ByteBuffer()
    guard body.readableBytes >= HTTPConnection.largeBody else {
      var text = loop.text
      text.begin(isLarge: body.readableBytesView.first == UInt8(ascii: "["))
      let outcome = body.withUnsafeReadableBytes {
        loop.dispatcher.handle(
          $0.bindMemory(to: UInt8.self), caller: pending.caller, behind: &lastCall, into: &text)
      }
      return proceed(outcome, pending)
    }
    guard beginWaiting(pending) else { return }
    let (bound, expected) = (NIOLoopBound(self, eventLoop: context.eventLoop), generation)
    let (dispatcher, caller, eventLoop) = (loop.dispatcher, pending.caller, context.eventLoop)
    let task = Task {
      var octets: [UInt8] = []
      let outcome = dispatcher.handle(body.readableBytesView, caller: caller, into: &octets)
      eventLoop.execute { [octets] in
        guard bound.value.generation == expected, case .answering(let pending) = bound.value.phase else { return }
        bound.value.endWaiting()
        bound.value.loop.text.begin(isLarge: true)
        octets.withUnsafeBytes { bound.value.loop.text.append($0) }
        bound.value.proceed(outcome, pending)
      }
    }
    abandon = { task.cancel() }
  }

  private func proceed(_ outcome: Dispatcher.Outcome, _ pending: Pending) {
    switch outcome {
    case .reply(let isUnauthenticated): answerCalls(isUnauthenticated: isUnauthenticated, pending)
    case .silence: answer(HTTPConnection.noContent, pending)
    case .pending(let exchange): run(exchange, pending)
    }
  }

  private func run(_ exchange: Exchange, _ pending: Pending) {
    guard let context, beginWaiting(pending) else { return }
    let (bound, expected) = (NIOLoopBound(self, eventLoop: context.eventLoop), generation)
    let eventLoop = context.eventLoop
    abandon = { exchange.cancel() }
    scheduleDeadline(pending) { exchange.expire() }
    exchange.run { reply in
      eventLoop.execute {
        guard bound.value.generation == expected, case .answering(let pending) = bound.value.phase else { return }
        bound.value.answer(reply, pending)
      }
    }
    if let deadline = pending.caller.deadline, deadline <= .now { exchange.expire() }
  }

  // MARK: Routes

  private func dispatchRoute(_ route: Route, _ parameters: [String: String], _ pending: Pending) {
    guard let query = pending.target.query else {
      return answer(.failure(.badRequest, "Escape the query as RFC 3986 has it."), pending)
    }
    guard let form = route.isForm ? RequestTarget.pairs(pending.body?.readableBytesView ?? .init()) : [:] else {
      return answer(.failure(.badRequest, "Escape the form as the URL Standard has it."), pending)
    }
    let request = HTTPRequest(
      path: pending.target.path, parameters: parameters, query: query, headers: pending.head.headers,
      caller: pending.caller, remoteAddress: remoteAddress, fields: pending.fields, session: pending.session,
      tokens: service.tokens.table,
      form: form)
    if let response = route.fast?(request) { return answer(response, pending) }
    guard let slow = route.slow else { return answer(.failure(.notFound, "There is nothing here."), pending) }
    guard let context, beginWaiting(pending) else { return }
    let (bound, expected) = (NIOLoopBound(self, eventLoop: context.eventLoop), generation)
    let eventLoop = context.eventLoop
    let task = Task {
      let response = await slow(request)
      eventLoop.execute { bound.value.deliver(response, expected) }
    }
    abandon = { task.cancel() }
    scheduleDeadline(pending) {
      eventLoop.execute {
        let message = "The deadline passed: ask again, the work goes on."
        bound.value.deliver(.failure(.gatewayTimeout, message), expected)
      }
    }
  }

  private func deliver(_ response: HTTPResponse, _ expected: UInt64) {
    guard generation == expected, case .answering(let pending) = phase else { return }
    abandon?()
    answer(response, pending)
  }

  // MARK: Waiting

  /// False where the request was refused because too many wait.
  private func beginWaiting(_ pending: Pending) -> Bool {
    let caller = pending.caller.name.isEmpty ? remoteAddress : pending.caller.name
    let retry = [(name: "Retry-After", value: "1")]
    switch service.ledger.beginWaiting(caller) {
    case .admitted:
      waitingCaller = caller
      return true
    case .tooManyOfOne:
      answer(.failure(.tooManyRequests, "Wait for some of your answers first.", headers: retry), pending)
    case .tooMany:
      answer(.failure(.serviceUnavailable, "Too many requests wait: try again.", headers: retry), pending)
    }
    return false
  }

  func endWaiting() {
    deadlineTask?.cancel()
    deadlineTask = nil
    if let waitingCaller { service.ledger.endWaiting(waitingCaller) }
    waitingCaller = nil
  }

  private func scheduleDeadline(_ pending: Pending, _ expire: @escaping @Sendable () -> Void) {
    guard let context, let deadline = pending.caller.deadline else { return }
    let (seconds, attoseconds) = (deadline - .now).components
    // The limit on deadlines keeps this far from overflow.
    let left = TimeAmount.nanoseconds(max(0, seconds * 1_000_000_000 + attoseconds / 1_000_000_000))
    deadlineTask = context.eventLoop.scheduleTask(in: left, expire)
  }
}
