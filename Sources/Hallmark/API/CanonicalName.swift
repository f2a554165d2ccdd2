import DNS

/// The canonical form of a name that is already close to it, without libidn2: the path of a fresh record.
enum CanonicalName {
  /// nil where the text is more than letters, digits, hyphens and dots, or may be an A-label: the whole validation decides.
  static func domain(_ text: String) -> DomainName? {
    // Nearly every text has its octets at one place, where they are walked faster.
    let isPlain = text.utf8.withContiguousStorageIfAvailable(isPlain) ?? isPlain(text.utf8)
    return isPlain ? DomainName(text) : nil
  }

  private static func isPlain(_ octets: some Collection<UInt8>) -> Bool {
    var hasDot = false
    var previous = UInt8(ascii: ".")
    var hyphens = 0
    for octet in octets {
      switch octet {
      case UInt8(ascii: "."):
        guard previous != octet, previous != UInt8(ascii: "-") else { return false }
        hasDot = true
        hyphens = 0
      case UInt8(ascii: "-"):
        guard previous != UInt8(ascii: ".") else { return false }
        // Two in a row may be the third and fourth place of an A-label (RFC 5890 section 2.3.1).
        hyphens = previous == octet ? hyphens + 1 : 1
        guard hyphens < 2 else { return false }
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"):
        break
      default: return false
      }
      previous = octet
    }
    return hasDot && previous != UInt8(ascii: "-")
  }
}
