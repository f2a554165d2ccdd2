import IDNA
import JSON
import JSONRPC
import NIOHTTP1
import Posture

/// What answers GET: readable reports for curl, JSON for programs.
struct Routes: Sendable {
  /// Entries that are read from the store at one time while the whitelist is streamed.
  static let whitelistPage = 1000

  let desk: CheckDesk
  let keeper: Keeper
  let pages: Pages

  var all: [Route] { [openRPC, domain, pair, whitelist, changesFeed] + pages.all }

  private var openRPC: Route {
    Route(
      "/openrpc.json",
      fast: { _ in HTTPResponse(contentType: "application/json", body: .bytes(Embedded.openRPC)) })
  }

  private var domain: Route {
    Route(
      "/domains/:name",
      slow: { request in
        if Pages.wants(request) == .html { return await pages.domain(request) }
        return await Routes.answer(request, report: { pages.text(of: $0, request) }) {
          let domain = try Arguments.domain(request.parameters["name"] ?? "", "name")
          let maxAge = try Routes.maxAge(request)
          return try await desk.record(
            CheckRequest(
              domain: domain, maxAge: maxAge, standard: request.query["standard"],
              payer: Arguments.payer(request.caller)),
            within: Arguments.remaining(request.caller))
        }
      })
  }

  private var pair: Route {
    Route(
      "/pairs/:sender/:recipient",
      slow: { request in
        if Pages.wants(request) == .html { return await pages.pair(request) }
        return await Routes.answer(request, report: { pages.text(ofPair: $0, request) }) {
          let sender = try Arguments.domain(request.parameters["sender"] ?? "", "sender")
          let recipient = try Arguments.domain(request.parameters["recipient"] ?? "", "recipient")
          return try await desk.pair(
            sender: sender, recipient: recipient, maxAge: Routes.maxAge(request), standard: request.query["standard"],
            payer: Arguments.payer(request.caller), within: Arguments.remaining(request.caller)
          ).json.serialized()
        }
      })
  }

  static func maxAge(_ request: HTTPRequest) throws(RPCError) -> Int64? {
    guard let text = request.query["maxAge"] else { return nil }
    guard let value = UInt32(text) else {
      throw RPCError(
        .invalidArgument, reason: "INVALID_PARAMETER", message: "Give maxAge as a whole number of seconds.",
        field: "maxAge")
    }
    return Int64(value)
  }

  static func wantsJSON(_ request: HTTPRequest) -> Bool {
    Pages.wants(request) == .json
  }

  /// JSON for who asks for it, otherwise the same as text.
  private static func answer(
    _ request: HTTPRequest, report: @Sendable (JSONValue) -> String,
    _ body: @Sendable () async throws -> [UInt8]
  ) async -> HTTPResponse {
    let wantsJSON = wantsJSON(request)
    let headers = [("Vary", "Accept"), ("Cache-Control", "no-cache")]
    do {
      let bytes = try await body()
      guard !wantsJSON else {
        return HTTPResponse(contentType: "application/json", headers: headers, body: .bytes(bytes))
      }
      let value = try JSONValue(parsing: bytes, limits: .evidence)
      return HTTPResponse(contentType: "text/plain; charset=utf-8", headers: headers, text: report(value))
    } catch let error as RPCError {
      return failure(error, wantsJSON)
    } catch {
      return failure(.fault, wantsJSON)
    }
  }

  static func status(of error: RPCError) -> HTTPResponseStatus {
    switch error.status {
    case .invalidArgument, .outOfRange: .badRequest
    case .notFound: .notFound
    case .deadlineExceeded: .gatewayTimeout
    case .resourceExhausted: .tooManyRequests
    case .unavailable: .serviceUnavailable
    default: .internalServerError
    }
  }

  static func failure(_ error: RPCError, _ wantsJSON: Bool) -> HTTPResponse {
    let status = status(of: error)
    let retry = error.retryAfter.map { [("Retry-After", String($0))] } ?? []
    guard wantsJSON else { return .failure(status, error.message, headers: retry) }
    return HTTPResponse(
      status, contentType: "application/json", headers: retry, body: .bytes(error.json.serialized()))
  }
}
