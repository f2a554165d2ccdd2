import DNS

extension SPFRecord {
  /// Reads a record, in linear time; nil when the text does not begin with the version section (RFC 7208 section 4.5).
  public init?(_ octets: [UInt8]) {
    guard SPFRecord.hasVersion(octets) else { return nil }
    var terms: [Term] = []
    terms.reserveCapacity(SPFRecord.usualTerms)
    var firstError: SPFError?
    var seen: Set<String> = []
    let rest = octets.dropFirst(SPFRecord.version.utf8.count)
    for text in rest.parts(between: UInt8(ascii: " ")) where !text.isEmpty {
      do throws(SPFError.Reason) {
        let term = try Term(parsing: text)
        // RFC 7208 section 6: these two MUST NOT appear in a record more than once each.
        if let name = term.uniqueName, !seen.insert(name).inserted { throw .repeatedModifier }
        terms.append(term)
      } catch {
        firstError = firstError ?? SPFError(error, term: SPFError.quote(text))
      }
    }
    self.init(terms: terms, error: firstError)
  }

  private static let version = "v=spf1"
  fileprivate static let nameOctets = OctetSet.lettersAndDigits.with("-_.")
  /// Most records have no more terms: room for them is made at once.
  private static let usualTerms = 8

  /// RFC 7208 section 4.5: the version section ends with a space or the end of the record; it matches in any case.
  static func hasVersion(_ octets: [UInt8]) -> Bool {
    let count = version.utf8.count
    guard octets.count >= count, octets.count == count || octets[count] == UInt8(ascii: " ") else { return false }
    return Octet.isName(octets.span.extracting(first: count), version)
  }
}

extension SPFRecord.Term {
  /// The name of a modifier that may stand once in a record.
  fileprivate var uniqueName: String? {
    switch kind {
    case .modifier(.redirect): "redirect"
    case .modifier(.explanation): "exp"
    default: nil
    }
  }

  init(parsing octets: ArraySlice<UInt8>) throws(SPFError.Reason) {
    // RFC 7208 section 3.1 (US-ASCII) and section 12 (visible characters).
    let text = octets.span
    for index in text.indices { guard Octet.isVisible(text[index]) else { throw .invalidCharacter } }
    let qualifier = text.isEmpty ? nil : SPFRecord.Qualifier(octet: text[0])
    let start = qualifier == nil ? 0 : 1
    // RFC 7208 section 4.6.1: a modifier has "=" right behind its name.
    // name = ALPHA *( ALPHA / DIGIT / "-" / "_" / "." )
    let nameOctets = SPFRecord.nameOctets
    var end = start
    while end < text.count, nameOctets.contains(text[end]) { end += 1 }
    let border = octets.startIndex + end
    if end < text.count, text[end] == UInt8(ascii: "=") {
      guard qualifier == nil else { throw .qualifiedModifier }
      kind = .modifier(try SPFRecord.Modifier(name: octets[..<border], value: octets[(border + 1)...]))
    } else {
      let name = text.extracting(start..<end)
      kind = .directive(qualifier ?? .pass, try SPFRecord.Mechanism(name: name, rest: octets[border...]))
    }
    self.octets = octets
  }
}

extension SPFRecord.Modifier {
  init(name: ArraySlice<UInt8>, value: ArraySlice<UInt8>) throws(SPFError.Reason) {
    guard let first = name.first, Octet.isLetter(first) else { throw .invalidModifierName }
    switch name {
    // RFC 7208 sections 6.1 and 6.2: a known name with a broken value is an error, not an unknown modifier.
    case "redirect": self = .redirect(try SPFDomainSpec(parsing: value))
    case "exp": self = .explanation(try SPFDomainSpec(parsing: value))
    default: self = .unknown(name: Octet.lowercased(name), try SPFMacroString(parsing: value, in: .unknownModifier))
    }
  }
}

extension SPFRecord.Mechanism {
  init(name: Span<UInt8>, rest: ArraySlice<UInt8>) throws(SPFError.Reason) {
    switch name {
    // Those that records have most come first.
    case "ip4": self = try .ip4(network: rest)
    case "ip6": self = try .ip6(network: rest)
    case "include": self = .include(try SPFDomainSpec(argument: rest))
    case "all":
      guard rest.isEmpty else { throw .unexpectedArgument }
      self = .all
    case "a":
      let (target, lengths) = try SPFRecord.Mechanism.target(rest)
      self = .a(target, lengths)
    case "mx":
      let (target, lengths) = try SPFRecord.Mechanism.target(rest)
      self = .mx(target, lengths)
    case "exists": self = .exists(try SPFDomainSpec(argument: rest))
    case "ptr": self = .ptr(rest.isEmpty ? nil : try SPFDomainSpec(argument: rest))
    default: throw .unknownMechanism
    }
  }

