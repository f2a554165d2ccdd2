/// FNV-1a of 64 bits: a digest that is the same in every run, which the hashes of the language are not. It keeps nobody from
/// making two texts of one digest.
enum FNV1a {
  static func digest(_ octets: some Sequence<UInt8>) -> UInt64 {
    octets.reduce(0xcbf2_9ce4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
  }
}
