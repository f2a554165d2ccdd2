/// A block of addresses in CIDR notation (RFC 4632 section 3.1).
public struct AddressBlock: Hashable, Sendable, CustomStringConvertible {
  public let base: IPAddress
  /// The number of leading bits that count: 0 to 32, or 0 to 128.
  public let prefixLength: Int

  public init?(base: IPAddress, prefixLength: Int) {
    guard (0...base.octets.count * 8).contains(prefixLength) else { return nil }
    self.base = base
    self.prefixLength = prefixLength
  }

  /// Reads `ADDRESS/LENGTH`, or an address alone for the block of just that one.
  public init?(_ text: String) {
    let parts = text.utf8.split(separator: UInt8(ascii: "/"), maxSplits: 1, omittingEmptySubsequences: false)
    guard let first = parts.first, let base = IPAddress(String(Substring(first))) else { return nil }
    guard parts.count == 2 else {
      self.init(base: base, prefixLength: base.octets.count * 8)
      return
    }
    // UInt8 alone would take a sign.
    guard parts[1].allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }),
      let length = UInt8(Substring(parts[1]))
    else { return nil }
    self.init(base: base, prefixLength: Int(length))
  }

  /// Whether the address lies in the block; an address of the other family never does.
  public func contains(_ address: IPAddress) -> Bool {
    let mine = base.octets
    let theirs = address.octets
    guard mine.count == theirs.count else { return false }
    let whole = prefixLength / 8
    guard mine.prefix(whole) == theirs.prefix(whole) else { return false }
    let rest = prefixLength % 8
    guard rest > 0 else { return true }
    return (mine[whole] ^ theirs[whole]) >> (8 - rest) == 0
  }

  public var description: String { "\(base)/\(prefixLength)" }
}
