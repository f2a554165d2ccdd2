import JSON

/// Why a call has no result: the `error` member of a response (JSON-RPC 2.0 section 5.1).
public struct RPCError: Error, Hashable, Sendable {
  /// The kinds of failure by gRPC's names and numbers.
  public enum Status: Int, Hashable, Sendable, CaseIterable {
    case invalidArgument = 3
    case deadlineExceeded = 4
    case notFound = 5
    case permissionDenied = 7
    case resourceExhausted = 8
    case failedPrecondition = 9
    case outOfRange = 11
    case unimplemented = 12
    case `internal` = 13
    case unavailable = 14
    case unauthenticated = 16

    /// As it stands in `data.status`.
    public var name: String {
      switch self {
      case .invalidArgument: "INVALID_ARGUMENT"
      case .deadlineExceeded: "DEADLINE_EXCEEDED"
      case .notFound: "NOT_FOUND"
      case .permissionDenied: "PERMISSION_DENIED"
      case .resourceExhausted: "RESOURCE_EXHAUSTED"
      case .failedPrecondition: "FAILED_PRECONDITION"
      case .outOfRange: "OUT_OF_RANGE"
      case .unimplemented: "UNIMPLEMENTED"
      case .internal: "INTERNAL"
      case .unavailable: "UNAVAILABLE"
      case .unauthenticated: "UNAUTHENTICATED"
      }
    }

    /// The reserved code where JSON-RPC 2.0 section 5.1 has one, otherwise -32000 less the number.
    public var code: Int {
      switch self {
      case .invalidArgument: ReservedCode.invalidParams
      case .internal: ReservedCode.internalError
      default: -32000 - rawValue
      }
    }
  }

  /// JSON-RPC 2.0 section 5.1.
  public enum ReservedCode {
    public static let parseError = -32700
    public static let invalidRequest = -32600
    public static let methodNotFound = -32601
    public static let invalidParams = -32602
    public static let internalError = -32603
  }

  public let code: Int
  public let status: Status
  /// In UPPER_SNAKE, for programs.
  public let reason: String
  /// One sentence that says what to do.
  public let message: String
  /// The parameter at fault.
  public let field: String?
  /// Seconds after which the same call may succeed.
  public let retryAfter: Int?

  public init(_ status: Status, reason: String, message: String, field: String? = nil, retryAfter: Int? = nil) {
    self.init(
      code: status.code, status: status, reason: reason, message: message, field: field, retryAfter: retryAfter)
  }

  private init(
    code: Int, status: Status, reason: String, message: String, field: String? = nil, retryAfter: Int? = nil
  ) {
    self.code = code
    self.status = status
    self.reason = reason
    self.message = message
    self.field = field
    self.retryAfter = retryAfter
  }
}

extension RPCError {
  public static func parseError(_ error: JSONError) -> RPCError {
    RPCError(
      code: ReservedCode.parseError, status: .invalidArgument, reason: "PARSE_ERROR",
      message: "Send one JSON text in UTF-8; this one fails at \(error).")
  }

  public static func invalidRequest(_ message: String, reason: String = "INVALID_REQUEST") -> RPCError {
    RPCError(code: ReservedCode.invalidRequest, status: .invalidArgument, reason: reason, message: message)
  }

  public static let methodNotFound = RPCError(
    code: ReservedCode.methodNotFound, status: .unimplemented, reason: "METHOD_NOT_FOUND",
    message: "Call rpc.discover to see which methods there are.")

  /// The caller's deadline passed; what the call began may go on.
  public static let deadlineExceeded = RPCError(
    .deadlineExceeded, reason: "DEADLINE_EXCEEDED",
    message: "Ask again, or with a longer grpc-timeout: the work goes on and its result is kept.")

  /// A fault of ours, without what only we should know: INTERNAL.
  public static let fault = RPCError(
    .internal, reason: "INTERNAL_ERROR", message: "Try again, and report it if it happens again.")

  /// What section 5.1 prints beside the reserved codes, otherwise the status in words.
  var summary: String {
    switch code {
    case ReservedCode.parseError: "Parse error"
    case ReservedCode.invalidRequest: "Invalid Request"
    case ReservedCode.methodNotFound: "Method not found"
    case ReservedCode.invalidParams: "Invalid params"
    case ReservedCode.internalError: "Internal error"
    default: message
    }
  }

  /// The `error` member.
  public var json: JSONValue {
    var data: JSONObject = ["status": .string(status.name), "reason": .string(reason), "message": .string(message)]
    data["field"] = field.map(JSONValue.string)
    data["retryAfter"] = retryAfter.map { .integer(Int64($0)) }
    return ["code": .integer(Int64(code)), "message": .string(summary), "data": .object(data)]
  }
}
