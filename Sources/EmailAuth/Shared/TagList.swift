/// A tag=value list, as DKIM and DMARC records are (RFC 6376 section 3.2; RFC 9989 section 4.8 takes it over):
///
///     tag-list  =  tag-spec *( ";" tag-spec ) [ ";" ]
///     tag-spec  =  [FWS] tag-name [FWS] "=" [FWS] tag-value [FWS]
///     tag-name  =  ALPHA *ALNUMPUNC
///     tval      =  1*VALCHAR            ; %x21-3A / %x3C-7E
///
/// Reading keeps everything that was there, also what breaks the grammar: who reads a kind of record decides what
/// follows.
struct TagList: Hashable, Sendable {
  /// What counts as white space.
  enum WhiteSpace {
    /// FWS of RFC 5322 section 3.2.2, taken as any run of blanks, tabs and line ends; DKIM's.
    case folding
    /// WSP of RFC 5234 appendix B.1, a blank or a tab; DMARC's.
    case blanks

    func contains(_ octet: UInt8) -> Bool {
      Octet.isWhiteSpace(octet) || self == .folding && (octet == 0x0a || octet == 0x0d)
    }
  }

  /// The most tags of one list that are kept. The RFCs set no bound; both kinds of record know about a dozen.
  static let maximumTags = 256
  /// Most lists have no more: room for them is made at once.
  private static let usualTags = 8

  struct Tag: Hashable, Sendable {
    /// As it stands; tag names are case-sensitive (RFC 6376 section 3.2).
    let name: String
    /// The value without the white space around it.
    let value: ArraySlice<UInt8>

    var text: String { String(decoding: value, as: UTF8.self) }
  }

  /// A part between semicolons that is no tag-spec.
  struct Fault: Hashable, Sendable {
    enum Reason: Hashable, Sendable {
      /// There is no equals sign.
      case noEqualsSign
      /// What stands before it is no tag-name.
      case malformedName
      /// The value holds an octet that no VALCHAR or FWS is.
      case malformedValue
      /// The name stands in the list twice (RFC 6376 section 3.2: such a list is invalid).
      case repeated
      /// Nothing stands between two semicolons.
      case empty
      /// There are more than `maximumTags`.
      case tooMany
    }
    let reason: Reason
    /// The part at fault.
    let part: ArraySlice<UInt8>

    var text: String { String(decoding: part.prefix(256), as: UTF8.self) }
  }

  /// The tags in their order; of a name that stands twice, the first.
  let tags: [Tag]
  /// What breaks the grammar, in its order.
  let faults: [Fault]

  init(_ octets: [UInt8], whiteSpace: WhiteSpace = .folding) {
    var tags: [Tag] = []
    tags.reserveCapacity(TagList.usualTags)
    var faults: [Fault] = []
    var parts = octets[...].parts(between: UInt8(ascii: ";"))
    while let part = parts.next() {
      let content = TagList.trim(part, whiteSpace)
      // One semicolon may end the list.
      if content.isEmpty, parts.isAtEnd { break }
      guard tags.count < TagList.maximumTags, faults.count < TagList.maximumTags else {
        faults.append(Fault(reason: .tooMany, part: part))
        break
      }
      switch TagList.read(content, whiteSpace) {
      case .failure(let fault): faults.append(fault)
      // There are few: to look through them takes less time than to hash their names.
      case .success(let tag) where tags.contains { $0.name == tag.name }:
        faults.append(Fault(reason: .repeated, part: part))
      case .success(let tag): tags.append(tag)
      }
    }
    self.tags = tags
    self.faults = faults
  }

  subscript(name: String) -> Tag? { tags.first { $0.name == name } }

  /// Tag or fault; not an error, since reading goes on.
  private enum Part {
    case success(Tag)
    case failure(Fault)
  }

  private static func read(_ part: ArraySlice<UInt8>, _ whiteSpace: WhiteSpace) -> Part {
    if part.isEmpty { return .failure(Fault(reason: .empty, part: part)) }
    guard let equals = part.firstIndex(of: UInt8(ascii: "=")) else {
      return .failure(Fault(reason: .noEqualsSign, part: part))
    }
    let name = trim(part[..<equals], whiteSpace)
    guard isName(name) else { return .failure(Fault(reason: .malformedName, part: part)) }
    let value = trim(part[(equals + 1)...], whiteSpace)
    let octets = value.span
    for index in octets.indices where !Octet.isVisible(octets[index]) && !whiteSpace.contains(octets[index]) {
      return .failure(Fault(reason: .malformedValue, part: part))
    }
    return .success(Tag(name: String(decoding: name, as: UTF8.self), value: value))
  }

  private static func isName(_ octets: ArraySlice<UInt8>) -> Bool {
    guard let first = octets.first, Octet.isLetter(first) else { return false }
    return octets.allSatisfy { Octet.isLetterOrDigit($0) || $0 == UInt8(ascii: "_") }
  }

  static func trim(_ octets: ArraySlice<UInt8>, _ whiteSpace: WhiteSpace = .folding) -> ArraySlice<UInt8> {
    let text = octets.span
    var start = 0
    var end = text.count
    while start < end, whiteSpace.contains(text[start]) { start += 1 }
    while end > start, whiteSpace.contains(text[end - 1]) { end -= 1 }
    return octets[(octets.startIndex + start)..<(octets.startIndex + end)]
  }
}
