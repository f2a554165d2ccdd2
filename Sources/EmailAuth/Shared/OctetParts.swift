/// The parts of octets between separators, the empty ones too, one after the other: there is one at least.
///
/// Every record is taken apart by it. The standard library's `split` asks a closure about each octet, which takes four
/// times as long, and keeps all parts at one time.
struct OctetParts: Sequence, IteratorProtocol {
  private let separator: UInt8
  /// What stands behind the part that came last; nil behind the last of all.
  private var rest: ArraySlice<UInt8>?

  fileprivate init(_ octets: ArraySlice<UInt8>, separator: UInt8) {
    self.separator = separator
    rest = octets
  }

  /// Whether the part that came last was the last of all.
  var isAtEnd: Bool { rest == nil }

  mutating func next() -> ArraySlice<UInt8>? {
    guard let octets = rest else { return nil }
    var border = octets.startIndex
    while border < octets.endIndex, octets[border] != separator { border += 1 }
    rest = border < octets.endIndex ? octets[(border + 1)...] : nil
    return octets[..<border]
  }
}

extension ArraySlice<UInt8> {
  func parts(between separator: UInt8) -> OctetParts { OctetParts(self, separator: separator) }
}
