import JSON

/// A request object (JSON-RPC 2.0 section 4).
struct Request: Sendable {
  /// What the answer carries; nil for a notification (section 4.1).
  var id: JSONValue?
  let method: String
  var params: JSONValue?

  /// A request that is none, and the id to answer with: null where none could be detected (section 5).
  struct Invalid: Error {
    let id: JSONValue
    let error: RPCError
  }

  init(_ value: JSONValue) throws(Invalid) {
    guard let members = value.objectValue else {
      throw Invalid(id: .null, error: .invalidRequest("Send a request object, or a list of them."))
    }
    let id = members["id"]
    switch id {
    case nil, .null, .string, .integer, .real: break
    default: throw Invalid(id: .null, error: .invalidRequest("Give id as a string, a number or null."))
    }
    guard members["jsonrpc"] == "2.0" else {
      throw Invalid(id: id ?? .null, error: .invalidRequest("Give jsonrpc as \"2.0\"."))
    }
    guard let method = members["method"]?.stringValue else {
      throw Invalid(id: id ?? .null, error: .invalidRequest("Give method as a string."))
    }
    // Section 4.2: a structured value, if there at all.
    switch members["params"] {
    case nil, .object, .array: break
    default: throw Invalid(id: id ?? .null, error: .invalidRequest("Give params as an object or a list."))
    }
    self.id = id
    self.method = method
    params = members["params"]
  }
}
