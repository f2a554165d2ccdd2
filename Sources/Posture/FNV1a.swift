/// FNV-1a of 64 bits: a digest that is the same in every run, which the hashes of the language are not. It keeps nobody from
/// making two texts of one digest.
enum FNV1a {
  /// - Parameters:
  ///   - octets: what the digest is of.
  ///   - digest: of what stands before them; of nothing where they are the first.
  static func digest(_ octets: some Sequence<UInt8>, behind digest: UInt64 = 0xcbf2_9ce4_8422_2325) -> UInt64 {
    octets.reduce(digest) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
  }
}
