import XXHash

/// What tells a value that rotted on the disk from one that was written: a digest of the octets, seeded with that of the key.
///
/// LMDB's pages have no checksum of their own, and what a disk or a memory module turned round would otherwise go out as
/// a record. It is no protection against someone who may write the file.
enum Seal: Sendable {
  case xxh3
  /// Of stores of form 2.
  case xxh64

  static let current = Seal.xxh3
  /// Behind each value, in octets.
  static let length = 8

  /// The value without its seal; nil where the two do not belong together.
  func open(_ sealed: UnsafeRawBufferPointer, key: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer? {
    guard let value = Seal.value(in: sealed) else { return nil }
    let seal = UInt64(bigEndian: sealed.loadUnaligned(fromByteOffset: value.count, as: UInt64.self))
    return seal == of(value, key: key) ? value : nil
  }

  /// The value without its seal, sound or not; nil where there is no room for a seal.
  static func value(in sealed: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer? {
    guard sealed.count >= length else { return nil }
    return UnsafeRawBufferPointer(rebasing: sealed[..<(sealed.count - length)])
  }

  func close(_ value: [UInt8], key: [UInt8]) -> [UInt8] {
    let seal = value.withUnsafeBytes { value in key.withUnsafeBytes { of(value, key: $0) } }
    var sealed: [UInt8] = []
    sealed.reserveCapacity(value.count + Seal.length)
    sealed.append(contentsOf: value)
    withUnsafeBytes(of: seal.bigEndian) { sealed.append(contentsOf: $0) }
    return sealed
  }

  private func of(_ value: UnsafeRawBufferPointer, key: UnsafeRawBufferPointer) -> UInt64 {
    digest(value, seed: digest(key, seed: 0))
  }

  private func digest(_ octets: UnsafeRawBufferPointer, seed: UInt64) -> UInt64 {
    switch self {
    case .xxh3: XXHash.xxh3(octets, seed: seed)
    case .xxh64: XXHash.xxh64(octets, seed: seed)
    }
  }
}
