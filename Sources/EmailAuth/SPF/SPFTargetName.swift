import DNS

/// A `target-name` as octets, before it is known to be a DNS name (RFC 7208 sections 4.8 and 7.3).
enum SPFTargetName {
  /// The most characters that a name made by macros may have (RFC 7208 section 7.3).
  static let maximumLength = 253

  /// The DNS name; nil when a label is empty or too long. The dot at the end is not needed and not kept.
  ///
  /// RFC 7208 section 4.3 gives such a <domain> the result "none". For the target of a mechanism the RFC is silent, and
  /// its test suite accepts both "permerror" and no match; we take the name for one that does not exist: no match.
  static func name(_ octets: ArraySlice<UInt8>) -> DomainName? {
    let text = octets.last == UInt8(ascii: ".") ? octets.dropLast() : octets
    guard !text.isEmpty, text.count <= maximumLength else { return nil }
    return DomainName(dotted: text.span)
  }

  /// Takes labels off the left until the name fits (RFC 7208 section 7.3); empty when not even the last label does.
  static func truncated(_ octets: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
    let text = octets.last == UInt8(ascii: ".") ? octets.dropLast() : octets
    guard text.count > maximumLength else { return octets }
    guard let dot = text.suffix(maximumLength + 1).firstIndex(of: UInt8(ascii: ".")) else { return [] }
    return text[(dot + 1)...]
  }
}

extension SPFDomainSpec {
  /// The name, where no macro is in it and it can be a DNS name.
  public var literalName: DomainName? {
    // Between two literals there is a macro.
    guard case .literal(let literal)? = macroString.tokens.first, macroString.tokens.count == 1 else { return nil }
    return SPFTargetName.name(SPFTargetName.truncated(literal))
  }
}
