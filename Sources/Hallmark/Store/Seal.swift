/// What tells a value that rotted on the disk from one that was written: XXH64 of the octets, seeded with that of the key.
///
/// LMDB's pages have no checksum of their own, and what a disk or a memory module turned round would otherwise go out as
/// a record. It is no protection against someone who may write the file.
enum Seal {
  /// Behind each value, in octets.
  static let length = 8

  static func of(_ value: UnsafeRawBufferPointer, key: UnsafeRawBufferPointer) -> UInt64 {
    xxh64(value, seed: xxh64(key, seed: 0))
  }

  /// The value without its seal; nil where the two do not belong together.
  static func open(_ sealed: UnsafeRawBufferPointer, key: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer? {
    guard sealed.count >= length else { return nil }
    let value = UnsafeRawBufferPointer(rebasing: sealed[..<(sealed.count - length)])
    let seal = UInt64(bigEndian: sealed.loadUnaligned(fromByteOffset: value.count, as: UInt64.self))
    return seal == of(value, key: key) ? value : nil
  }

  static func close(_ value: [UInt8], key: [UInt8]) -> [UInt8] {
    let seal = value.withUnsafeBytes { value in key.withUnsafeBytes { of(value, key: $0) } }
    var sealed: [UInt8] = []
    sealed.reserveCapacity(value.count + length)
    sealed.append(contentsOf: value)
    withUnsafeBytes(of: seal.bigEndian) { sealed.append(contentsOf: $0) }
    return sealed
  }
}

// MARK: XXH64, after doc/xxhash_spec.md of the xxHash project

extension Seal {
  private static let prime1: UInt64 = 0x9E37_79B1_85EB_CA87
  private static let prime2: UInt64 = 0xC2B2_AE3D_27D4_EB4F
  private static let prime3: UInt64 = 0x1656_67B1_9E37_79F9
  private static let prime4: UInt64 = 0x85EB_CA77_C2B2_AE63
  private static let prime5: UInt64 = 0x27D4_EB2F_1656_67C5
  /// Octets that one step takes.
  private static let stripe = 32

  static func xxh64(_ bytes: UnsafeRawBufferPointer, seed: UInt64) -> UInt64 {
    var position = 0
    var hash = bytes.count >= stripe ? stripes(bytes, seed, &position) : seed &+ prime5
    hash &+= UInt64(bytes.count)
    while position + 8 <= bytes.count {
      hash = rotate(hash ^ round(0, load(bytes, position)), 27) &* prime1 &+ prime4
      position += 8
    }
    if position + 4 <= bytes.count {
      let lane = UInt64(UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: position, as: UInt32.self)))
      hash = rotate(hash ^ (lane &* prime1), 23) &* prime2 &+ prime3
      position += 4
    }
    for octet in bytes[position...] { hash = rotate(hash ^ (UInt64(octet) &* prime5), 11) &* prime1 }
    return avalanche(hash)
  }

  private static func stripes(_ bytes: UnsafeRawBufferPointer, _ seed: UInt64, _ position: inout Int) -> UInt64 {
    var a = seed &+ prime1 &+ prime2
    var b = seed &+ prime2
    var c = seed
    var d = seed &- prime1
    while position + stripe <= bytes.count {
      a = round(a, load(bytes, position))
      b = round(b, load(bytes, position + 8))
      c = round(c, load(bytes, position + 16))
      d = round(d, load(bytes, position + 24))
      position += stripe
    }
    let hash = rotate(a, 1) &+ rotate(b, 7) &+ rotate(c, 12) &+ rotate(d, 18)
    return merge(merge(merge(merge(hash, a), b), c), d)
  }

  private static func merge(_ hash: UInt64, _ lane: UInt64) -> UInt64 { (hash ^ round(0, lane)) &* prime1 &+ prime4 }

  private static func avalanche(_ hash: UInt64) -> UInt64 {
    var hash = (hash ^ (hash >> 33)) &* prime2
    hash = (hash ^ (hash >> 29)) &* prime3
    return hash ^ (hash >> 32)
  }

  private static func round(_ sum: UInt64, _ lane: UInt64) -> UInt64 {
    rotate(sum &+ lane &* prime2, 31) &* prime1
  }

  private static func rotate(_ number: UInt64, _ count: UInt64) -> UInt64 {
    (number << count) | (number >> (64 - count))
  }

  private static func load(_ bytes: UnsafeRawBufferPointer, _ offset: Int) -> UInt64 {
    UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
  }
}
