/// Base 64 as DKIM has it: the alphabet of RFC 4648 section 4, padded, with folding white space anywhere (RFC 6376
/// section 2.10, base64string).
enum Base64 {
  /// The octets, or nil where another character stands, the length is no multiple of four, or the padding is misplaced.
  static func decode(_ text: ArraySlice<UInt8>) -> [UInt8]? {
    var output: [UInt8] = []
    output.reserveCapacity(text.count / 4 * 3)
    var group: UInt32 = 0
    var characters = 0
    var padding = 0
    for octet in text where !TagList.WhiteSpace.folding.contains(octet) {
      if octet == UInt8(ascii: "=") {
        padding += 1
        group <<= 6
      } else {
        guard padding == 0, let value = value(of: octet) else { return nil }
        group = group << 6 | UInt32(value)
      }
      characters += 1
      guard characters == 4 else { continue }
      guard padding <= 2 else { return nil }
      output.append(UInt8(truncatingIfNeeded: group >> 16))
      if padding < 2 { output.append(UInt8(truncatingIfNeeded: group >> 8)) }
      if padding < 1 { output.append(UInt8(truncatingIfNeeded: group)) }
      (group, characters) = (0, 0)
    }
    return characters == 0 ? output : nil
  }

  private static func value(of octet: UInt8) -> UInt8? {
    switch octet {
    case UInt8(ascii: "A")...UInt8(ascii: "Z"): octet - UInt8(ascii: "A")
    case UInt8(ascii: "a")...UInt8(ascii: "z"): octet - UInt8(ascii: "a") + 26
    case UInt8(ascii: "0")...UInt8(ascii: "9"): octet - UInt8(ascii: "0") + 52
    case UInt8(ascii: "+"): 62
    case UInt8(ascii: "/"): 63
    default: nil
    }
  }
}
