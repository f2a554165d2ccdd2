import CIDN2

/// The calls into libidn2: UTS 46 with non-transitional processing, and the look-up protocol of RFC 5891 section 5.
enum IDN2 {
  /// What libidn2 holds against a name.
  struct Failure: Error, Hashable, CustomStringConvertible {
    let code: Int32

    /// An A-label is not what its own U-label encodes to (RFC 5891 section 5.3).
    static let mismatch = Failure(code: IDN2_UALABEL_MISMATCH.rawValue)

    /// libidn2's own words, which hold nothing of the name.
    var description: String { String(cString: idn2_strerror(code)) }

    var isOutOfMemory: Bool { code == IDN2_MALLOC.rawValue }
    var isLabelTooLong: Bool { code == IDN2_TOO_BIG_LABEL.rawValue }
    var isNameTooLong: Bool { code == IDN2_TOO_BIG_DOMAIN.rawValue }
    var isHyphenMisplaced: Bool { code == IDN2_2HYPHEN.rawValue || code == IDN2_HYPHEN_STARTEND.rawValue }
  }

  /// UTS 46 section 4.2 without Transitional_Processing: maps, normalises, and encodes.
  ///
  /// UseSTD3ASCIIRules is left to the caller: libidn2 does not refuse what breaks them, it drops the character, and
  /// "≠a.uk" would be taken for "a.uk".
  static func toASCII(_ text: String) throws(Failure) -> String {
    try lookUp(text, IDN2_NONTRANSITIONAL.rawValue | IDN2_NFC_INPUT.rawValue)
  }

  /// RFC 5891 section 5 to the letter, without a mapping before it: a U-label with a code point that IDNA 2008
  /// disallows, such as an emoji, is refused (RFC 5892 section 2).
  static func strictToASCII(_ text: String) throws(Failure) -> String {
    try lookUp(text, IDN2_NO_TR46.rawValue)
  }

  /// UTS 46 section 4.3: decodes A-labels.
  static func toUnicode(_ ascii: String) throws(Failure) -> String {
    var output: UnsafeMutablePointer<CChar>?
    return try take(idn2_to_unicode_8z8z(ascii, &output, Int32(IDN2_NONTRANSITIONAL.rawValue)), output)
  }

  /// `text` must hold no NUL, where C would end it.
  private static func lookUp(_ text: String, _ flags: UInt32) throws(Failure) -> String {
    var output: UnsafeMutablePointer<UInt8>?
    let code = idn2_lookup_u8(text, &output, Int32(flags))
    return try take(code, UnsafeMutableRawPointer(output)?.assumingMemoryBound(to: CChar.self))
  }

  /// The one place where a code of libidn2 becomes a Swift error, and where its memory goes back.
  private static func take(_ code: Int32, _ output: UnsafeMutablePointer<CChar>?) throws(Failure) -> String {
    defer { idn2_free(output) }
    guard code == IDN2_OK.rawValue, let output else { throw Failure(code: code) }
    return String(cString: output)
  }
}
