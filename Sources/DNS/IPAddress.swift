/// An IPv4 or IPv6 address as octets in network order.
public enum IPAddress: Hashable, Sendable {
  case v4(IPv4Address)
  case v6(IPv6Address)

  /// Reads dotted decimal, or the text forms of RFC 4291 section 2.2; nil for anything else, zones included.
  public init?(_ text: String) {
    if let address = IPv4Address(text) {
      self = .v4(address)
    } else if let address = IPv6Address(text) {
      self = .v6(address)
    } else {
      return nil
    }
  }

  /// Four or sixteen octets in network order.
  public init?(octets: [UInt8]) {
    if let address = IPv4Address(octets: octets) {
      self = .v4(address)
    } else if let address = IPv6Address(octets: octets) {
      self = .v6(address)
    } else {
      return nil
    }
  }

  public var octets: [UInt8] {
    switch self {
    case .v4(let address): address.octets
    case .v6(let address): address.octets
    }
  }

  public var isIPv6: Bool {
    if case .v6 = self { true } else { false }
  }
}

extension IPAddress: CustomStringConvertible {
  public var description: String {
    switch self {
    case .v4(let address): address.description
    case .v6(let address): address.description
    }
  }
}

extension IPAddress: Comparable {
  /// IPv4 before IPv6, then by value.
  public static func < (lhs: IPAddress, rhs: IPAddress) -> Bool {
    lhs.isIPv6 == rhs.isIPv6 ? lhs.octets.lexicographicallyPrecedes(rhs.octets) : !lhs.isIPv6
  }
}

/// An IPv4 address.
public struct IPv4Address: Hashable, Sendable, CustomStringConvertible {
  /// The address as a number, most significant octet first.
  public let value: UInt32

  public init(value: UInt32) { self.value = value }

  public init?(octets: [UInt8]) {
    guard octets.count == 4 else { return nil }
    value = octets.reduce(0) { $0 << 8 | UInt32($1) }
  }

  /// Reads `d.d.d.d`, each 0 to 255 without leading zeros (RFC 7208 section 12 `qnum`, RFC 6943 section 3.1.1).
  public init?(_ text: String) {
    let parts = text.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
    guard parts.count == 4 else { return nil }
    var value: UInt32 = 0
    for part in parts {
      guard let octet = IPv4Address.octet(part) else { return nil }
      value = value << 8 | UInt32(octet)
    }
    self.value = value
  }

  private static func octet(_ digits: Substring.UTF8View.SubSequence) -> UInt8? {
    guard (1...3).contains(digits.count), digits.count == 1 || digits.first != UInt8(ascii: "0") else { return nil }
    var value = 0
    for digit in digits {
      guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(digit) else { return nil }
      value = value * 10 + Int(digit - UInt8(ascii: "0"))
    }
    return UInt8(exactly: value)
  }

  public var octets: [UInt8] { (0..<4).map { UInt8(truncatingIfNeeded: value >> (24 - 8 * $0)) } }

  public var description: String { octets.map(String.init).joined(separator: ".") }
}

/// An IPv6 address.
public struct IPv6Address: Hashable, Sendable, CustomStringConvertible {
  public let octets: [UInt8]

  public init?(octets: [UInt8]) {
    guard octets.count == 16 else { return nil }
    self.octets = octets
  }

  /// Reads the text forms of RFC 4291 section 2.2, an embedded IPv4 address at the end included; no zone.
  public init?(_ text: String) {
    guard text.utf8.count <= 45 else { return nil }
    let halves = IPv6Address.halves(of: text)
    guard let halves, let head = IPv6Address.groups(halves.head, last: halves.tail == nil) else { return nil }
    guard let tailText = halves.tail else {
      guard head.count == 16 else { return nil }
      octets = head
      return
    }
    // RFC 4291 section 2.2 rule 2: "::" stands for one or more groups of zeros.
    guard let tail = IPv6Address.groups(tailText, last: true), head.count + tail.count <= 14 else { return nil }
    octets = head + [UInt8](repeating: 0, count: 16 - head.count - tail.count) + tail
  }

  /// The text before and behind `::`; `tail` is nil where there is none; nil where `::` stands twice.
  private static func halves(of text: String) -> (head: Substring, tail: Substring?)? {
    let octets = text.utf8
    var found: String.Index?
    var index = octets.startIndex
    while index < octets.endIndex {
      let next = octets.index(after: index)
      if next < octets.endIndex, octets[index] == UInt8(ascii: ":"), octets[next] == UInt8(ascii: ":") {
        guard found == nil else { return nil }
        found = index
        index = octets.index(after: next)
      } else {
        index = next
      }
    }
    guard let found else { return (text[...], nil) }
    return (text[..<found], text[octets.index(found, offsetBy: 2)...])
  }

  private static func groups(_ text: Substring, last: Bool) -> [UInt8]? {
    if text.isEmpty { return [] }
    let parts = text.split(separator: ":", omittingEmptySubsequences: false)
    var octets: [UInt8] = []
    for (index, part) in parts.enumerated() {
      if last, index == parts.count - 1, part.utf8.contains(UInt8(ascii: ".")) {
        guard let embedded = IPv4Address(String(part)) else { return nil }
        octets += embedded.octets
      } else {
        guard (1...4).contains(part.utf8.count), part.utf8.allSatisfy(isHexDigit), let group = UInt16(part, radix: 16)
        else { return nil }
        octets += [UInt8(group >> 8), UInt8(group & 0xff)]
      }
    }
    return octets.count <= 16 ? octets : nil
  }

  private static func isHexDigit(_ octet: UInt8) -> Bool {
    switch octet {
    case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "f"),
      UInt8(ascii: "A")...UInt8(ascii: "F"):
      true
    default: false
    }
  }

  /// The embedded address of an IPv4-mapped one (`::ffff:0:0/96`, RFC 4291 section 2.5.5.2).
  public var mappedIPv4: IPv4Address? {
    guard octets.prefix(10).allSatisfy({ $0 == 0 }), octets[10] == 0xff, octets[11] == 0xff else { return nil }
    return IPv4Address(octets: Array(octets.suffix(4)))
  }

  /// The canonical text of RFC 5952 section 4: lower case, the first longest run of zero groups as `::`.
  public var description: String {
    if let mappedIPv4 { return "::ffff:" + mappedIPv4.description }
    let groups = stride(from: 0, to: 16, by: 2).map { UInt16(octets[$0]) << 8 | UInt16(octets[$0 + 1]) }
    var best: Range<Int> = 0..<0
    var start = 0
    while start < 8 {
      var end = start
      while end < 8, groups[end] == 0 { end += 1 }
      if end - start > best.count, end - start > 1 { best = start..<end }
      start = max(end, start + 1)
    }
    let text = { (range: Range<Int>) in range.map { String(groups[$0], radix: 16) }.joined(separator: ":") }
    return best.isEmpty ? text(0..<8) : text(0..<best.lowerBound) + "::" + text(best.upperBound..<8)
  }
}

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
