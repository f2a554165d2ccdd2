/// How long an RSA public key is; nothing more of it is looked at.
struct RSAPublicKeySize: Hashable {
  /// 1.2.840.113549.1.1.1, rsaEncryption (RFC 3279 section 2.3.1).
  private static let rsaEncryption: [UInt8] = [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01]

  /// Bits of the modulus.
  let bits: Int

  /// Reads a SubjectPublicKeyInfo, or a bare RSAPublicKey (RFC 6376 section 3.6.1 and its erratum 3017: both are
  /// published).
  init?(der: [UInt8]) {
    guard let outer = DERReader.only(.sequence, in: der[...]) else { return nil }
    if let size = RSAPublicKeySize(rsaPublicKey: outer) {
      self = size
    } else if let key = RSAPublicKeySize.subjectPublicKey(outer), let inner = DERReader.only(.sequence, in: key),
      let size = RSAPublicKeySize(rsaPublicKey: inner)
    {
      self = size
    } else {
      return nil
    }
  }

  /// RSAPublicKey ::= SEQUENCE { modulus INTEGER, publicExponent INTEGER } (RFC 8017 appendix A.1.1); its content.
  private init?(rsaPublicKey content: ArraySlice<UInt8>) {
    var reader = DERReader(content)
    guard let modulus = reader.read(.integer).flatMap(RSAPublicKeySize.bits), let exponent = reader.read(.integer),
      RSAPublicKeySize.bits(exponent) != nil, reader.isAtEnd
    else { return nil }
    bits = modulus
  }

  /// SubjectPublicKeyInfo ::= SEQUENCE { algorithm, subjectPublicKey BIT STRING } (RFC 5280 section 4.1); the key's
  /// octets.
  private static func subjectPublicKey(_ content: ArraySlice<UInt8>) -> ArraySlice<UInt8>? {
    var reader = DERReader(content)
    guard let algorithm = reader.read(.sequence), let key = reader.read(.bitString), reader.isAtEnd else { return nil }
    var identifier = DERReader(algorithm)
    // RFC 3279 section 2.3.1: the parameters are NULL. Some software leaves them out, and verifiers do not mind.
    guard identifier.read(.objectIdentifier)?.elementsEqual(rsaEncryption) == true else { return nil }
    guard identifier.isAtEnd || identifier.read(.null) != nil, identifier.isAtEnd else { return nil }
    // The first octet counts unused bits, of which a key has none.
    return key.first == 0 ? key.dropFirst() : nil
  }

  /// The bits of a positive INTEGER; nil for zero, a negative number, or a needless leading zero (ITU-T X.690 section
  /// 8.3.2).
  private static func bits(_ integer: ArraySlice<UInt8>) -> Int? {
    guard let first = integer.first, first < 0x80 else { return nil }
    let magnitude = first == 0 ? integer.dropFirst() : integer
    guard let top = magnitude.first, top != 0, first != 0 || top >= 0x80 else { return nil }
    return magnitude.count * 8 - top.leadingZeroBitCount
  }
}
