import Crypto
import JSONRPC
import Synchronization

/// Who signed in at a page.
public struct PageSession: Hashable, Sendable {
  /// The name beside the token.
  public let name: String
  public let role: Role
  /// Stands in the session's forms.
  let csrf: String
}

/// The sessions of those who signed in by an access token, and what keeps forms from being sent by other sites.
///
/// They live in this process: after a restart everyone signs in again. A session holds the token's digest and asks the
/// token table each time, so that it ends with the token, and has the role that the token has.
public final class Sessions: Sendable {
  /// In seconds; a working day.
  static let lifetime: Int64 = 12 * 3600
  /// Sessions at once; the one that ends first makes room.
  static let maximumSessions = 10_000
  /// Failed attempts of one address within `attemptPeriod`; one more is told 429.
  static let maximumAttempts = 10
  static let attemptPeriod: Int64 = 60
  /// Addresses whose attempts are counted.
  static let maximumAddresses = 10_000

  private struct Session {
    let digest: [UInt8]
    let csrf: String
    let endsAt: Int64
  }

  private struct State {
    /// By the digest of what stands in the cookie, so that finding one tells nothing by its time.
    var sessions: [[UInt8]: Session] = [:]
    var attempts: [String: (count: Int, since: Int64)] = [:]
  }

  /// Whether the cookie is for HTTPS alone.
  let isSecure: Bool
  /// Whether the last address of X-Forwarded-For is what a proxy of ours saw.
  private let isBehindProxy: Bool
  /// Of forms where nobody signs in: a page of another site cannot read it.
  private let openCSRF = Sessions.random()
  private let clock: WallClock
  private let state = Mutex(State())

  public init(isSecure: Bool, isBehindProxy: Bool = false, clock: WallClock = .system) {
    self.isSecure = isSecure || isBehindProxy
    self.isBehindProxy = isBehindProxy
    self.clock = clock
  }

  /// RFC 6265bis section 4.1.3.2: with the prefix a browser takes it from a secure origin alone, and for this host alone.
  var cookieName: String { isSecure ? "__Host-hallmark" : "hallmark" }

  /// The field that gives the cookie to the browser.
  func cookie(_ id: String) -> String {
    "\(cookieName)=\(id); Path=/; Max-Age=\(Sessions.lifetime); HttpOnly; SameSite=Strict"
      + (isSecure ? "; Secure" : "")
  }

  /// The field that takes it away.
  var endedCookie: String {
    "\(cookieName)=; Path=/; Max-Age=0; HttpOnly; SameSite=Strict" + (isSecure ? "; Secure" : "")
  }

  // MARK: Sessions

  /// Begins a session of a token's holder; the text that stands in its cookie.
  func begin(_ entry: TokenTable.Entry) -> String {
    let id = Sessions.random()
    let session = Session(
      digest: entry.digest, csrf: Sessions.random(), endsAt: clock.now.seconds + Sessions.lifetime)
    let now = clock.now.seconds
    state.withLock { state in
      if state.sessions.count >= Sessions.maximumSessions {
        state.sessions = state.sessions.filter { $0.value.endsAt > now }
        if state.sessions.count >= Sessions.maximumSessions,
          let first = state.sessions.min(by: { $0.value.endsAt < $1.value.endsAt })
        {
          state.sessions[first.key] = nil
        }
      }
      state.sessions[Sessions.key(id)] = session
    }
    return id
  }

  /// The session that a request's cookies name, as long as its token is one.
  func session(cookies: String?, _ table: TokenTable) -> PageSession? {
    guard let id = id(in: cookies) else { return nil }
    let key = Sessions.key(id)
    guard let session = state.withLock({ $0.sessions[key] }) else { return nil }
    guard session.endsAt > clock.now.seconds, let entry = table.entry(ofDigest: session.digest) else {
      state.withLock { $0.sessions[key] = nil }
      return nil
    }
    return PageSession(name: entry.name, role: entry.role, csrf: session.csrf)
  }

  func end(cookies: String?) {
    guard let id = id(in: cookies) else { return }
    state.withLock { $0.sessions[Sessions.key(id)] = nil }
  }

  /// What the forms of a page carry.
  func csrf(_ session: PageSession?) -> String { session?.csrf ?? openCSRF }

  /// Whether a form carries what its page was given; it takes the same time however much is right.
  func holds(_ csrf: String, _ session: PageSession?) -> Bool {
    let (given, wanted) = (Array(csrf.utf8), Array(self.csrf(session).utf8))
    guard given.count == wanted.count else { return false }
    return zip(given, wanted).reduce(UInt8(0)) { $0 | ($1.0 ^ $1.1) } == 0
  }

  private func id(in cookies: String?) -> String? {
    guard let cookies else { return nil }
    // RFC 6265 section 5.4: pairs with a semicolon and a blank between them.
    for pair in cookies.split(separator: ";") {
      let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      guard parts.count == 2, parts[0].trimmed == cookieName else { continue }
      return String(parts[1].trimmed.prefix(Sessions.maximumID))
    }
    return nil
  }

  /// Characters of a cookie that are looked at; one of ours has 64.
  private static let maximumID = 128

  private static func key(_ id: String) -> [UInt8] { Array(SHA256.hash(data: Array(id.utf8))) }

  /// 256 bits from the system's generator.
  private static func random() -> String {
    var generator = SystemRandomNumberGenerator()
    return Hex.encode((0..<32).map { _ in UInt8.random(in: .min ... .max, using: &generator) })
  }

  // MARK: Attempts

  /// Whose attempts are counted: otherwise one stranger could keep all who come through a proxy from signing in.
  func address(_ remote: String, forwardedFor: [String]) -> String {
    guard isBehindProxy, let last = forwardedFor.last?.split(separator: ",").last?.trimmed, !last.isEmpty else {
      return remote
    }
    return String(last.prefix(Sessions.maximumID))
  }

  /// Seconds until the address may try again; nil: now.
  func wait(of address: String) -> Int64? {
    let now = clock.now.seconds
    return state.withLock { state in
      guard let attempts = state.attempts[address], attempts.count >= Sessions.maximumAttempts else { return nil }
      let left = attempts.since + Sessions.attemptPeriod - now
      return left > 0 ? left : nil
    }
  }

  func noteFailure(of address: String) {
    let now = clock.now.seconds
    state.withLock { state in
      let known = state.attempts[address]
      let isOver = known.map { now - $0.since >= Sessions.attemptPeriod } ?? true
      if known == nil, state.attempts.count >= Sessions.maximumAddresses {
        state.attempts = state.attempts.filter { now - $0.value.since < Sessions.attemptPeriod }
        // So many at once are one attack: all of them start anew rather than that the table grows.
        if state.attempts.count >= Sessions.maximumAddresses { state.attempts = [:] }
      }
      state.attempts[address] = isOver ? (1, now) : ((known?.count ?? 0) + 1, known?.since ?? now)
    }
  }
}
