/// An IPv6 address.
public struct IPv6Address: Hashable, Sendable {
  // Halves, because a whole would want every array of addresses to lie at a multiple of sixteen.
  private let high: UInt64
  private let low: UInt64

  /// The address as a number, most significant octet first.
  public var value: UInt128 { UInt128(high) << 64 | UInt128(low) }

  public init(value: UInt128) {
    high = UInt64(truncatingIfNeeded: value >> 64)
    low = UInt64(truncatingIfNeeded: value)
  }

  public init?(octets: [UInt8]) {
    guard octets.count == 16 else { return nil }
    self.init(value: octets.reduce(0) { $0 << 8 | UInt128($1) })
  }

  public var octets: [UInt8] { (0..<16).map { UInt8(truncatingIfNeeded: value >> (120 - 8 * $0)) } }

  /// Reads the text forms of RFC 4291 section 2.2, an embedded IPv4 address at the end included; no zone.
  public init?(_ text: String) { self.init(ascii: Array(text.utf8)[...]) }

  /// The same from octets.
  public init?(ascii text: ArraySlice<UInt8>) {
    guard text.count <= IPv6Address.maximumTextLength else { return nil }
    var reader = GroupReader(rest: text)
    guard let value = reader.read() else { return nil }
    self.init(value: value)
  }

  /// Six groups of four digits, an embedded IPv4 address, and what stands between them.
  private static let maximumTextLength = 45

  /// The embedded address of an IPv4-mapped one (`::ffff:0:0/96`, RFC 4291 section 2.5.5.2).
  public var mappedIPv4: IPv4Address? {
    value >> 32 == 0xffff ? IPv4Address(value: UInt32(truncatingIfNeeded: value)) : nil
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

/// Reads the groups of an IPv6 address, each octet once.
private struct GroupReader {
  var rest: ArraySlice<UInt8>
  private var value: UInt128 = 0
  private var groups = 0
  /// How many groups stand before `::`.
  private var gap: Int?

  init(rest: ArraySlice<UInt8>) { self.rest = rest }

  mutating func read() -> UInt128? {
    if isAtGap, !skipGap() { return nil }
    while !rest.isEmpty {
      guard readGroup() else { return nil }
      if rest.isEmpty { break }
      if isAtGap {
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

  private var isAtGap: Bool {
    rest.count > 1 && rest[rest.startIndex] == UInt8(ascii: ":") && rest[rest.startIndex + 1] == UInt8(ascii: ":")
  }

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
      guard let embedded = IPv4Address(ascii: group.span) else { return false }
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
