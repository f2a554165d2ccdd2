import JSONRPC
import NIOCore
import NIOHTTP1

extension HTTPConnection {
  // MARK: Answers

  /// The answer to calls, of which the text was written.
  func answerCalls(isUnauthenticated: Bool, _ pending: Pending) {
    let text = loop.text
    if isUnauthenticated && pending.caller.role == nil {
      // The caller brought no token and asked for nothing that is open to all.
      var response = TokenTable.refusal("").response
      response.headers[0].value = "application/json"
      response.body = .bytes(text.octets(0..<text.count))
      return answer(response, pending)
    }
    let facts = facts(pending)
    let length = text.count
    let message = text.end { loop.heads.writeRPC(length: length, facts: facts, into: &$0) }
    finish(message, status: 200, bytes: length, pending, keepsAlive: facts.keepsAlive)
  }

  /// The answer to calls that are over; nil where all were notifications.
  func answer(_ reply: RPCReply?, _ pending: Pending) {
    guard let reply else { return answer(HTTPConnection.noContent, pending) }
    loop.text.begin(isLarge: reply.bytes.count > HTTPConnection.largeBody)
    reply.bytes.withUnsafeBytes { loop.text.append($0) }
    answerCalls(isUnauthenticated: reply.isUnauthenticated, pending)
  }

  func answer(_ response: HTTPResponse, _ pending: Pending) {
    guard let context else { return }
    let response = response.coded(for: pending.fields).revalidated(by: pending.fields)
    let isHead = pending.head.method == .HEAD
    switch response.body {
    case .bytes(let bytes):
      let facts = facts(pending)
      let framing: ResponseHeads.Framing = HTTPConnection.hasNoBody(response.status) ? .none : .length(bytes.count)
      let head = loop.heads.head(response.status, response.headers, framing: framing, facts: facts)
      // RFC 9110 section 9.3.2: as for GET, but for the body.
      let body = isHead || HTTPConnection.hasNoBody(response.status) ? [] : bytes
      var buffer = context.channel.allocator.buffer(capacity: head.count + body.count)
      buffer.writeBytes(head)
      buffer.writeBytes(body)
      finish(
        buffer, status: Int(response.status.code), bytes: isHead ? 0 : bytes.count, pending,
        keepsAlive: facts.keepsAlive)
    case .stream(let produce): stream(response, isHead ? nil : produce, pending)
    }
  }

  /// A refusal of what is no request, or of one whose head was not accepted.
  func refuse(_ failure: HTTPFailure, head: HTTPRequestHead? = nil) {
    guard let context else { return }
    // Where a body follows it is not read, so that the connection has to end.
    let hasBody = ["transfer-encoding", "content-length"].contains { head?.headers.contains(name: $0) == true }
    let keepsAlive = !failure.closes && head?.isKeepAlive == true && !hasBody && !isLast
    let facts = ResponseHeads.Facts(
      date: loop.dateField(), requestID: loop.nextRequestID(), version: head?.version ?? .http1_1,
      keepsAlive: keepsAlive)
    guard case .bytes(let bytes) = failure.response.body else { return }
    var buffer = ByteBuffer(
      bytes: loop.heads.head(
        failure.response.status, failure.response.headers, framing: .length(bytes.count), facts: facts))
    if head?.method != .HEAD { buffer.writeBytes(bytes) }
    let route = if case .body(let pending) = phase { pending.destination.pattern } else { HTTPMeter.nowhere }
    observe(head, route, Int(failure.response.status.code), bytes.count, facts.requestID, "", .zero)
    needsFlush = true
    if keepsAlive {
      context.write(wrapOutboundOut(buffer), promise: nil)
      phase = .idle
      timeLimit = .now() + service.limits.idle
    } else {
      lingeringClose(context, buffer)
    }
  }

  func refuse(_ failure: HTTPFailure, _ pending: Pending) { refuse(failure, head: pending.head) }

  func writeContinue() {
    guard let context else { return }
    context.writeAndFlush(wrapOutboundOut(ByteBuffer(string: "HTTP/1.1 100 Continue\r\n\r\n")), promise: nil)
  }

  // MARK: Parts

  static let noContent: HTTPResponse = {
    var response = HTTPResponse(.noContent, contentType: "", body: .bytes([]))
    response.headers = []
    return response
  }()

  private static func hasNoBody(_ status: HTTPResponseStatus) -> Bool { status == .noContent || status == .notModified }

  private var isLast: Bool { isDraining || generation >= UInt64(service.limits.requestsOfConnection) }

  private func facts(_ pending: Pending) -> ResponseHeads.Facts {
    ResponseHeads.Facts(
      date: loop.dateField(), requestID: pending.caller.requestID, version: pending.head.version,
      keepsAlive: pending.keepsAlive && !isLast)
  }

