import NIOCore

/// Netstrings (D. J. Bernstein, 1997): `12:hello world!,`.
enum Netstring {
  enum Failure: Error, Hashable {
    /// No length, a leading zero, or no comma where the length says.
    case malformed
    /// A length above the limit; known before any of the payload is there.
    case tooLong
  }

  /// One with this payload.
  static func buffer(_ payload: [UInt8]) -> ByteBuffer {
    var buffer = ByteBuffer(string: "\(payload.count):")
    buffer.writeBytes(payload)
    buffer.writeInteger(UInt8(ascii: ","))
    return buffer
  }
}

/// Takes netstrings out of a stream, however it is cut. What it has read it does not read again.
struct NetstringDecoder {
  /// Bytes of a payload.
  let limit: Int
  private var length: Int?
  private var isLengthWhole = false

  /// Nothing of another netstring has been read.
  var isBetween: Bool { length == nil }

  init(limit: Int) { self.limit = limit }

  /// The next payload; nil while it is not all there.
  mutating func next(_ buffer: inout ByteBuffer) throws(Netstring.Failure) -> ByteBuffer? {
    try readLength(&buffer)
    guard isLengthWhole, let length else { return nil }
    guard buffer.readableBytes > length else { return nil }
    guard let payload = buffer.readSlice(length: length), buffer.readInteger(as: UInt8.self) == UInt8(ascii: ",") else {
      throw .malformed
    }
    self.length = nil
    isLengthWhole = false
    return payload
  }

  private mutating func readLength(_ buffer: inout ByteBuffer) throws(Netstring.Failure) {
    while !isLengthWhole, let byte = buffer.readInteger(as: UInt8.self) {
      switch (byte, length) {
      case (UInt8(ascii: ":"), .some): isLengthWhole = true
      case (UInt8(ascii: "0")...UInt8(ascii: "9"), nil): length = Int(byte - 0x30)
      // A zero in front says nothing, and two writings of one length are one too many.
      case (UInt8(ascii: "0")...UInt8(ascii: "9"), .some(let value)) where value > 0:
        let (tens, overflow) = value.multipliedReportingOverflow(by: 10)
        let (sum, carry) = tens.addingReportingOverflow(Int(byte - 0x30))
        guard !overflow, !carry else { throw .malformed }
        length = sum
      default: throw .malformed
      }
      if let length, length > limit { throw .tooLong }
    }
  }
}
