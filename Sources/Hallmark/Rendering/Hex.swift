/// Octets as hexadecimal text.
enum Hex {
  static func encode(_ octets: [UInt8]) -> String {
    let digits = Array("0123456789abcdef".utf8)
    return String(unsafeUninitializedCapacity: octets.count * 2) { buffer in
      for (index, octet) in octets.enumerated() {
        buffer[2 * index] = digits[Int(octet >> 4)]
        buffer[2 * index + 1] = digits[Int(octet & 15)]
      }
      return octets.count * 2
    }
  }

  /// nil when a character is no hexadecimal digit or one is left over.
  static func decode(_ text: String) -> [UInt8]? {
    let characters = Array(text.utf8)
    guard characters.count % 2 == 0 else { return nil }
    var octets: [UInt8] = []
    octets.reserveCapacity(characters.count / 2)
    for index in stride(from: 0, to: characters.count, by: 2) {
      guard let high = digit(characters[index]), let low = digit(characters[index + 1]) else { return nil }
      octets.append(high << 4 | low)
    }
    return octets
  }

  /// The value of a digit in either case.
  static func digit(_ character: UInt8) -> UInt8? {
    switch character {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): character - UInt8(ascii: "0")
    case UInt8(ascii: "a")...UInt8(ascii: "f"): character - UInt8(ascii: "a") + 10
    case UInt8(ascii: "A")...UInt8(ascii: "F"): character - UInt8(ascii: "A") + 10
    default: nil
    }
  }
}
