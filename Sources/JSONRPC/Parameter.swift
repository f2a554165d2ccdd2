import JSON

/// One parameter of a method.
public struct Parameter: Hashable, Sendable {
  public enum Kind: Hashable, Sendable {
    case string
    /// A whole number within the range.
    case integer(ClosedRange<Int64>)
    case boolean
    /// A list of texts, at most so many.
    case strings(maximum: Int)
    case object
    case any
  }

  public let name: String
  public let kind: Kind
  public let required: Bool

  public init(_ name: String, _ kind: Kind, required: Bool = true) {
    self.name = name
    self.kind = kind
    self.required = required
  }

  /// - Throws: INVALID_ARGUMENT that names the parameter, for a value of another kind or out of range.
  func check(_ value: JSONValue) throws(RPCError) {
    switch kind {
    case .any: return
    case .string: if value.stringValue != nil { return }
    case .boolean: if value.boolValue != nil { return }
    case .object: if value.objectValue != nil { return }
    case .integer(let range): if let number = value.integerValue, range.contains(number) { return }
    case .strings(let maximum):
      if let list = value.arrayValue, list.count <= maximum, list.allSatisfy({ $0.stringValue != nil }) { return }
    }
    throw RPCError(
      .invalidArgument, reason: "INVALID_PARAMETER", message: "Give \(name) as \(expectation).", field: name)
  }

  private var expectation: String {
    switch kind {
    case .any: "any value"
    case .string: "a string"
    case .boolean: "true or false"
    case .object: "an object"
    case .integer(let range) where range.upperBound == .max: "a whole number from \(range.lowerBound)"
    case .integer(let range): "a whole number from \(range.lowerBound) to \(range.upperBound)"
    case .strings(let maximum): "a list of at most \(maximum) strings"
    }
  }
}
