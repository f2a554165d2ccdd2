import Glibc
import NIOCore

/// The octets of a request head that was read and accepted, by which the next one is known when it is the same, word for word but for
/// the digits of its length.
///
/// Who keeps a connection sends one head over and over, and to read it takes longer than to find what is asked. Nothing is concluded
/// from octets that differ in any other way: they are read anew.
final class RepeatedHead {
  let accepted: AcceptedHead
  /// All up to the digits, and all behind them.
  private let before: [UInt8]
  private let after: [UInt8]

  /// The digits of a length that are looked at; HTTPLimits has far fewer.
  private static let maximumDigits = 9
  private static let lengthName = Array("content-length:".utf8)

  /// - Parameter octets: with the empty line.
  /// - Returns: nil for a request that is no call with a body of a length that is told, or whose head means something for the
  ///   connection.
  init?(_ octets: [UInt8], _ accepted: AcceptedHead) {
    let fields = accepted.fields
    guard accepted.destination.isRPC, accepted.keepsAlive, fields.expect == nil, fields.transferEncoding == nil,
      let digits = RepeatedHead.digits(octets), RepeatedHead.number(octets[digits]) == fields.contentLength
    else { return nil }
    self.accepted = accepted
    before = Array(octets[..<digits.lowerBound])
    after = Array(octets[digits.upperBound...])
  }

  /// Takes the next request off the buffer where it is the same and all there; the body.
  func next(in buffer: inout ByteBuffer, limit: Int) -> ByteBuffer? {
    guard let (head, body) = buffer.withUnsafeReadableBytes(lengths), body <= limit, buffer.readableBytes >= head + body
    else { return nil }
    buffer.moveReaderIndex(forwardBy: head)
    return buffer.readSlice(length: body)
  }

  private func lengths(_ octets: UnsafeRawBufferPointer) -> (head: Int, body: Int)? {
    guard let start = octets.baseAddress, octets.count >= before.count + after.count,
      memcmp(start, before, before.count) == 0
    else { return nil }
    let digits = octets[before.count...].prefix(RepeatedHead.maximumDigits).prefix { 0x30...0x39 ~= $0 }
    // A zero in front is for the decoder to judge.
    guard let first = digits.first, first != 0x30, let length = RepeatedHead.number(digits) else { return nil }
    let head = digits.endIndex + after.count
    guard octets.count >= head, memcmp(start + digits.endIndex, after, after.count) == 0 else { return nil }
    return (head, length)
  }

  /// Where the digits of Content-Length stand. That there is one such line alone is known of an accepted head.
  private static func digits(_ octets: [UInt8]) -> Range<Int>? {
    for start in octets.indices where octets[start] == 0x0a {
      let line = octets[(start + 1)...]
      guard line.count > lengthName.count, zip(line, lengthName).allSatisfy({ $0 | 0x20 == $1 }) else { continue }
      let rest = line.dropFirst(lengthName.count).drop { $0 == 0x20 || $0 == 0x09 }
      let digits = rest.prefix { 0x30...0x39 ~= $0 }
      return digits.isEmpty ? nil : digits.startIndex..<digits.endIndex
    }
    return nil
  }

  private static func number(_ digits: some Collection<UInt8>) -> Int? {
    guard digits.count <= maximumDigits else { return nil }
    return digits.reduce(0) { $0 * 10 + Int($1 - 0x30) }
  }
}
