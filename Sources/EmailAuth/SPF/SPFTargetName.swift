import DNS

/// A `target-name` as octets, before it is known to be a DNS name (RFC 7208 sections 4.8 and 7.3).
enum SPFTargetName {
  /// The most characters that a name made by macros may have (RFC 7208 section 7.3).
  static let maximumLength = 253

  /// The DNS name; nil when a label is empty or too long. The dot at the end is not needed and not kept.
  ///
  /// RFC 7208 section 4.3 gives such a <domain> the result "none". For the target of a mechanism the RFC is silent, and
  /// its test suite accepts both "permerror" and no match; we take the name for one that does not exist: no match.
  static func name(_ octets: [UInt8]) -> DomainName? {
    let text = octets.last == UInt8(ascii: ".") ? octets.dropLast() : octets[...]
    guard !text.isEmpty, text.count <= maximumLength else { return nil }
    return DomainName(dotted: text)
  }

  /// Takes labels off the left until the name fits (RFC 7208 section 7.3); empty when not even the last label does.
  static func truncated(_ octets: [UInt8]) -> [UInt8] {
    let end = octets.last == UInt8(ascii: ".") ? octets.count - 1 : octets.count
    guard end > maximumLength else { return octets }
    let window = octets[(end - maximumLength - 1)..<end]
    guard let dot = window.firstIndex(of: UInt8(ascii: ".")) else { return [] }
    return Array(octets[(dot + 1)..<end])
  }
}

extension SPFDomainSpec {
  /// The name, where no macro is in it and it can be a DNS name.
  public var literalName: DomainName? {
    var octets: [UInt8] = []
    for token in macroString.tokens {
      guard case .literal(let literal) = token else { return nil }
      octets += literal
    }
    return SPFTargetName.name(SPFTargetName.truncated(octets))
  }
}
