import DNS
import NIOCore
import NIOHTTP1
import Posture

/// One GET of a policy on a channel: waits for TLS, verifies the certificate, asks, and collects the answer within
/// bounds.
final class PolicyExchange: ChannelInboundHandler {
  typealias InboundIn = HTTPClientResponsePart
  typealias OutboundOut = HTTPClientRequestPart

  /// RFC 8461 section 3.2 has the path.
  static let path = "/.well-known/mta-sts.txt"
  /// The most octets of a policy: RFC 8461 section 3.3 suggests 64 kilobytes.
  static let maximumBody = 65_536
  /// The most octets of a Content-Type that are kept.
  static let maximumContentType = 256

  private let host: DomainName
  private let port: UInt16
  private let inspector: CertificateInspector
  private let now: Timestamp
  private let deadline: NIODeadline
  private var tracer: Tracer
  private let outcome: EventLoopPromise<PolicyFetch>
  private var timer: Scheduled<Void>?
  private var head: HTTPResponseHead?
  private var body: [UInt8] = []
  private var result: PolicyFetch.Outcome?
  /// Of a certificate that stands.
  private var certificateEnd: Timestamp?

  init(
    host: DomainName, port: UInt16, inspector: CertificateInspector, now: Timestamp, until deadline: NIODeadline,
    tracer: Tracer, outcome: EventLoopPromise<PolicyFetch>
  ) {
    self.host = host
    self.port = port
    self.inspector = inspector
    self.now = now
    self.deadline = deadline
    self.tracer = tracer
    self.outcome = outcome
  }

  func channelActive(context: ChannelHandlerContext) {
    tracer.noted("connected")
    timer = context.eventLoop.assumeIsolated().scheduleTask(deadline: deadline) { [self] in
      fail(.temporary, "the time ran out", context)
    }
  }

  func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
    switch event as? TLSEvent {
    case .established(let session):
      tracer.noted("handshake done: \(session.summary)")
      if let problem = problem(of: session) { fail(.invalid, problem, context) } else { ask(context) }
    case .failed(let failure): fail(failure.kind == .temporary ? .temporary : .invalid, failure.reason, context)
    // An answer without a length ends here; closing has the decoder say so.
    case .closed: context.close(promise: nil)
    // RFC 9112 section 9.8: without close_notify such an answer is not known to be whole.
    case .cut: note(.temporary, "the connection was cut before the answer was whole")
    case nil: context.fireUserInboundEventTriggered(event)
    }
  }

  /// RFC 8461 section 3.3: a trusted chain, in date, and a subjectAltName for the policy host (RFC 9525).
  private func problem(of session: PeerSession) -> String? {
    let facts = inspector.facts(of: session.chain, for: host, at: now)
    tracer.noted(session.chain, facts, at: now)
    guard let facts else { return "the host shows no certificate" }
    if now < facts.notBefore { return "the host's certificate is not valid before \(facts.notBefore)" }
    if now > facts.notAfter { return "the host's certificate expired at \(facts.notAfter)" }
    if !facts.chainTrusted {
      return "the host's certificate is not trusted: \(facts.chainError ?? "no reason is known")"
    }
    if now > facts.chainNotAfter { return "a certificate above the host's expired at \(facts.chainNotAfter)" }
    guard facts.matchesName else { return "the host's certificate does not name \(host)" }
    certificateEnd = facts.end
    return nil
  }

  private func ask(_ context: ChannelHandlerContext) {
    let headers: HTTPHeaders = [
      "Host": port == 443 ? host.description : "\(host):\(port)", "User-Agent": "Hallmark", "Accept": "text/plain",
      "Connection": "close",
    ]
    let head = HTTPRequestHead(version: .http1_1, method: .GET, uri: PolicyExchange.path, headers: headers)
    tracer.sent(Array("GET \(PolicyExchange.path) HTTP/1.1".utf8))
    for header in headers { tracer.sent(Array("\(header.name): \(header.value)".utf8)) }
    context.write(wrapOutboundOut(.head(head)), promise: nil)
    context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    guard result == nil else { return }
    switch unwrapInboundIn(data) {
    case .head(let head):
      tracer.received(Array("HTTP/\(head.version.major).\(head.version.minor) \(head.status.code)\n".utf8))
      for header in head.headers { tracer.received(Array("\(header.name): \(header.value)\n".utf8)) }
      self.head = head
    case .body(let buffer):
      // RFC 8461 section 3.3: a bound on the size, so that no host can fill the memory.
      guard body.count + buffer.readableBytes <= PolicyExchange.maximumBody else {
        return fail(.invalid, "the answer is longer than \(PolicyExchange.maximumBody) octets", context)
      }
      body += buffer.readableBytesView
    case .end:
      guard let head else { return }
      let type = head.headers.first(name: "Content-Type").map {
        RemoteText.escaped($0, limit: PolicyExchange.maximumContentType)
      }
      result = .response(status: Int(head.status.code), contentType: type, body: body)
      tracer.received(body)
      tracer.finish()
      context.close(promise: nil)
    }
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    if error is HTTPParserError {
      fail(.invalid, "the answer is not HTTP", context)
    } else {
      fail(.temporary, interruption(error), context)
    }
  }

  func channelInactive(context: ChannelHandlerContext) {
    timer?.cancel()
    note(.temporary, "the server closed the connection before it had answered")
    tracer.noted("closed")
    if let result { outcome.succeed(PolicyFetch(outcome: result, certificateEnd: certificateEnd)) }
    context.fireChannelInactive()
  }

  private func fail(_ kind: PolicyFetch.Failure.Kind, _ reason: String, _ context: ChannelHandlerContext) {
    note(kind, reason)
    context.close(promise: nil)
  }

  /// What was found out first stands.
  private func note(_ kind: PolicyFetch.Failure.Kind, _ reason: String) {
    guard result == nil else { return }
    tracer.noted(reason)
    result = .failure(PolicyFetch.Failure(kind: kind, reason: reason))
  }
}
