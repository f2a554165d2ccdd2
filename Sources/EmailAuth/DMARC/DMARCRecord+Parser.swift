extension DMARCRecord {
  /// Whether a TXT record is a DMARC record at all: `v=DMARC1` comes first, in this case, and a semicolon or nothing follows
  /// (RFC 9989 section 4.7, `v`; others are discarded, section 4.10 step 2).
  public static func isRecord(_ octets: [UInt8]) -> Bool {
    guard let first = octets.first, first | 0x20 == UInt8(ascii: "v") else { return false }
    var rest = skipBlanks(octets[1...])
    guard rest.first == UInt8(ascii: "=") else { return false }
    rest = skipBlanks(rest.dropFirst())
    guard rest.starts(with: Array("DMARC1".utf8)) else { return false }
    rest = skipBlanks(rest.dropFirst(6))
    return rest.isEmpty || rest.first == UInt8(ascii: ";")
  }

  /// WSP is a blank or a tab (RFC 5234 appendix B.1).
  private static func skipBlanks(_ octets: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
    octets.drop { $0 == 0x20 || $0 == 0x09 }
  }

  /// Reads a text that `isRecord`.
  public init(_ octets: [UInt8]) throws(Fault) {
    let list = TagList(octets)
    if let fault = list.faults.first(where: { $0.reason == .repeated }) {
      throw .repeatedTag(fault.text.prefix { $0 != "=" }.filter { !$0.isWhitespace }.lowercased())
    }
    var tags: [String: TagList.Tag] = [:]
    for tag in list.tags {
      guard tags.updateValue(tag, forKey: tag.name.lowercased()) == nil else {
        throw .repeatedTag(tag.name.lowercased())
      }
    }
    func value(_ name: String) -> String? { tags[name]?.text.lowercased() }
    var notes: [Note] = list.faults.filter { $0.reason != .empty }.map { .unreadableTag($0.text) }
    for name in ["pct", "rf", "ri"] {
      if let tag = tags[name] { notes.append(.removedTag(name, value: String(tag.text.prefix(64)))) }
    }
    text = String(decoding: octets, as: UTF8.self)
    rua = DMARCRecord.addresses(tags["rua"], &notes)
    ruf = DMARCRecord.addresses(tags["ruf"], &notes)
    isTesting = value("t") == "y"
    publicSuffix = value("psd").flatMap(PublicSuffix.init(rawValue:)) ?? .undeclared
    dkimAlignment = value("adkim").flatMap(Alignment.init(rawValue:)) ?? .relaxed
    spfAlignment = value("aspf").flatMap(Alignment.init(rawValue:)) ?? .relaxed
    failureOptions = DMARCRecord.failureOptions(value("fo"))

    // RFC 9989 section 4.10.1: without a valid p, or with an sp or np that is none, the record is p=none where it has a valid rua, and
    // otherwise no DMARC processing takes place.
    let own = value("p").flatMap(DMARCPolicy.init(rawValue:))
    let wrong = ["sp", "np"].first { name in value(name).map { DMARCPolicy(rawValue: $0) == nil } ?? false }
    if let own, wrong == nil {
      policy = own
      subdomainTag = value("sp").flatMap(DMARCPolicy.init(rawValue:))
      nonexistentTag = value("np").flatMap(DMARCPolicy.init(rawValue:))
    } else {
      let tag = own == nil ? "p" : wrong ?? "p"
      guard !rua.isEmpty else { throw .noPolicy(tag: tag) }
      policy = .none
      subdomainTag = nil
      nonexistentTag = nil
      notes.append(.takenAsNone(tag: tag))
    }
    self.notes = notes
  }

  /// `dmarc-fo = "0" / "1" / "d" / "s" / "d:s" / "s:d"`, and the default 0 for anything else.
  private static func failureOptions(_ value: String?) -> [String] {
    guard let value else { return ["0"] }
    let parts = value.split(separator: ":", omittingEmptySubsequences: false).map { part in
      String(part.filter { $0 != " " && $0 != "\t" })
    }
    switch parts {
    case ["0"], ["1"], ["d"], ["s"], ["d", "s"], ["s", "d"]: return parts
    default: return ["0"]
    }
  }

  /// The most report addresses of one tag that are kept. RFC 9990 section 4 has receivers honour two at least.
  static let maximumAddresses = 32

  private static func addresses(_ tag: TagList.Tag?, _ notes: inout [Note]) -> [String] {
    guard let tag else { return [] }
    var addresses: [String] = []
    for part in tag.value.split(separator: UInt8(ascii: ",")).prefix(maximumAddresses) {
      let trimmed = TagList.trim(part)
      if let address = address(trimmed) {
        addresses.append(address)
      } else {
        notes.append(.unreadableReportAddress(String(decoding: trimmed.prefix(256), as: UTF8.self)))
      }
    }
    return addresses
  }

  /// A URI (RFC 3986 section 3) whose commas and exclamation marks are encoded; the size behind an exclamation mark is dropped
  /// (RFC 9989 section 4.8, obs-dmarc-uri).
  private static func address(_ octets: ArraySlice<UInt8>) -> String? {
    var uri = octets
    if let mark = octets.firstIndex(of: UInt8(ascii: "!")) {
      guard isSize(octets[(mark + 1)...]) else { return nil }
      uri = octets[..<mark]
    }
    guard let colon = uri.firstIndex(of: UInt8(ascii: ":")), isScheme(uri[..<colon]),
      uri[(colon + 1)...].allSatisfy({ (0x21...0x7e).contains($0) }), colon + 1 < uri.endIndex
    else { return nil }
    if uri[..<colon].map({ $0 | 0x20 }) == Array("mailto".utf8) {
      let path = uri[(colon + 1)...].prefix { $0 != UInt8(ascii: "?") }
      guard let at = path.lastIndex(of: UInt8(ascii: "@")), at > path.startIndex, at + 1 < path.endIndex else {
        return nil
      }
    }
    return String(decoding: uri, as: UTF8.self)
  }

  private static func isScheme(_ octets: ArraySlice<UInt8>) -> Bool {
    func isLetter(_ octet: UInt8) -> Bool { (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(octet | 0x20) }
    guard let first = octets.first, isLetter(first) else { return false }
    return octets.allSatisfy {
      isLetter($0) || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) || Array("+-.".utf8).contains($0)
    }
  }

  /// `1*DIGIT [ "k" / "m" / "g" / "t" ]`.
  private static func isSize(_ octets: ArraySlice<UInt8>) -> Bool {
    let digits = octets.prefix { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
    let rest = octets.dropFirst(digits.count)
    guard !digits.isEmpty, rest.count <= 1 else { return false }
    return rest.first.map { Array("kmgt".utf8).contains($0 | 0x20) } ?? true
  }
}