  /// Sends the whole answer and goes on to the next request.
  private func finish(_ buffer: ByteBuffer, status: Int, bytes: Int, _ pending: Pending, keepsAlive: Bool) {
    guard let context else { return }
    endWaiting()
    abandon = nil
    let now = NIODeadline.now()
    observe(
      pending.head, pending.destination.pattern, status, bytes, pending.caller.requestID, pending.caller.name,
      now - pending.started)
    needsFlush = true
    unsent = .max
    // A drain that began meanwhile found no idle connection here.
    if keepsAlive && !isDraining {
      context.write(wrapOutboundOut(buffer), promise: nil)
      phase = .idle
      timeLimit = now + (isWritable ? service.limits.idle : service.limits.stalledWrite)
    } else {
      lingeringClose(context, buffer)
    }
    resume()
  }

  /// RFC 9112 section 9.6: to close at once might take the answer away from a peer that is still sending.
  private func lingeringClose(_ context: ChannelHandlerContext, _ buffer: ByteBuffer) {
    phase = .discarding
    timeLimit = .now() + service.limits.stalledWrite
    let bound = NIOLoopBound(self, eventLoop: context.eventLoop)
    let promise = context.eventLoop.makePromise(of: Void.self)
    promise.futureResult.whenComplete { _ in bound.value.closeOutput() }
    context.write(wrapOutboundOut(buffer), promise: promise)
    needsFlush = true
  }

  private func closeOutput() {
    guard let context, case .discarding = phase else { return }
    timeLimit = .now() + service.limits.linger
    let bound = NIOLoopBound(self, eventLoop: context.eventLoop)
    context.close(mode: .output).whenFailure { _ in bound.value.context?.close(promise: nil) }
    resume()
  }

  private func observe(
    _ head: HTTPRequestHead?, _ route: String, _ status: Int, _ bytes: Int, _ requestID: String, _ caller: String,
    _ time: TimeAmount
  ) {
    let nanoseconds = time.nanoseconds
    loop.meter?.note(
      route: route, method: head?.method.rawValue ?? "", status: status, nanoseconds: nanoseconds)
    guard let observer = service.observer else { return }
    // By octets: also a target that was refused is logged, and may hold anything.
    let path = head.map { String(Substring($0.uri.utf8.prefix { $0 != UInt8(ascii: "?") })) } ?? ""
    observer(
      AccessRecord(
        method: head?.method.rawValue ?? "", path: path, status: status, bytes: bytes,
        nanoseconds: nanoseconds, requestID: requestID, caller: caller,
        remoteAddress: remoteAddress))
  }

  // MARK: Streams

  private func stream(
    _ response: HTTPResponse, _ produce: (@Sendable (HTTPBodyWriter) async throws -> Void)?, _ pending: Pending
  ) {
    guard let context else { return }
    let facts = facts(pending)
    // RFC 9112 section 6.1: HTTP/1.0 knows no chunks.
    let isChunked = pending.head.version.minor > 0
    let keepsAlive = facts.keepsAlive && (isChunked || produce == nil)
    let head = loop.heads.head(
      response.status, response.headers, framing: isChunked ? .chunked : .close,
      facts: ResponseHeads.Facts(
        date: facts.date, requestID: facts.requestID, version: facts.version, keepsAlive: keepsAlive))
    let status = Int(response.status.code)
    guard let produce else {
      return finish(ByteBuffer(bytes: head), status: status, bytes: 0, pending, keepsAlive: keepsAlive)
    }
    context.writeAndFlush(wrapOutboundOut(ByteBuffer(bytes: head)), promise: nil)
    // The deadline was for the answer to begin; the writer has its own limit for each piece.
    deadlineTask?.cancel()
    let bound = NIOLoopBound(self, eventLoop: context.eventLoop)
    let eventLoop = context.eventLoop
    let writer = HTTPBodyWriter(channel: context.channel, isChunked: isChunked) { isStalling in
      eventLoop.execute { bound.value.watchWrite(isStalling) }
    }
    let task = Task {
      let outcome: Bool
      do {
        try await produce(writer)
        outcome = true
      } catch {
        outcome = false
      }
      eventLoop.execute { bound.value.endStream(outcome, isChunked, status, writer.written, keepsAlive) }
    }
    abandon = { task.cancel() }
  }

  private func watchWrite(_ isPending: Bool) {
    guard case .answering = phase else { return }
    timeLimit = isPending ? .now() + service.limits.stalledWrite : .distantFuture
  }

  private func endStream(_ isWhole: Bool, _ isChunked: Bool, _ status: Int, _ bytes: Int, _ keepsAlive: Bool) {
    guard let context, case .answering(let pending) = phase else { return }
    guard isWhole else {
      // No last chunk: the peer sees that something is missing (RFC 9112 section 8).
      context.close(promise: nil)
      return
    }
    let end = ByteBuffer(string: isChunked ? "0\r\n\r\n" : "")
    finish(end, status: status, bytes: bytes, pending, keepsAlive: keepsAlive)
  }
}
