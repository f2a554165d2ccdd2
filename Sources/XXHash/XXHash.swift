import CXXHash

/// Non-cryptographic digests of 64 bits, by libxxhash. They tell what changed by accident, and nothing of what somebody changed.
public enum XXHash {
  /// XXH3 (doc/xxhash_spec.md of the xxHash project, version 0.2): the fast one.
  public static func xxh3(_ octets: UnsafeRawBufferPointer, seed: UInt64) -> UInt64 {
    hallmark_xxh3(octets.baseAddress, octets.count, seed)
  }

  /// XXH64, the older one.
  public static func xxh64(_ octets: UnsafeRawBufferPointer, seed: UInt64) -> UInt64 {
    XXH64(octets.baseAddress, octets.count, seed)
  }
}
