/// A set of ASCII octets, for grammars that know more of them than letters and digits: to ask it takes the same time for any
/// number of members.
struct OctetSet {
  private var bits: UInt128 = 0

  static let lettersAndDigits = OctetSet().with("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789")

  /// The set with the characters of the text besides; what is not ASCII is left out.
  func with(_ characters: String) -> OctetSet {
    var set = self
    for octet in characters.utf8 where octet < 0x80 { set.bits |= 1 << octet }
    return set
  }

  func contains(_ octet: UInt8) -> Bool { octet < 0x80 && bits & (1 << octet) != 0 }
}
