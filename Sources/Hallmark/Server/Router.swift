import JSONRPC
import NIOHTTP1

/// A request that a route has taken: GET or HEAD, or POST of a form.
public struct HTTPRequest: Sendable {
  /// As it came, without the query.
  public let path: String
  /// What stands at the places that the route's pattern names, decoded.
  public let parameters: [String: String]
  /// Decoded; the last of one name stands.
  public let query: [String: String]
  public let headers: HTTPHeaders
  public let caller: CallerContext
  public let remoteAddress: String
  let fields: RequestFields
  /// Who signed in at the pages, where the caller did.
  let session: PageSession?
  /// The tokens that callers may have; nil: nobody is asked for one.
  let tokens: TokenTable?
  /// What a form brought, decoded; the last of one name stands. Empty for GET and HEAD.
  let form: [String: String]

  /// Whether the caller has this version already: nothing needs then be rendered, and any 200 that carries these two
  /// becomes a 304 (RFC 9110 section 13).
  public func holds(etag: String?, lastModified: String? = nil) -> Bool {
    fields.holds(etag: etag, lastModified: lastModified)
  }
}

/// One path, or family of paths, and who answers it: for GET and HEAD, or for the POST of a form.
public struct Route: Sendable {
  /// Answers at once, on the event loop, and so must not wait; nil: ask `slow`.
  public typealias Fast = @Sendable (HTTPRequest) -> HTTPResponse?
  /// Its task is cancelled when the caller is gone or its deadline passed.
  public typealias Slow = @Sendable (HTTPRequest) async -> HTTPResponse

  /// For the counters.
  let pattern: String
  let segments: [String]
  /// nil: everybody.
  let role: Role?
  let fast: Fast?
  let slow: Slow?
  /// Answers POST with `application/x-www-form-urlencoded`, and nothing else.
  let isForm: Bool

  /// - Parameters:
  ///   - pattern: such as `/domains/:name`, where a segment that begins with a colon takes any text.
  ///   - role: that a caller needs; nil: none.
  ///   - fast: answers at once, on the event loop, or gives nil.
  ///   - slow: is asked where `fast` has no answer.
  public init(_ pattern: String, role: Role? = .reader, fast: Fast? = nil, slow: Slow? = nil) {
    self.pattern = pattern
    segments = pattern.dropFirst().split(separator: "/", omittingEmptySubsequences: false).map(String.init)
    self.role = role
    self.fast = fast
    self.slow = slow
    isForm = false
  }

  /// A form that a page sends.
  init(form pattern: String, role: Role?, slow: @escaping Slow) {
    self.pattern = pattern
    segments = pattern.dropFirst().split(separator: "/", omittingEmptySubsequences: false).map(String.init)
    self.role = role
    fast = nil
    self.slow = slow
    isForm = true
  }

  func parameters(of path: [String]) -> [String: String]? {
    guard path.count == segments.count else { return nil }
    var parameters: [String: String] = [:]
    for (segment, text) in zip(segments, path) {
      if segment.hasPrefix(":") {
        guard !text.isEmpty else { return nil }
        parameters[String(segment.dropFirst())] = text
      } else if segment != text {
        return nil
      }
    }
    return parameters
  }
}

/// Who answers what.
public struct Router: Sendable {
  public static let rpcPath = "/rpc"

  let makeDispatcher: @Sendable () -> Dispatcher
  private let routes: [Route]

  /// - Parameters:
  ///   - dispatcher: asked for once for each event loop. Where each has its own they do not count references to the same methods,
  ///     which would make each loop wait for the others.
  ///   - routes: the first that fits answers.
  public init(dispatcher: @autoclosure @escaping @Sendable () -> Dispatcher, routes: [Route]) {
    makeDispatcher = dispatcher
    self.routes = routes
  }

  enum Destination: Sendable {
    case rpc
    case route(Route, [String: String])

    var pattern: String {
      switch self {
      case .rpc: Router.rpcPath
      case .route(let route, _): route.pattern
      }
    }

    var isRPC: Bool {
      if case .rpc = self { true } else { false }
    }
  }

  /// - Throws: 400 for a broken path, 404 where nobody answers it, 405 for another method (RFC 9110 section 15.5.6).
  func destination(_ method: HTTPMethod, _ target: RequestTarget) throws(HTTPFailure) -> Destination {
    if target.path == Router.rpcPath {
      guard method == .POST else {
        throw HTTPFailure(.methodNotAllowed, "Send calls by POST.", headers: [("Allow", "POST")])
      }
      return .rpc
    }
    guard let path = target.segments else { throw HTTPFailure(.badRequest, "Escape the path as RFC 3986 has it.") }
    var allowed: [String] = []
    for route in routes {
      guard let parameters = route.parameters(of: path) else { continue }
      if route.isForm ? method == .POST : method == .GET || method == .HEAD { return .route(route, parameters) }
      allowed += route.isForm ? ["POST"] : ["GET", "HEAD"]
    }
    guard allowed.isEmpty else {
      let methods = allowed.joined(separator: ", ")
      throw HTTPFailure(.methodNotAllowed, "Ask by \(methods).", headers: [("Allow", methods)])
    }
    throw HTTPFailure(
      .notFound,
      "There is nothing here: ask /domains/NAME, /pairs/SENDER/RECIPIENT or /whitelist, or send calls to /rpc by POST.")
  }
}
