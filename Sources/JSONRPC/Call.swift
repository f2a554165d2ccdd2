import JSON

/// One call whose parameters are known to be of the kinds that the method declares.
public struct Call: Sendable {
  public let method: String
  /// By name; an optional parameter that was left out or null is not there.
  public let parameters: JSONObject
  public let caller: CallerContext

  public init(method: String, parameters: JSONObject, caller: CallerContext) {
    self.method = method
    self.parameters = parameters
    self.caller = caller
  }

  public subscript(name: String) -> JSONValue? { parameters[name] }

  /// The texts of a list parameter; nil where it was left out.
  public func strings(_ name: String) -> [String]? { parameters[name]?.arrayValue?.compactMap(\.stringValue) }
}

/// A request whose parameters are bound to those that the method declares.
struct BoundCall: Sendable {
  /// What the answer carries; nil for a notification.
  var id: JSONValue?
  let method: Method
  /// As in `Call`.
  var parameters: JSONObject
}

extension BoundCall {
  /// Binds params by name or by position (JSON-RPC 2.0 section 4.2). An optional parameter that is null
  /// counts as left out.
  ///
  /// - Throws: INVALID_ARGUMENT that names the parameter which is unknown, missing or of the wrong kind.
  init(_ request: Request, to method: Method) throws(RPCError) {
    var bound = JSONObject()
    switch request.params {
    case .object(let members):
      for (name, value) in members {
        guard let parameter = method.parameters.first(where: { $0.name == name }) else {
          throw BoundCall.unknown(name, of: method)
        }
        try BoundCall.bind(value, to: parameter, in: &bound)
      }
    case .array(let values):
      guard values.count <= method.parameters.count else {
        throw BoundCall.unknown("params[\(method.parameters.count)]", of: method)
      }
      for (parameter, value) in zip(method.parameters, values) { try BoundCall.bind(value, to: parameter, in: &bound) }
    default: break
    }
    for parameter in method.parameters where parameter.required && bound[parameter.name] == nil {
      throw RPCError(
        .invalidArgument, reason: "MISSING_PARAMETER", message: "Give \(parameter.name) to \(method.name).",
        field: parameter.name)
    }
    self.init(id: request.id, method: method, parameters: bound)
  }

  private static func bind(
    _ value: JSONValue, to parameter: Parameter, in bound: inout JSONObject
  ) throws(RPCError) {
    if value == .null && !parameter.required { return }
    try parameter.check(value)
    bound[parameter.name] = value
  }

  /// Characters of an unknown name that are given back; the longest of ours has 12.
  private static let maximumName = 64

  private static func unknown(_ name: String, of method: Method) -> RPCError {
    let known = method.parameters.map(\.name).joined(separator: ", ")
    return RPCError(
      .invalidArgument, reason: "UNKNOWN_PARAMETER",
      message: known.isEmpty ? "Give \(method.name) no params." : "Give \(method.name) no params but \(known).",
      field: String(name.prefix(maximumName)))
  }
}
