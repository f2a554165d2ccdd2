import JSONRPC
import NIOHTTP1
import Synchronization

/// What one answered request was, for the access log and the counters.
public struct AccessRecord: Sendable {
  public let method: String
  /// As it came, without the query; remote text.
  public let path: String
  public let status: Int
  /// Of the body.
  public let bytes: Int
  public let nanoseconds: Int64
  public let requestID: String
  /// The name beside the token; empty where there is none.
  public let caller: String
  public let remoteAddress: String
}

/// What all connections of a server share.
final class HTTPService: Sendable {
  let router: Router
  let limits: HTTPLimits
  let ledger: ConnectionLedger
  let date = DateField()
  let heads: ResponseHeads
  let browserGuard: BrowserGuard?
  let observer: (@Sendable (AccessRecord) -> Void)?
  let meter: HTTPMeter?
  let batches = LoopLocal { FlushBatch($0) }
  let texts = LoopLocal { _ in AnswerText() }
  let sessions: Sessions?
  private let tokens: Mutex<TokenTable?>
  private let requests = Atomic<UInt64>(0)
  private let idPrefix: String

  init(_ configuration: HTTPServerConfiguration, router: Router) {
    self.router = router
    limits = configuration.limits
    ledger = ConnectionLedger(limits: configuration.limits)
    heads = ResponseHeads(isSecure: configuration.tls != nil)
    // With tokens a page of another site has nothing to send: browsers do not know them, and forms carry a secret of their own.
    browserGuard = configuration.tokens == nil ? BrowserGuard(hosts: configuration.hosts) : nil
    observer = configuration.observer
    meter = configuration.metrics.map(HTTPMeter.init)
    sessions = configuration.sessions
    tokens = Mutex(configuration.tokens)
    idPrefix = String(UInt32.random(in: .min ... .max) & 0xff_ffff, radix: 36) + "-"
  }

  /// Unique in this process, and hardly the same in the next one; short enough to need no memory of its own.
  func nextRequestID() -> String {
    idPrefix + String(requests.wrappingAdd(1, ordering: .relaxed).newValue % 2_821_109_907_456, radix: 36)
  }

  /// Who asks. Without a token table every caller may do all.
  func caller(_ authorization: String?) throws(HTTPFailure) -> (role: Role?, name: String) {
    guard let table = tokens.withLock({ $0 }) else { return (.admin, "") }
    return try table.caller(authorization)
  }

  var table: TokenTable? { tokens.withLock { $0 } }

  /// Who signed in at the pages, by the request's cookie.
  func session(_ cookies: String?) -> PageSession? {
    guard let cookies, let sessions, let table = tokens.withLock({ $0 }) else { return nil }
    return sessions.session(cookies: cookies, table)
  }

  /// Takes the tokens of a file that was read again. A server that began without keeps asking for none, and the other
  /// way round: a file that is gone must not open the door.
  func replaceTokens(_ table: TokenTable) {
    tokens.withLock { tokens in
      if tokens != nil { tokens = table }
    }
  }
}
