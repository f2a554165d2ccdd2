/// An IPv4 address.
public struct IPv4Address: Hashable, Sendable, CustomStringConvertible {
  /// The address as a number, most significant octet first.
  public let value: UInt32

  public init(value: UInt32) { self.value = value }

  public init?(octets: [UInt8]) {
    guard octets.count == 4 else { return nil }
    value = octets.reduce(0) { $0 << 8 | UInt32($1) }
  }

  /// Reads `d.d.d.d`, each 0 to 255 without leading zeros (RFC 7208 section 12 `qnum`, RFC 6943 section 3.1.1).
  public init?(_ text: String) { self.init(ascii: text.utf8.span) }

  /// The same from octets.
  public init?(ascii text: Span<UInt8>) {
    var value: UInt32 = 0
    var part: UInt32 = 0
    var digits = 0
    var dots = 0
    for index in text.indices {
      let digit = UInt32(text[index] &- UInt8(ascii: "0"))
      if digit < 10 {
        guard digits == 0 || part > 0 else { return nil }
        digits += 1
        part = part * 10 + digit
        guard part <= 255 else { return nil }
      } else {
        guard text[index] == UInt8(ascii: "."), digits > 0, dots < 3 else { return nil }
        dots += 1
        value = value << 8 | part
        (part, digits) = (0, 0)
      }
    }
    guard dots == 3, digits > 0 else { return nil }
    self.value = value << 8 | part
  }

  public var octets: [UInt8] { (0..<4).map { UInt8(truncatingIfNeeded: value >> (24 - 8 * $0)) } }

  public var description: String { octets.map(String.init).joined(separator: ".") }
}
