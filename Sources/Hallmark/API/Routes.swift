import DNS
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
  let health: @Sendable () -> Bool

  var all: [Route] { [live, ready, openRPC, domain, pair, whitelist] }

  private var live: Route {
    Route("/health/live", role: nil, fast: { _ in Routes.status(true) })
  }

  private var ready: Route {
    Route("/health/ready", role: nil, fast: { [health] _ in Routes.status(health()) })
  }

  private static func status(_ isServing: Bool) -> HTTPResponse {
    HTTPResponse(
      isServing ? .ok : .serviceUnavailable, contentType: "text/plain; charset=utf-8",
      headers: [("Cache-Control", "no-store")], text: isServing ? "SERVING\n" : "NOT_SERVING\n")
  }

  private var openRPC: Route {
    Route(
      "/openrpc.json",
      fast: { _ in HTTPResponse(contentType: "application/json", body: .bytes(Embedded.openRPC)) })
  }

  private var domain: Route {
    Route(
      "/domains/:name",
      slow: { request in
        await Routes.answer(request, report: TextReport.domain) {
          let domain = try Arguments.domain(request.parameters["name"] ?? "", "name")
          let maxAge = try Routes.maxAge(request)
          return try await desk.record(
            CheckRequest(domain: domain, maxAge: maxAge, standard: request.query["standard"]),
            within: Arguments.remaining(request.caller))
        }
      })
  }

  private var pair: Route {
    Route(
      "/pairs/:sender/:recipient",
      slow: { request in
        await Routes.answer(request, report: TextReport.pair) {
          let sender = try Arguments.domain(request.parameters["sender"] ?? "", "sender")
          let recipient = try Arguments.domain(request.parameters["recipient"] ?? "", "recipient")
          return try await desk.pair(
            sender: sender, recipient: recipient, maxAge: Routes.maxAge(request), standard: request.query["standard"],
            within: Arguments.remaining(request.caller)
          ).json.serialized()
        }
      })
  }

  private static func maxAge(_ request: HTTPRequest) throws(RPCError) -> Int64? {
    guard let text = request.query["maxAge"] else { return nil }
    guard let value = UInt32(text) else {
      throw RPCError(
        .invalidArgument, reason: "INVALID_PARAMETER", message: "Give maxAge as a whole number of seconds.",
        field: "maxAge")
    }
    return Int64(value)
  }

  /// JSON for who asks for it, otherwise the same as text.
  private static func answer(
    _ request: HTTPRequest, report: @Sendable (JSONValue) -> String,
    _ body: @Sendable () async throws -> [UInt8]
  ) async -> HTTPResponse {
    let wantsJSON = request.headers["Accept"].contains { $0.contains("application/json") }
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

  private static func failure(_ error: RPCError, _ wantsJSON: Bool) -> HTTPResponse {
    let status: HTTPResponseStatus =
      switch error.status {
      case .invalidArgument: .badRequest
      case .notFound: .notFound
      case .deadlineExceeded: .gatewayTimeout
      case .resourceExhausted: .tooManyRequests
      case .unavailable: .serviceUnavailable
      default: .internalServerError
      }
    let retry = error.retryAfter.map { [("Retry-After", String($0))] } ?? []
    guard wantsJSON else { return .failure(status, error.message, headers: retry) }
    return HTTPResponse(
      status, contentType: "application/json", headers: retry, body: .bytes(error.json.serialized()))
  }

  private var whitelist: Route {
    Route(
      "/whitelist",
      slow: { request in
        guard let format = WhitelistFormat(rawValue: request.query["format"] ?? "txt") else {
          let names = WhitelistFormat.allCases.map(\.rawValue).joined(separator: ", ")
          return .failure(.badRequest, "Give format as one of \(names).")
        }
        let under: DomainName?
        do throws(RPCError) {
          under = try Arguments.branch(request.query["under"], "under")
        } catch {
          return Routes.failure(error, false)
        }
        let revision = keeper.reading { try keeper.store.headRevision() } ?? 0
        // Where the expiry stands in it, the text moves under one revision, and the tag is weak (RFC 9110 section 8.8.1).
        let tag =
          (format.showsExpiry ? "W/" : "") + "\"\(format.rawValue)-\(under.map(\.description) ?? "")-\(revision)\""
        let date = HTTPDate.text(keeper.modified(revision).seconds)
        let headers = [("ETag", tag), ("Last-Modified", date), ("Cache-Control", "no-cache")]
        guard !request.holds(etag: tag, lastModified: date) else {
          return HTTPResponse(contentType: format.contentType, headers: headers, body: .bytes([]))
        }
        return HTTPResponse(
          contentType: format.contentType, headers: headers,
          body: .stream { writer in
            try await keeper.export(format, under: under) { try await writer.write($0) }
          })
      })
  }
}
