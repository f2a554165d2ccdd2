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
    if DomainName.isCanonical(text.utf8.span) {
      self.init(canonical: text)
    } else {
      guard let labels = DomainName.labels(ofPresentation: text) else { return nil }
      self.init(wireLabels: labels)
    }
  }

  /// Makes a name of labels as octets with dots between them, which have no escapes; nil as for `init(wireLabels:)`.
  public init?(dotted octets: Span<UInt8>) {
    if DomainName.isCanonical(octets), let text = DomainName.text(octets) {
      self.init(canonical: text)
    } else {
      var labels: [[UInt8]] = [[]]
      for index in octets.indices {
        if octets[index] == UInt8(ascii: ".") {
          labels.append([])
        } else {
          labels[labels.count - 1].append(octets[index])
        }
      }
      self.init(wireLabels: labels)
    }
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
    var labels: [Substring] = []
    var rest = canonical[...]
    while !rest.isEmpty {
      let length = DomainName.border(in: rest.utf8.span)
      let border = length.map { rest.utf8.index(rest.startIndex, offsetBy: $0) } ?? rest.endIndex
      labels.append(rest[..<border])
      rest = rest[border...].dropFirst()
    }
    return labels
  }

  /// How many labels there are; 0 for the root.
  public var labelCount: Int {
    var count = isRoot ? 0 : 1
    var isEscaped = false
    let octets = canonical.utf8.span
    for index in octets.indices {
      let octet = octets[index]
      if octet == UInt8(ascii: "."), !isEscaped { count += 1 }
      isEscaped = octet == UInt8(ascii: "\\") && !isEscaped
    }
    return count
  }

  /// The name without its leftmost label; nil for the root.
  public var parent: DomainName? {
    guard !isRoot else { return nil }
    let octets = canonical.utf8.span
    guard let border = DomainName.border(in: octets) else { return .root }
    return DomainName.text(octets.extracting((border + 1)...)).map(DomainName.init(canonical:))
  }

  /// The last `count` labels; the whole name when it has fewer.
  public func suffix(labels count: Int) -> DomainName {
    guard count > 0 else { return .root }
    var name = self
    for _ in 0..<max(labelCount - count, 0) { name = name.parent ?? .root }
    return name
  }

  /// The name with labels (presentation format, such as `_dmarc` or `s1._domainkey`) put before it; nil when too long.
  public func prepending(_ prefix: String) -> DomainName? { DomainName(prefix).flatMap(prepending) }

  /// The name with another put before it; nil when too long.
  public func prepending(_ prefix: DomainName) -> DomainName? {
    if isRoot { return prefix }
    if prefix.isRoot { return self }
    let length = prefix.canonical.utf8.count + 1 + canonical.utf8.count
    // RFC 1035 section 3.1: on the wire each dot is a length octet, one more stands at either end, and escapes are shorter.
    guard length <= DomainName.maximumWireLength - 2 else { return DomainName(prefix.canonical + "." + canonical) }
    return DomainName.joined(prefix.canonical.utf8.span, canonical.utf8.span).map(DomainName.init(canonical:))
  }

  /// Two texts with a dot between them, `maximumWireLength` octets in all at the most. Most look-ups are of a name that is made
  /// here, and to join octets takes half the time of joining texts.
  private static func joined(_ left: Span<UInt8>, _ right: Span<UInt8>) -> String? {
    // A type takes no named constant for its count; it is `maximumWireLength`.
    var octets = InlineArray<255, UInt8>(repeating: UInt8(ascii: "."))
    for index in left.indices { octets[index] = left[index] }
    let start = left.count + 1
    for index in right.indices { octets[start + index] = right[index] }
    return text(octets.span.extracting(first: start + right.count))
  }

  /// The text of octets; nil where they are no UTF-8, which those of canonical names always are.
  private static func text(_ octets: Span<UInt8>) -> String? {
    do { return String(copying: try UTF8Span(validating: octets)) } catch { return nil }
  }

  /// Whether this name is `other` or stands below it.
  public func isAtOrBelow(_ other: DomainName) -> Bool {
    if other.isRoot || self == other { return true }
    let octets = canonical.utf8
    let above = other.canonical.utf8
    guard octets.count > above.count else { return false }
    let start = octets.index(octets.endIndex, offsetBy: -above.count)
    guard octets[start...].elementsEqual(above), octets[..<start].last == UInt8(ascii: ".") else { return false }
    // Behind an odd number of backslashes it is a dot inside a label.
    return octets[..<start].dropLast().reversed().prefix { $0 == UInt8(ascii: "\\") }.count.isMultiple(of: 2)
  }

  /// Whether this name stands one label below `other`.
  public func isChild(of other: DomainName) -> Bool {
    guard !isRoot else { return false }
    let octets = canonical.utf8.span
    guard let border = DomainName.border(in: octets) else { return other.isRoot }
    let above = other.canonical.utf8.span
    guard octets.count - border - 1 == above.count else { return false }
    for index in above.indices where octets[border + 1 + index] != above[index] { return false }
    return true
  }

  /// Whether every label is letters, digits and inner hyphens (RFC 952, RFC 1123 section 2.1): the "preferred syntax".
  public var isHostName: Bool {
    let hyphen = UInt8(ascii: "-")
    let dot = UInt8(ascii: ".")
    var previous = dot
    let octets = canonical.utf8.span
    for index in octets.indices {
      let octet = octets[index]
      switch octet {
      case hyphen: guard previous != dot else { return false }
      case dot: guard previous != hyphen else { return false }
      default: guard DomainName.isLetterOrDigit(octet) else { return false }
      }
      previous = octet
    }
    return !isRoot && previous != hyphen
  }

  /// Where the first dot stands that ends a label.
  private static func border(in octets: Span<UInt8>) -> Int? {
    var isEscaped = false
    for index in octets.indices {
      if octets[index] == UInt8(ascii: "."), !isEscaped { return index }
      isEscaped = octets[index] == UInt8(ascii: "\\") && !isEscaped
    }
    return nil
  }

  /// Whether octets are the canonical form of a name as they stand, for names that need no escape.
  private static func isCanonical(_ octets: Span<UInt8>) -> Bool {
    // RFC 1035 section 3.1: on the wire each dot is a length octet, and one more stands at either end.
    guard octets.count <= maximumWireLength - 2 else { return false }
    var start = 0
    for index in octets.indices {
      let octet = octets[index]
      if octet == UInt8(ascii: ".") {
        guard (1...maximumLabelLength).contains(index - start) else { return false }
        start = index + 1
      } else {
        guard 0x21...0x7e ~= octet, octet != UInt8(ascii: "\\"), !(UInt8(ascii: "A")...UInt8(ascii: "Z") ~= octet)
        else {
          return false
        }
      }
    }
    return (1...maximumLabelLength).contains(octets.count - start)
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
