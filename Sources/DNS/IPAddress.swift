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
    switch (lhs, rhs) {
    case (.v4(let lhs), .v4(let rhs)): lhs.value < rhs.value
    case (.v6(let lhs), .v6(let rhs)): lhs.value < rhs.value
    case (.v4, .v6): true
    case (.v6, .v4): false
    }
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
  public init?(_ text: String) { self.init(ascii: Array(text.utf8)[...]) }

  /// The same from octets.
  public init?(ascii text: ArraySlice<UInt8>) {
    var value: UInt32 = 0
    var part: UInt32 = 0
    var digits = 0
    var dots = 0
    for octet in text {
      switch octet {
      case UInt8(ascii: ".") where digits > 0 && dots < 3:
        dots += 1
        value = value << 8 | part
        (part, digits) = (0, 0)
      case UInt8(ascii: "0")...UInt8(ascii: "9") where digits == 0 || part > 0:
        digits += 1
        part = part * 10 + UInt32(octet - UInt8(ascii: "0"))
        guard part <= 255 else { return nil }
      default: return nil
      }
    }
    guard dots == 3, digits > 0 else { return nil }
    self.value = value << 8 | part
  }

  public var octets: [UInt8] { (0..<4).map { UInt8(truncatingIfNeeded: value >> (24 - 8 * $0)) } }

  public var description: String { octets.map(String.init).joined(separator: ".") }
}

/// An IPv6 address.
public struct IPv6Address: Hashable, Sendable {
  /// The address as a number, most significant octet first.
  public let value: UInt128

  public init(value: UInt128) { self.value = value }

  public init?(octets: [UInt8]) {
    guard octets.count == 16 else { return nil }
    value = octets.reduce(0) { $0 << 8 | UInt128($1) }
  }

  public var octets: [UInt8] { (0..<16).map { UInt8(truncatingIfNeeded: value >> (120 - 8 * $0)) } }

  /// Reads the text forms of RFC 4291 section 2.2, an embedded IPv4 address at the end included; no zone.
  public init?(_ text: String) { self.init(ascii: Array(text.utf8)[...]) }

  /// The same from octets.
  public init?(ascii text: ArraySlice<UInt8>) {
    guard text.count <= IPv6Address.maximumTextLength else { return nil }
    var reader = GroupReader(rest: text)
    guard let value = reader.read() else { return nil }
    self.value = value
  }

  /// Six groups of four digits, an embedded IPv4 address, and what stands between them.
  private static let maximumTextLength = 45

  /// The embedded address of an IPv4-mapped one (`::ffff:0:0/96`, RFC 4291 section 2.5.5.2).
  public var mappedIPv4: IPv4Address? {
    value >> 32 == 0xffff ? IPv4Address(value: UInt32(truncatingIfNeeded: value)) : nil
  }
}

/// Reads the groups of an IPv6 address, each octet once.
private struct GroupReader {
  var rest: ArraySlice<UInt8>
  private var value: UInt128 = 0
  private var groups = 0
  /// How many groups stand before `::`.
  private var gap: Int?

  init(rest: ArraySlice<UInt8>) { self.rest = rest }

  mutating func read() -> UInt128? {
    if rest.starts(with: GroupReader.doubleColon), !skipGap() { return nil }
    while !rest.isEmpty {
      guard readGroup() else { return nil }
      if rest.isEmpty { break }
      if rest.starts(with: GroupReader.doubleColon) {
        guard skipGap() else { return nil }
      } else {
        rest = rest.dropFirst()
        guard !rest.isEmpty else { return nil }
      }
    }
    guard let gap else { return groups == 8 ? value : nil }
    // RFC 4291 section 2.2 rule 2: "::" stands for one or more groups of zeros.
    guard groups <= 7 else { return nil }
    let tail = 16 * (groups - gap)
    return (value >> tail) << (128 - 16 * gap) | value & ((1 << tail) - 1)
  }

  private static let doubleColon = [UInt8(ascii: ":"), UInt8(ascii: ":")]

  private mutating func skipGap() -> Bool {
    guard gap == nil else { return false }
    gap = groups
    rest = rest.dropFirst(2)
    return true
  }

  /// One to four hexadecimal digits, or an IPv4 address for the last two groups.
  private mutating func readGroup() -> Bool {
    let group = rest.prefix { $0 != UInt8(ascii: ":") }
    rest = rest[group.endIndex...]
    if rest.isEmpty, group.contains(UInt8(ascii: ".")) {
      guard let embedded = IPv4Address(ascii: group) else { return false }
      return append(UInt128(embedded.value), groups: 2)
    }
    guard (1...4).contains(group.count) else { return false }
    var number: UInt128 = 0
    for octet in group {
      guard let digit = GroupReader.hexDigit(octet) else { return false }
      number = number << 4 | UInt128(digit)
    }
    return append(number, groups: 1)
  }

  private mutating func append(_ number: UInt128, groups count: Int) -> Bool {
    value = value << (16 * count) | number
    groups += count
    return groups <= 8
  }

  private static func hexDigit(_ octet: UInt8) -> UInt8? {
    switch octet {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): octet - UInt8(ascii: "0")
    case UInt8(ascii: "a")...UInt8(ascii: "f"): octet - UInt8(ascii: "a") + 10
    case UInt8(ascii: "A")...UInt8(ascii: "F"): octet - UInt8(ascii: "A") + 10
    default: nil
    }
  }
}

extension IPv6Address: CustomStringConvertible {
  /// The canonical text of RFC 5952 section 4: lower case, the first longest run of zero groups as `::`.
  public var description: String {
    if let mappedIPv4 { return "::ffff:" + mappedIPv4.description }
    let groups = (0..<8).map { UInt16(truncatingIfNeeded: value >> (112 - 16 * $0)) }
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
