import JSON

/// What the text of an answer is written to: octets that grow at their end. Whoever sends them gives the memory, so that a stored
/// result is copied once, to where it goes out from.
public protocol ReplyText {
  /// Octets that were written.
  var count: Int { get }

  mutating func append(_ octets: UnsafeRawBufferPointer)

  /// Lends room for so many octets; `fill` tells how many of them it wrote.
  mutating func append(atMost count: Int, _ fill: (UnsafeMutableRawBufferPointer) -> Int)

  /// Takes back what stands behind so many octets, at most `count`.
  mutating func truncate(to count: Int)

  /// A copy of some of what was written.
  func octets(_ range: Range<Int>) -> [UInt8]
}

extension [UInt8]: ReplyText {
  public mutating func append(_ octets: UnsafeRawBufferPointer) { append(contentsOf: octets) }

  public mutating func append(atMost count: Int, _ fill: (UnsafeMutableRawBufferPointer) -> Int) {
    self += [UInt8](unsafeUninitializedCapacity: count) { $1 = fill(UnsafeMutableRawBufferPointer($0)) }
  }

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
    append("{\"jsonrpc\":\"2.0\",\"result\":", result, id)
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
    error.json.serialized().withUnsafeBytes { append("{\"jsonrpc\":\"2.0\",\"error\":", $0, id) }
  }

  /// An object whose last members are what was begun, and the id.
  private mutating func append(_ begun: StaticString, _ value: UnsafeRawBufferPointer, _ id: JSONValue) {
    guard case .integer(let number) = id else {
      append(begun)
      append(value)
      append(",\"id\":")
      id.serialized().withUnsafeBytes { append($0) }
      append("}")
      return
    }
    // As nearly all ids are; in one piece, since this is done for every call.
    let most = begun.utf8CodeUnitCount + value.count + Filling.mostOfID
    append(atMost: most) { room in
      var filling = Filling(room: room)
      filling.put(begun)
      filling.put(value)
      filling.put(",\"id\":")
      filling.put(number)
      filling.put("}")
      return filling.count
    }
  }
}

/// Writes one thing behind the other into room that is large enough.
private struct Filling {
  /// Of the id of a call that is a number, and the end of the object.
  static let mostOfID = mostDecimalDigits + 7

  let room: UnsafeMutableRawBufferPointer
  private(set) var count = 0

  init(room: UnsafeMutableRawBufferPointer) { self.room = room }

  mutating func put(_ octets: UnsafeRawBufferPointer) {
    UnsafeMutableRawBufferPointer(rebasing: room[count...]).copyMemory(from: octets)
    count += octets.count
  }

  mutating func put(_ text: StaticString) {
    put(UnsafeRawBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
  }

  mutating func put(_ number: Int64) { withDecimalDigits(of: number) { put($0) } }
}
