import DNS

/// The values of macro letters for one <domain> (RFC 7208 section 7.2). `%{p}` is given from outside: it asks the DNS.
struct SPFMacroValues {
  let request: SPFRequest
  /// <domain> as octets, without the final dot.
  let domain: [UInt8]

  func value(of letter: SPFMacro.Letter, validatedName: [UInt8]) -> [UInt8] {
    switch letter {
    case .sender: request.sender
    case .localPart: request.localPart
    case .senderDomain: request.domain
    case .domain: domain
    case .address: SPFMacroValues.dotted(request.address)
    case .validatedName: validatedName
    case .helo: request.helo
    case .readableAddress: Array(request.address.description.utf8)
    case .receiver: request.receiver
    case .time: Array(String(request.time).utf8)
    case .addressFamily: Array((request.address.isIPv6 ? "ip6" : "in-addr").utf8)
    }
  }

  /// Dotted decimal, or the 32 nibbles of an IPv6 address (RFC 7208 section 7.3), upper case as in the test suite.
  static func dotted(_ address: IPAddress) -> [UInt8] {
    guard case .v6(let six) = address else { return Array(address.description.utf8) }
    var text: [UInt8] = []
    text.reserveCapacity(63)
    for octet in six.octets {
      for nibble in [octet >> 4, octet & 0xf] {
        if !text.isEmpty { text.append(UInt8(ascii: ".")) }
        text.append(hexDigit(nibble))
      }
    }
    return text
  }

  /// The name below which an address has its PTR records (RFC 1035 section 3.5, RFC 3596 section 2.5).
  static func reverseName(_ address: IPAddress) -> DomainName? {
    var labels = Array(dotted(address).split(separator: UInt8(ascii: ".")).map(Array.init).reversed())
    labels.append(Array((address.isIPv6 ? "ip6" : "in-addr").utf8))
    labels.append(Array("arpa".utf8))
    return DomainName(wireLabels: labels)
  }
}

extension SPFMacro {
  /// Splits, reverses, keeps the right-hand parts, joins with dots, escapes: in this order (RFC 7208 section 7.3).
  func transform(_ value: [UInt8]) -> [UInt8] {
    // The right-hand parts of what is reversed are the left-hand parts of what is not.
    let kept = isReversed ? leftHandParts(value) : rightHandParts(value)
    var parts = kept.split(omittingEmptySubsequences: false, whereSeparator: isSeparator)
    if isReversed { parts.reverse() }
    let joined = Array(parts.joined(separator: [UInt8(ascii: ".")]))
    return isEscaped ? SPFMacro.escaped(joined) : joined
  }

  /// Looks at no more octets than it gives, and one: a record of thousands of macros costs no more than it makes.
  private func rightHandParts(_ value: [UInt8]) -> ArraySlice<UInt8> {
    var left = parts ?? Int.max
    var start = value.endIndex
    while start > value.startIndex {
      if isSeparator(value[start - 1]) { left -= 1 }
      if left == 0 { break }
      start -= 1
    }
    return value[start...]
  }

  private func leftHandParts(_ value: [UInt8]) -> ArraySlice<UInt8> {
    var left = parts ?? Int.max
    let end = value.firstIndex { octet in
      if isSeparator(octet) { left -= 1 }
      return left == 0
    }
    return value[..<(end ?? value.endIndex)]
  }

  private func isSeparator(_ octet: UInt8) -> Bool {
    delimiters.isEmpty ? octet == UInt8(ascii: ".") : delimiters.contains(octet)
  }

  /// Percent-encoding of all but `unreserved = ALPHA / DIGIT / "-" / "." / "_" / "~"` (RFC 3986 sections 2.1 and 2.3).
  private static func escaped(_ octets: [UInt8]) -> [UInt8] {
    var text: [UInt8] = []
    for octet in octets {
      switch octet {
      case _ where Octet.isLetterOrDigit(octet), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
        UInt8(ascii: "~"):
        text.append(octet)
      default:
        text += [UInt8(ascii: "%"), hexDigit(octet >> 4), hexDigit(octet & 0xf)]
      }
    }
    return text
  }
}

private func hexDigit(_ nibble: UInt8) -> UInt8 {
  nibble < 10 ? UInt8(ascii: "0") + nibble : UInt8(ascii: "A") + nibble - 10
}

extension SPFMacroString {
  var needsValidatedName: Bool {
    tokens.contains { if case .macro(let macro) = $0 { macro.letter == .validatedName } else { false } }
  }

  /// The target name, its labels cut off from the left beyond 253 characters (RFC 7208 section 7.3).
  ///
  /// It is made from the right and given up once it is too long, so that a long record cannot make it large.
  func targetName(_ values: SPFMacroValues, validatedName: [UInt8]) -> [UInt8] {
    var pieces: [[UInt8]] = []
    var count = 0
    for token in tokens.reversed() where count <= SPFTargetName.maximumLength + 1 {
      pieces.append(SPFMacroString.expand(token, values, validatedName: validatedName))
      count += pieces.last?.count ?? 0
    }
    return Array(SPFTargetName.truncated(Array(pieces.reversed().joined())[...]))
  }

  /// The text of an explanation; nil when it grows beyond `maximumLength` octets.
  func text(_ values: SPFMacroValues, validatedName: [UInt8], maximumLength: Int) -> [UInt8]? {
    var text: [UInt8] = []
    for token in tokens {
      text += SPFMacroString.expand(token, values, validatedName: validatedName)
      guard text.count <= maximumLength else { return nil }
    }
    return text
  }

  private static func expand(_ token: Token, _ values: SPFMacroValues, validatedName: [UInt8]) -> [UInt8] {
    switch token {
    case .literal(let octets): Array(octets)
    case .macro(let macro): macro.transform(values.value(of: macro.letter, validatedName: validatedName))
    }
  }
}
