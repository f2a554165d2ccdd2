/// A DNS name in canonical form: lower-case presentation format, without the final dot (RFC 1035 section 5.1).
///
/// The root is the empty name, written ".". Octets that are not printable ASCII are written `\DDD`, a dot or a
/// backslash inside a label `\.` and `\\`; two names are equal exactly when their wire forms are equal
/// case-insensitively (RFC 4343).
public struct DomainName: Hashable, Sendable {
  /// The most octets that a name may have on the wire, length octets included (RFC 1035 section 2.3.4).
  public static let maximumWireLength = 255
  /// The most octets that one label may have (RFC 1035 section 2.3.4).
  public static let maximumLabelLength = 63

  /// The root of the name space.
  public static let root = DomainName(canonical: "")

  /// Canonical text without the final dot; empty for the root.
  let canonical: String

  init(canonical: String) { self.canonical = canonical }

  /// Reads presentation format; nil when a label is empty, or longer than 63 octets, or the name longer than 255.
  public init?(_ text: String) {
    guard let labels = DomainName.labels(ofPresentation: text) else { return nil }
    self.init(wireLabels: labels)
  }

  /// Makes a name of labels as octets, leftmost first; nil beyond the bounds of RFC 1035 section 2.3.4.
  public init?(wireLabels labels: [[UInt8]]) {
    var wireLength = 1
    var text: [UInt8] = []
    for label in labels {
      guard (1...DomainName.maximumLabelLength).contains(label.count) else { return nil }
      wireLength += label.count + 1
      guard wireLength <= DomainName.maximumWireLength else { return nil }
      if !text.isEmpty { text.append(UInt8(ascii: ".")) }
      for octet in label { DomainName.appendCanonical(octet, to: &text) }
    }
    self.init(canonical: String(decoding: text, as: UTF8.self))
  }

  /// Reads an uncompressed name off the wire (RFC 1035 section 3.1) and moves `position` behind it.
  ///
  /// Compression pointers are refused: a resolver hands over names that are whole.
  public init?(wire: some RandomAccessCollection<UInt8>, position: inout Int) {
    var labels: [[UInt8]] = []
    var offset = position
    while true {
      guard offset < wire.count, labels.count < 128 else { return nil }
      let length = Int(wire[wire.index(wire.startIndex, offsetBy: offset)])
      offset += 1
      if length == 0 { break }
      guard length <= DomainName.maximumLabelLength, offset + length <= wire.count else { return nil }
      let start = wire.index(wire.startIndex, offsetBy: offset)
      labels.append(Array(wire[start..<wire.index(start, offsetBy: length)]))
      offset += length
    }
    guard let name = DomainName(wireLabels: labels) else { return nil }
    position = offset
    self = name
  }

  public var isRoot: Bool { canonical.isEmpty }

  /// The labels in presentation form, leftmost first; empty for the root.
  public var labels: [Substring] {
    guard canonical.utf8.contains(UInt8(ascii: "\\")) else {
      // Octets, which are cheaper than characters, and here the same.
      let octets = canonical.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
      return canonical.isEmpty ? [] : octets.map(Substring.init)
    }
    var labels: [Substring] = []
    var start = canonical.startIndex
    var index = start
    while index < canonical.endIndex {
      if canonical[index] == "\\" {
        // The canonical form never ends in a lone backslash.
        index = canonical.index(index, offsetBy: 2)
      } else if canonical[index] == "." {
        labels.append(canonical[start..<index])
        index = canonical.index(after: index)
        start = index
      } else {
        index = canonical.index(after: index)
      }
    }
    labels.append(canonical[start...])
    return labels
  }

  /// The name without its leftmost label; nil for the root.
  public var parent: DomainName? {
    guard !isRoot else { return nil }
    guard let first = labels.first, first.endIndex < canonical.endIndex else { return .root }
    return DomainName(canonical: String(canonical[canonical.index(after: first.endIndex)...]))
  }

  /// The last `count` labels; the whole name when it has fewer.
  public func suffix(labels count: Int) -> DomainName {
    DomainName(canonical: labels.suffix(count).joined(separator: "."))
  }

