import DNS

/// A DKIM selector (RFC 6376 section 3.1): `sub-domain *( "." sub-domain )`, in lower case.
///
/// Underscores, which that grammar does not have, are taken too: the DNS holds them, and they are published.
public struct DKIMSelector: Hashable, Sendable {
  /// The label below which all keys of a domain stand (RFC 6376 section 3.6.2.1).
  public static let keyLabel = "_domainkey"

  /// The selector as labels of a name.
  let name: DomainName
  /// The selector and `_domainkey`; nil where that is too long for the DNS already.
  private let keyPrefix: DomainName?

  /// Reads a selector alone, such as `s1` or `march.2026`; nil for anything that is none.
  public init?(_ text: String) {
    // Backslashes are escapes to DomainName, and none stands in a selector. A final dot is dropped.
    guard text.utf8.allSatisfy(DKIMSelector.isAllowed), let name = DomainName(text), !name.isRoot else { return nil }
    for label in name.labels {
      // RFC 5321 section 4.1.2, Let-dig and Ldh-str.
      guard label.utf8.first != UInt8(ascii: "-"), label.utf8.last != UInt8(ascii: "-") else { return nil }
    }
    self.name = name
    keyPrefix = DomainName(DKIMSelector.keyLabel)?.prepending(name)
  }

  private static func isAllowed(_ octet: UInt8) -> Bool {
    Octet.isLetterOrDigit(octet) || octet == UInt8(ascii: "-") || octet == UInt8(ascii: ".")
      || octet == UInt8(ascii: "_")
  }

  /// Where the key of this selector stands (RFC 6376 section 3.6.2.1); nil where that is too long for the DNS, so that
  /// no key can be there.
  public func keyName(of domain: DomainName) -> DomainName? {
    keyPrefix.flatMap(domain.prepending)
  }
}

extension DKIMSelector: CustomStringConvertible {
  public var description: String { name.description }
}

extension DKIMSelector: Comparable {
  public static func < (lhs: DKIMSelector, rhs: DKIMSelector) -> Bool { lhs.description < rhs.description }
}
