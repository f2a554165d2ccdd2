import DNS

/// Which addresses may be contacted.
///
/// Whoever publishes an MX record or a policy host chooses the address that Hallmark connects to, so that without
/// this rule anyone could have it knock on doors inside the network that it runs in. Every connection is checked
/// here, by its numeric address, at the moment it is made; a name is never handed to the system.
public struct AddressPolicy: Hashable, Sendable {
  /// Blocks that may be contacted though they are special-purpose (`--allow-address`).
  public let allowed: [AddressBlock]

  public init(allowed: [AddressBlock] = []) { self.allowed = allowed }

  /// Whether the address may be contacted.
  ///
  /// An address that carries others inside it (IPv4-mapped, NAT64, 6to4, Teredo) may be contacted only when each of
  /// those may.
  public func allows(_ address: IPAddress) -> Bool {
    if case .v6(let outer) = address {
      guard outer.embeddedIPv4.allSatisfy({ allows(.v4($0)) }) else { return false }
    }
    if allowed.contains(where: { $0.contains(address) }) { return true }
    // RFC 6052 section 3.1: behind a NAT64 the prefix stands for the IPv4 Internet, and the address inside was judged
    // above.
    if SpecialPurposeBlocks.wellKnownNAT64.contains(where: { $0.contains(address) }) { return true }
    return !SpecialPurposeBlocks.all.contains { $0.contains(address) }
  }
}

extension IPv6Address {
  /// The IPv4 addresses that a translator or a tunnel would take out of this one.
  var embeddedIPv4: [IPv4Address] {
    let last = Array(octets[12...])
    switch (octets[0], octets[1], octets[2], octets[3]) {
    // RFC 4291 section 2.5.5: IPv4-mapped, and IPv4-compatible, of which `::` and `::1` are none.
    case (0, 0, 0, 0) where octets[4..<10].allSatisfy({ $0 == 0 }):
      let isCompatible = octets[10] == 0 && octets[11] == 0 && last[0] != 0
      return mappedIPv4 != nil || isCompatible ? Self.addresses(last) : []
    // RFC 6052 section 2.2 and RFC 8215: NAT64, read as prefixes of 96 bits.
    case (0x00, 0x64, 0xff, 0x9b): return Self.addresses(last)
    // RFC 3056 section 2: 6to4.
    case (0x20, 0x02, _, _): return Self.addresses(Array(octets[2..<6]))
    // RFC 4380 section 4: Teredo has the server's address, and the client's with every bit turned over.
    case (0x20, 0x01, 0x00, 0x00): return Self.addresses(Array(octets[4..<8]), last.map { ~$0 })
    default: return []
    }
  }

  private static func addresses(_ octets: [UInt8]...) -> [IPv4Address] {
    octets.compactMap { IPv4Address(octets: $0) }
  }
}
