import DNS

/// The canonical form of a name that is already close to it, without libidn2: the path of a fresh record.
enum CanonicalName {
  /// nil where the text is more than letters, digits, hyphens and dots, or may be an A-label: the whole validation decides.
  static func domain(_ text: String) -> DomainName? {
    var hasDot = false
    var previous = UInt8(ascii: ".")
    var hyphens = 0
    for octet in text.utf8 {
      switch octet {
      case UInt8(ascii: "."):
        guard previous != octet, previous != UInt8(ascii: "-") else { return nil }
        hasDot = true
        hyphens = 0
      case UInt8(ascii: "-"):
        guard previous != UInt8(ascii: ".") else { return nil }
        // Two in a row may be the third and fourth place of an A-label (RFC 5890 section 2.3.1).
        hyphens = previous == octet ? hyphens + 1 : 1
        guard hyphens < 2 else { return nil }
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"):
        break
      default: return nil
      }
      previous = octet
    }
    return hasDot && previous != UInt8(ascii: "-") ? DomainName(text) : nil
  }
}
