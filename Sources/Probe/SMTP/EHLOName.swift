import DNS

/// The name that Hallmark gives in EHLO (RFC 5321 section 4.1.1.1): a host name, or an address literal.
public struct EHLOName: Hashable, Sendable, CustomStringConvertible {
  public let description: String

  /// Reads `mx.example.com`, `[192.0.2.1]` or `[IPv6:2001:db8::1]`; nil for anything else.
  public init?(_ text: String) {
    if let literal = EHLOName.literal(text) {
      description = literal
    } else {
      // RFC 5321 section 4.1.2: Domain is letters, digits and hyphens; an address must stand in brackets.
      guard let name = DomainName(text), name.isHostName, IPAddress(name.description) == nil else { return nil }
      description = name.description
    }
  }

  /// RFC 5321 section 4.1.3.
  private static func literal(_ text: String) -> String? {
    guard text.hasPrefix("["), text.hasSuffix("]") else { return nil }
    let inner = text.dropFirst().dropLast()
    if inner.lowercased().hasPrefix("ipv6:") { return IPv6Address(String(inner.dropFirst(5))).map { "[IPv6:\($0)]" } }
    return IPv4Address(String(inner)).map { "[\($0)]" }
  }
}
