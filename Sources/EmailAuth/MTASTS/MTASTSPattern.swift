import DNS

/// Which MX hosts a policy lets through (RFC 8461 section 3.2 `sts-policy-mx-value = ["*."] Domain`, with the Domain of
/// RFC 5321 section 4.1.2).
public struct MTASTSPattern: Hashable, Sendable {
  /// As published; names match in any case.
  public let text: String
  /// The name; of a wildcard, what stands behind the star.
  public let name: DomainName
  /// One label stands before the name, and only one (RFC 8461 section 4.1).
  public let isWildcard: Bool

  /// Reads a pattern; nil for what is none. An address is none, nor is a U-label or a name with a final dot.
  public init?(_ text: String) {
    let octets = Array(text.utf8)
    let isWildcard = octets.starts(with: "*.".utf8)
    let rest = octets[(isWildcard ? 2 : 0)...]
    // The grammar of Domain knows letters, digits, hyphens and inner dots; an escape would come through DomainName.
    guard rest.last != UInt8(ascii: "."),
      rest.allSatisfy({ Octet.isLetterOrDigit($0) || $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: ".") }),
      let name = DomainName(String(decoding: rest, as: UTF8.self)), name.isHostName
    else { return nil }
    // No top-level domain is all digits (RFC 3696 section 2), so this is an address, and no MX host is one (RFC
    // 5321 section 5.1).
    let top = rest.suffix(from: rest.lastIndex(of: UInt8(ascii: ".")).map { $0 + 1 } ?? rest.startIndex)
    guard !top.allSatisfy(Octet.isDigit) else { return nil }
    self.text = text
    self.name = name
    self.isWildcard = isWildcard
  }

  /// Whether the pattern lets the host through.
  public func matches(_ host: DomainName) -> Bool {
    // RFC 8461 section 4.1: the star stands for the one left-most label.
    isWildcard ? host.isChild(of: name) : host == name
  }
}

extension MTASTSPattern: CustomStringConvertible {
  public var description: String { text }
}
