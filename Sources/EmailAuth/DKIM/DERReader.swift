/// Reads definite-length DER (ITU-T X.690 section 10) off octets, one element after the other, without recursion.
///
/// It knows tags below 31 and lengths up to 2^32 - 1, which is all that keys and certificates need.
struct DERReader {
  /// Universal tags (ITU-T X.680 section 8), constructed bit included.
  enum Tag: UInt8 {
    case integer = 0x02
    case bitString = 0x03
    case null = 0x05
    case objectIdentifier = 0x06
    case sequence = 0x30
  }

  /// The most octets that a length may take in its long form.
  static let maximumLengthOctets = 4

  private var rest: ArraySlice<UInt8>

  init(_ octets: ArraySlice<UInt8>) { rest = octets }

  var isAtEnd: Bool { rest.isEmpty }

  /// The content of the next element, when it has the tag and is whole; nil leaves the reader where it was.
  mutating func read(_ tag: Tag) -> ArraySlice<UInt8>? {
    guard rest.first == tag.rawValue else { return nil }
    var body = rest.dropFirst()
    guard let length = DERReader.length(&body), length <= body.count else { return nil }
    rest = body.dropFirst(length)
    return body.prefix(length)
  }

  /// The content of the only element, when nothing follows it.
  static func only(_ tag: Tag, in octets: ArraySlice<UInt8>) -> ArraySlice<UInt8>? {
    var reader = DERReader(octets)
    guard let content = reader.read(tag), reader.isAtEnd else { return nil }
    return content
  }

  /// ITU-T X.690 sections 8.1.3 and 10.1: the shortest form is the only one.
  private static func length(_ octets: inout ArraySlice<UInt8>) -> Int? {
    guard let first = octets.popFirst() else { return nil }
    if first < 0x80 { return Int(first) }
    let count = Int(first & 0x7f)
    guard (1...maximumLengthOctets).contains(count), octets.count >= count, octets.first != 0 else { return nil }
    let length = octets.prefix(count).reduce(0) { $0 << 8 | Int($1) }
    octets = octets.dropFirst(count)
    return length >= 0x80 ? length : nil
  }
}