  /// The name with labels (presentation format, such as `_dmarc` or `s1._domainkey`) put before it; nil when too long.
  public func prepending(_ prefix: String) -> DomainName? {
    isRoot ? DomainName(prefix) : DomainName(prefix + "." + canonical)
  }

  /// Whether this name is `other` or stands below it.
  public func isAtOrBelow(_ other: DomainName) -> Bool {
    if other.isRoot || self == other { return true }
    guard canonical.utf8.count > other.canonical.utf8.count else { return false }
    return canonical.hasSuffix("." + other.canonical) && labels.count > other.labels.count
      && suffix(labels: other.labels.count) == other
  }

  /// Whether every label is letters, digits and inner hyphens (RFC 952, RFC 1123 section 2.1): the "preferred syntax".
  public var isHostName: Bool {
    guard !isRoot else { return false }
    return labels.allSatisfy { label in
      let octets = label.utf8
      guard octets.first != UInt8(ascii: "-"), octets.last != UInt8(ascii: "-") else { return false }
      return octets.allSatisfy { DomainName.isLetterOrDigit($0) || $0 == UInt8(ascii: "-") }
    }
  }

  private static func isLetterOrDigit(_ octet: UInt8) -> Bool {
    (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(octet) || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(octet)
  }

  private static func appendCanonical(_ octet: UInt8, to text: inout [UInt8]) {
    switch octet {
    case UInt8(ascii: "A")...UInt8(ascii: "Z"): text.append(octet | 0x20)
    case UInt8(ascii: "."), UInt8(ascii: "\\"): text += [UInt8(ascii: "\\"), octet]
    case 0x21...0x7e: text.append(octet)
    default:
      let digit = UInt8(ascii: "0")
      text += [UInt8(ascii: "\\"), digit + octet / 100, digit + octet / 10 % 10, digit + octet % 10]
    }
  }

  /// Splits presentation format into labels as octets; nil for an empty label or a broken escape.
  private static func labels(ofPresentation text: String) -> [[UInt8]]? {
    let octets = Array(text.utf8)
    // Four characters may stand for one octet, and no name has more than 255.
    guard !octets.isEmpty, octets.count <= 4 * maximumWireLength else { return nil }
    if octets == [UInt8(ascii: ".")] { return [] }
    var labels: [[UInt8]] = []
    var label: [UInt8] = []
    var index = 0
    while index < octets.count {
      switch octets[index] {
      case UInt8(ascii: "."):
        guard !label.isEmpty else { return nil }
        labels.append(label)
        label = []
        index += 1
      case UInt8(ascii: "\\"):
        guard let (octet, length) = escape(octets[(index + 1)...]) else { return nil }
        label.append(octet)
        index += 1 + length
      default:
        label.append(octets[index])
        index += 1
      }
    }
    if !label.isEmpty { labels.append(label) }
    return labels
  }

  /// One escape behind a backslash: `DDD` or a single character (RFC 1035 section 5.1).
  private static func escape(_ octets: ArraySlice<UInt8>) -> (octet: UInt8, length: Int)? {
    guard let first = octets.first else { return nil }
    let digits = UInt8(ascii: "0")...UInt8(ascii: "9")
    guard digits.contains(first) else { return (first, 1) }
    guard octets.count >= 3, octets.prefix(3).allSatisfy(digits.contains) else { return nil }
    let value = octets.prefix(3).reduce(0) { $0 * 10 + Int($1 - UInt8(ascii: "0")) }
    return value <= 255 ? (UInt8(value), 3) : nil
  }
}

extension DomainName: CustomStringConvertible {
  /// Canonical text without the final dot; "." for the root.
  public var description: String { isRoot ? "." : canonical }
}

extension DomainName: Comparable {
  /// Order by labels from the right, so that a name and all below it stand together (RFC 4034 section 6.1).
  public static func < (lhs: DomainName, rhs: DomainName) -> Bool {
    lhs.labels.reversed().lexicographicallyPrecedes(rhs.labels.reversed()) {
      $0.utf8.lexicographicallyPrecedes($1.utf8)
    }
  }
}
