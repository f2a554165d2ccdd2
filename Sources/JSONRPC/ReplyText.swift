import JSON

/// What the text of an answer is written to: octets that grow at their end. Whoever sends them gives the memory, so that a stored
/// result is copied once, to where it goes out from.
public protocol ReplyText {
  /// Octets that were written.
  var count: Int { get }

  mutating func append(_ octets: UnsafeRawBufferPointer)

  /// Takes back what stands behind so many octets, at most `count`.
  mutating func truncate(to count: Int)

  /// A copy of some of what was written.
  func octets(_ range: Range<Int>) -> [UInt8]
}

extension [UInt8]: ReplyText {
  public mutating func append(_ octets: UnsafeRawBufferPointer) { append(contentsOf: octets) }

  public mutating func truncate(to count: Int) { removeLast(self.count - count) }

  public func octets(_ range: Range<Int>) -> [UInt8] { Array(self[range]) }
}

// MARK: Response objects (JSON-RPC 2.0 section 5)

extension ReplyText {
  mutating func append(_ text: StaticString) {
    append(UnsafeRawBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
  }

  /// - Parameter result: JSON text.
  mutating func append(result: UnsafeRawBufferPointer, id: JSONValue) {
    append("{\"jsonrpc\":\"2.0\",\"result\":")
    append(result)
    close(id)
  }

  mutating func append(_ result: RPCResult, id: JSONValue) {
    let text =
      switch result {
      case .value(let value): value.serialized()
      case .rendered(let bytes): bytes
      }
    text.withUnsafeBytes { append(result: $0, id: id) }
  }

  mutating func append(_ error: RPCError, id: JSONValue) {
    append("{\"jsonrpc\":\"2.0\",\"error\":")
    error.json.serialized().withUnsafeBytes { append($0) }
    close(id)
  }

  private mutating func close(_ id: JSONValue) {
    append(",\"id\":")
    if case .integer(let number) = id {
      var digits = String(number)
      digits.withUTF8 { append(UnsafeRawBufferPointer($0)) }
    } else {
      id.serialized().withUnsafeBytes { append($0) }
    }
    append("}")
  }
}
