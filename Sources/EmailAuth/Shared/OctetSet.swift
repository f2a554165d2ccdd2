/// A set of ASCII octets, for grammars that know more of them than letters and digits: to ask it takes the same time for any
/// number of members.
struct OctetSet {
  /// The octets below 64, and those above them.
  private var low: UInt64 = 0
  private var high: UInt64 = 0

  static let lettersAndDigits = OctetSet().with("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789")

  /// The set with the characters of the text besides; what is not ASCII is left out.
  func with(_ characters: String) -> OctetSet {
    var set = self
    for octet in characters.utf8 where octet < 0x80 {
      if octet < 0x40 { set.low |= 1 << octet } else { set.high |= 1 << (octet - 0x40) }
    }
    return set
  }

  func contains(_ octet: UInt8) -> Bool {
    // The shift takes the last six bits of the octet alone.
    octet < 0x80 && (octet < 0x40 ? low : high) &>> UInt64(octet) & 1 != 0
  }
}
