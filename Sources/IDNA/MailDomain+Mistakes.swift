import DNS

extension MailDomain {
  /// What people and programs give instead of a domain. Each is said apart, because each has a remedy of its own.
  static func obviousMistake(in text: String) -> MailDomainError? {
    // First: comparing text takes time with the square of the combining marks in it.
    guard text.utf8.count <= maximumTextLength else { return MailDomainError(.tooLong) }
    guard !text.isEmpty, text != "." else { return MailDomainError(.empty) }
    if text.unicodeScalars.contains(where: isControl) { return MailDomainError(.controlCharacter) }
    if text.unicodeScalars.contains(where: \.properties.isWhitespace) { return MailDomainError(.whiteSpace) }
    if isAddress(text) { return MailDomainError(.address) }
    let octets = Array(text.utf8)
    if let scheme = text.range(ofASCII: "://") {
      return MailDomainError(.url, suggestion: MailDomain(host: text[scheme.upperBound...]))
    }
    if let at = octets.lastIndex(of: UInt8(ascii: "@")) {
      return MailDomainError(.mailbox, suggestion: MailDomain(host: text.tail(after: at)))
    }
    if octets.contains(UInt8(ascii: "/")) { return MailDomainError(.url, suggestion: MailDomain(host: text[...])) }
    if octets.contains(UInt8(ascii: ":")) { return MailDomainError(.port, suggestion: MailDomain(host: text[...])) }
    if octets.contains(UInt8(ascii: "*")) { return MailDomainError(.wildcard) }
    if octets.contains(UInt8(ascii: "_")) { return MailDomainError(.underscore, suggestion: MailDomain(below: text)) }
    return octets.allSatisfy(isAllowed) ? nil : MailDomainError(.invalidCharacter)
  }

  /// Letters, digits, hyphen and dot of ASCII, and whatever is not ASCII, which libidn2 judges.
  private static func isAllowed(_ octet: UInt8) -> Bool {
    switch octet {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), 0x80...:
      true
    default: false
    }
  }

  /// C0, DEL and C1, which no part of a name can be.
  private static func isControl(_ scalar: Unicode.Scalar) -> Bool {
    scalar.value < 0x20 || (0x7f...0x9f).contains(scalar.value)
  }

  /// An address as such, with a final dot, or as the literal of RFC 5321 section 4.1.3.
  private static func isAddress(_ text: String) -> Bool {
    var rest = text[...]
    if rest.hasPrefix("["), rest.hasSuffix("]") {
      rest = rest.dropFirst().dropLast()
      if rest.lowercased().hasPrefix("ipv6:") { rest = rest.dropFirst(5) }
    }
    if rest.hasSuffix(".") { rest = rest.dropLast() }
    return IPAddress(String(rest)) != nil
  }

  /// What stands before the first slash or colon, where that is a valid domain: the suggestion in an error.
  private init?(host text: Substring) {
    let end = text.utf8.firstIndex { $0 == UInt8(ascii: "/") || $0 == UInt8(ascii: ":") } ?? text.endIndex
    self.init(suggested: String(text[..<end]))
  }

  /// What stands behind the leftmost labels that begin with an underscore.
  private init?(below text: String) {
    let labels = text.split(separator: ".", omittingEmptySubsequences: false)
    guard let last = labels.lastIndex(where: { $0.hasPrefix("_") }), last + 1 < labels.count else { return nil }
    self.init(suggested: labels[(last + 1)...].joined(separator: "."))
  }

  private init?(suggested text: String) {
    // A mistake inside a mistake gets no suggestion, so that this cannot go on.
    guard text.utf8.allSatisfy(MailDomain.isAllowed), let domain = try? MailDomain(validating: text) else { return nil }
    self = domain
  }
}

extension String {
  /// Where an ASCII text stands for the first time.
  fileprivate func range(ofASCII needle: String) -> Range<Index>? {
    let wanted = Array(needle.utf8)
    var index = startIndex
    while let found = utf8[index...].firstIndex(of: wanted[0]) {
      if utf8[found...].starts(with: wanted) { return found..<utf8.index(found, offsetBy: wanted.count) }
      index = utf8.index(after: found)
    }
    return nil
  }

  fileprivate func tail(after offset: Int) -> Substring { self[utf8.index(utf8.startIndex, offsetBy: offset + 1)...] }
}
