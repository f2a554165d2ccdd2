/// Classes of octets (RFC 5234 appendix B.1), as the grammars of all records use them.
enum Octet {
  /// DIGIT.
  static func isDigit(_ octet: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(octet) }

  /// ALPHA.
  static func isLetter(_ octet: UInt8) -> Bool { (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(octet | 0x20) }

  static func isLetterOrDigit(_ octet: UInt8) -> Bool { isLetter(octet) || isDigit(octet) }

  /// HEXDIG, in either case.
  static func isHexDigit(_ octet: UInt8) -> Bool {
    isDigit(octet) || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(octet | 0x20)
  }

  /// WSP: a blank or a tab.
  static func isWhiteSpace(_ octet: UInt8) -> Bool { octet == 0x20 || octet == 0x09 }

  /// The text of octets, their ASCII letters in lower case.
  static func lowercased(_ octets: ArraySlice<UInt8>) -> String {
    String(decoding: octets.map { (0x41...0x5a).contains($0) ? $0 | 0x20 : $0 }, as: UTF8.self)
  }
}
