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
  let isSecure: Bool
  let browserGuard: BrowserGuard?
  let observer: (@Sendable (AccessRecord) -> Void)?
  let metrics: Metrics?
  let sessions: Sessions?
  /// Before the number of a request; six octets at the most.
  let identifierPrefix: String
  private let currentTokens: Mutex<Tokens>
  private let currentVersion = Atomic<UInt64>(0)
  private let identifiers = Atomic<UInt64>(0)

  /// Numbers of requests that an event loop takes at once.
  private static let identifiersAtOnce: UInt64 = 1024

  /// Tokens, and how often they were replaced before.
  struct Tokens {
    var version: UInt64
    /// nil: nobody is asked for one.
    var table: TokenTable?
  }

  init(_ configuration: HTTPServerConfiguration, router: Router) {
    self.router = router
    limits = configuration.limits
    ledger = ConnectionLedger(limits: configuration.limits)
    isSecure = configuration.tls != nil
    // With tokens a page of another site has nothing to send: browsers do not know them, and forms carry a secret of their own.
    browserGuard = configuration.tokens == nil ? BrowserGuard(hosts: configuration.hosts) : nil
    observer = configuration.observer
    metrics = configuration.metrics
    sessions = configuration.sessions
    currentTokens = Mutex(Tokens(version: 0, table: configuration.tokens))
    identifierPrefix = String(UInt32.random(in: .min ... .max) & 0xff_ffff, radix: 36) + "-"
  }

  /// Numbers that no other request has.
  func takeIdentifiers() -> Range<UInt64> {
    let end = identifiers.wrappingAdd(HTTPService.identifiersAtOnce, ordering: .relaxed).newValue
    return (end - HTTPService.identifiersAtOnce)..<end
  }

  var tokens: Tokens { currentTokens.withLock { $0 } }
  /// Of the tokens, for who has some already: to look at it takes no lock.
  var tokensVersion: UInt64 { currentVersion.load(ordering: .acquiring) }

  /// Who signed in at the pages, by the request's cookie.
  func session(_ cookies: String?) -> PageSession? {
    guard let cookies, let sessions, let table = tokens.table else { return nil }
    return sessions.session(cookies: cookies, table)
  }

  /// Takes the tokens of a file that was read again. A server that began without keeps asking for none, and the other
  /// way round: a file that is gone must not open the door.
  func replaceTokens(_ table: TokenTable) {
    currentTokens.withLock { tokens in
      guard tokens.table != nil else { return }
      tokens = Tokens(version: tokens.version + 1, table: table)
      currentVersion.store(tokens.version, ordering: .releasing)
    }
  }
}
