/// The parts of octets between separators, the empty ones too, one after the other: there is one at least.
///
/// Every record is taken apart by it. The standard library's `split` asks a closure about each octet, which takes four
/// times as long, and keeps all parts at one time.
struct OctetParts: Sequence, IteratorProtocol {
  private let octets: ArraySlice<UInt8>
  private let separator: UInt8
  /// Where the next part begins; nil behind the last of all.
  private var start: Int?

  fileprivate init(_ octets: ArraySlice<UInt8>, separator: UInt8) {
    self.octets = octets
    self.separator = separator
    start = octets.startIndex
  }

  /// Whether the part that came last was the last of all.
  var isAtEnd: Bool { start == nil }

  mutating func next() -> ArraySlice<UInt8>? {
    guard let start else { return nil }
    let octets = octets
    let rest = octets.span.extracting((start - octets.startIndex)...)
    var count = 0
    while count < rest.count, rest[count] != separator { count += 1 }
    let border = start + count
    self.start = count < rest.count ? border + 1 : nil
    return octets[start..<border]
  }
}

extension ArraySlice<UInt8> {
  func parts(between separator: UInt8) -> OctetParts { OctetParts(self, separator: separator) }
}
