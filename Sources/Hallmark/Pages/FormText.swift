/// Text of forms and of queries (the URL Standard's application/x-www-form-urlencoded).
enum FormText {
  /// Bytes of a form's body; a list of ten thousand names fits.
  static let maximumBody = 1 << 20

  /// What may stand in a query as it is (RFC 3986 section 2.3); all else is escaped.
  static func encode(_ text: String) -> String {
    var result = ""
    for octet in text.utf8 {
      switch octet {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
        UInt8(ascii: "~"):
        result.unicodeScalars.append(Unicode.Scalar(octet))
      default: result += "%" + Hex.encode([octet]).uppercased()
      }
    }
    return result
  }

  /// A query of the pairs that have a value, with its question mark; empty where there is none.
  static func query(_ pairs: [(name: String, value: String?)]) -> String {
    let parts = pairs.compactMap { pair -> String? in
      guard let value = pair.value, !value.isEmpty else { return nil }
      return "\(encode(pair.name))=\(encode(value))"
    }
    return parts.isEmpty ? "" : "?" + parts.joined(separator: "&")
  }
}