  /// [ ":" domain-spec ] [ dual-cidr-length ]
  private static func target(
    _ argument: ArraySlice<UInt8>
  ) throws(SPFError.Reason) -> (SPFDomainSpec?, SPFRecord.PrefixLengths) {
    var rest = argument
    let lengths = try SPFRecord.PrefixLengths(removingFrom: &rest)
    return (rest.isEmpty ? nil : try SPFDomainSpec(argument: rest), lengths)
  }

  /// ":" ip4-network [ ip4-cidr-length ]
  private static func ip4(network argument: ArraySlice<UInt8>) throws(SPFError.Reason) -> SPFRecord.Mechanism {
    let text = argument.span
    let end = try endOfAddress(text)
    // RFC 7208 section 5.6: parts of the address MUST NOT be left out.
    guard let address = IPv4Address(ascii: text.extracting(1..<end)) else { throw .invalidIP4 }
    guard end < text.count else { return .ip4(address, prefixLength: 32) }
    return .ip4(address, prefixLength: try SPFRecord.PrefixLengths.ip4(text.extracting((end + 1)...)))
  }

  /// ":" ip6-network [ ip6-cidr-length ]
  private static func ip6(network argument: ArraySlice<UInt8>) throws(SPFError.Reason) -> SPFRecord.Mechanism {
    let text = argument.span
    let end = try endOfAddress(text)
    guard let address = IPv6Address(ascii: argument.dropFirst().prefix(end - 1)) else { throw .invalidIP6 }
    guard end < text.count else { return .ip6(address, prefixLength: 128) }
    return .ip6(address, prefixLength: try SPFRecord.PrefixLengths.ip6(text.extracting((end + 1)...)))
  }

  /// Where the first "/" stands, or the end.
  private static func endOfAddress(_ text: Span<UInt8>) throws(SPFError.Reason) -> Int {
    guard text.count > 1, text[0] == UInt8(ascii: ":") else { throw .missingArgument }
    return text.indices.first { text[$0] == UInt8(ascii: "/") } ?? text.count
  }
}

extension SPFDomainSpec {
  /// ":" domain-spec
  fileprivate init(argument: ArraySlice<UInt8>) throws(SPFError.Reason) {
    guard let first = argument.first else { throw .missingArgument }
    guard first == UInt8(ascii: ":") else { throw .unexpectedArgument }
    try self.init(parsing: argument.dropFirst())
  }
}

extension SPFRecord.PrefixLengths {
  /// Takes `[ "/" ip4-cidr-length ] [ "//" ip6-cidr-length ]` off the end; a domain-spec may itself hold slashes.
  fileprivate init(removingFrom rest: inout ArraySlice<UInt8>) throws(SPFError.Reason) {
    var ip6 = 128
    var ip4 = 32
    if let digits = SPFRecord.PrefixLengths.digits(behind: "//", endOf: rest) {
      ip6 = try SPFRecord.PrefixLengths.ip6(digits.span)
      rest = rest.dropLast(digits.count + 2)
    }
    if let digits = SPFRecord.PrefixLengths.digits(behind: "/", endOf: rest) {
      ip4 = try SPFRecord.PrefixLengths.ip4(digits.span)
      rest = rest.dropLast(digits.count + 1)
    }
    self.init(ip4: ip4, ip6: ip6)
  }

  private static func digits(behind mark: String, endOf text: ArraySlice<UInt8>) -> ArraySlice<UInt8>? {
    let digits = text.suffix(from: text.lastIndex { !Octet.isDigit($0) }.map { $0 + 1 } ?? text.startIndex)
    guard !digits.isEmpty, text[..<digits.startIndex].suffix(mark.utf8.count).elementsEqual(mark.utf8) else {
      return nil
    }
    return digits
  }

  /// ip4-cidr-length = "/" ("0" / %x31-39 0*1DIGIT) ; value range 0-32
  fileprivate static func ip4(_ digits: Span<UInt8>) throws(SPFError.Reason) -> Int {
    try number(digits, upTo: 32)
  }

  /// ip6-cidr-length = "/" ("0" / %x31-39 0*2DIGIT) ; value range 0-128
  fileprivate static func ip6(_ digits: Span<UInt8>) throws(SPFError.Reason) -> Int {
    try number(digits, upTo: 128)
  }

  private static func number(_ digits: Span<UInt8>, upTo maximum: Int) throws(SPFError.Reason) -> Int {
    guard (1...3).contains(digits.count), digits.count == 1 || digits[0] != UInt8(ascii: "0") else {
      throw .invalidPrefixLength
    }
    var value = 0
    for index in digits.indices {
      guard Octet.isDigit(digits[index]) else { throw .invalidPrefixLength }
      value = value * 10 + Int(digits[index] - UInt8(ascii: "0"))
    }
    guard value <= maximum else { throw .invalidPrefixLength }
    return value
  }
}
