/// Text from outside, made fit to be logged, printed or stored: the one choke point that banners, replies and
/// certificate names go through.
///
/// What comes out is valid UTF-8 on one line. Controls (C0, C1, DEL), bidirectional overrides and every other
/// character that shows nothing or moves what stands beside it, and octets that are not UTF-8, are written `\xNN`, an
/// octet each. A backslash stays as it is.
public enum RemoteText {
  /// The most octets of one reply or banner that are kept as evidence: the longest reply line that RFC 5321 section
  /// 4.5.3.1.5 asks for.
  public static let maximumLength = 512

  /// The octets as printable text of at most `limit` octets of UTF-8; where something was cut off it ends in "…".
  ///
  /// The work is bounded by the limit, however long the input is.
  public static func escaped(_ octets: some Collection<UInt8>, limit: Int = maximumLength) -> String {
    // A scalar takes one to four octets, so this many can never come out whole.
    let window = Array(octets.prefix(limit + 4))
    var text = ""
    var length = 0
    var index = 0
    while index < window.count {
      let (piece, consumed) = piece(of: window[index...])
      guard length + piece.utf8.count <= limit else { return text + "…" }
      text += piece
      length += piece.utf8.count
      index += consumed
    }
    return octets.count > window.count ? text + "…" : text
  }

  public static func escaped(_ text: String, limit: Int = maximumLength) -> String {
    escaped(text.utf8, limit: limit)
  }

  /// The text of the first character or octet, and how many octets it took.
  private static func piece(of octets: ArraySlice<UInt8>) -> (text: String, consumed: Int) {
    var decoder = UTF8()
    var iterator = octets.prefix(4).makeIterator()
    guard case .scalarValue(let scalar) = decoder.decode(&iterator) else { return (octets.prefix(1).escapes, 1) }
    let width = UTF8.width(scalar)
    return isPrintable(scalar) ? (String(scalar), width) : (octets.prefix(width).escapes, width)
  }

  private static func isPrintable(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.properties.generalCategory {
    case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate, .privateUse, .unassigned: false
    default: true
    }
  }
}

extension Collection<UInt8> {
  /// Every octet as `\xNN`.
  fileprivate var escapes: String {
    map { octet in
      let digits = String(octet, radix: 16)
      return digits.count == 1 ? "\\x0" + digits : "\\x" + digits
    }.joined()
  }
}
