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

  /// VCHAR: printable, and no blank.
  static func isVisible(_ octet: UInt8) -> Bool { (0x21...0x7e).contains(octet) }

  /// WSP: a blank or a tab.
  static func isWhiteSpace(_ octet: UInt8) -> Bool { octet == 0x20 || octet == 0x09 }

  /// Whether the octets are this name, in whatever case; the name has small letters, digits, hyphens and slashes.
  @inline(__always) static func isName(_ octets: Span<UInt8>, _ name: String) -> Bool {
    // Where names are told apart by a switch, their lengths do nearly all of it.
    octets.count == name.utf8.count && isName(octets, of: name.utf8.span)
  }

  private static func isName(_ octets: Span<UInt8>, of name: Span<UInt8>) -> Bool {
    for index in octets.indices {
      let octet = octets[index]
      // Setting this bit makes letters small, and no digit or hyphen of anything else.
      guard octet == name[index] || isLetter(octet) && octet | 0x20 == name[index] else { return false }
    }
    return true
  }

  static func isName(_ octets: ArraySlice<UInt8>, _ name: String) -> Bool { isName(octets.span, name) }

  /// The text of octets, their ASCII letters in lower case.
  static func lowercased(_ octets: ArraySlice<UInt8>) -> String {
    String(decoding: octets.map { (0x41...0x5a).contains($0) ? $0 | 0x20 : $0 }, as: UTF8.self)
  }
}

/// Lets names be told apart by `switch`, without a text that is made for it; see `Octet.isName`.
func ~= (name: String, octets: ArraySlice<UInt8>) -> Bool { Octet.isName(octets, name) }

func ~= (name: String, octets: Span<UInt8>) -> Bool { Octet.isName(octets, name) }

extension Span<UInt8> {
  func firstIndex(of octet: UInt8) -> Int? {
    for index in indices where self[index] == octet { return index }
    return nil
  }

  func lastIndex(of octet: UInt8) -> Int? {
    var index = count
    while index > 0 {
      index -= 1
      if self[index] == octet { return index }
    }
    return nil
  }
}
