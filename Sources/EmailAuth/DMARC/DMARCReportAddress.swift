import DNS

/// The list of URIs that `rua` and `ruf` hold (RFC 9989 section 4.8):
///
///     dmarc-urilist         = (dmarc-uri / obs-dmarc-uri) *(*WSP "," *WSP (dmarc-uri / obs-dmarc-uri))
///     dmarc-uri             = URI             ; of RFC 3986, its commas and exclamation marks encoded
///     obs-dmarc-uri         = dmarc-uri obs-dmarc-report-size
///     obs-dmarc-report-size = "!" 1*DIGIT [ "k" / "m" / "g" / "t" ]
enum DMARCReportAddress {
  /// The most addresses of one tag that are read. RFC 9989 sets no bound.
  static let maximumCount = 100

  /// The addresses without their sizes, which receivers ignore, and what is none, escaped and bounded.
  static func read(_ value: ArraySlice<UInt8>?) -> (addresses: [String], unreadable: [String]) {
    var addresses: [String] = []
    var unreadable: [String] = []
    for part in (value ?? []).parts(between: UInt8(ascii: ",")) where !part.isEmpty {
      guard addresses.count + unreadable.count < maximumCount else { break }
      let trimmed = TagList.trim(part, .blanks)
      if let address = address(trimmed) {
        addresses.append(address)
      } else {
        unreadable.append(PublishedTerm.text(trimmed))
      }
    }
    return (addresses, unreadable)
  }

  /// A scheme that receivers do not know makes a URI none the worse: they pass over it (RFC 9989 section 4.7, `rua`).
  private static func address(_ octets: ArraySlice<UInt8>) -> String? {
    var uri = octets
    if let mark = octets.firstIndex(of: UInt8(ascii: "!")) {
      guard isSize(octets[(mark + 1)...]) else { return nil }
      uri = octets[..<mark]
    }
    return ReportURI.kind(of: uri) == .malformed ? nil : String(decoding: uri, as: UTF8.self)
  }

  private static func isSize(_ octets: ArraySlice<UInt8>) -> Bool {
    let rest = octets.drop(while: Octet.isDigit)
    guard rest.count < octets.count, rest.count <= 1 else { return false }
    return rest.first.map { "kmgt".utf8.contains($0 | 0x20) } ?? true
  }

  /// The host that a `mailto` or `https` URI names (RFC 6068 section 2, RFC 3986 section 3.2.2); nil where it
  /// names none that is a host name.
  static func host(of uri: String) -> DomainName? {
    let octets = uri.utf8.span
    guard let colon = octets.firstIndex(of: UInt8(ascii: ":")) else { return nil }
    var rest = octets.extracting((colon + 1)...)
    rest = rest.extracting(first: rest.firstIndex(of: UInt8(ascii: "?")) ?? rest.count)
    rest = rest.extracting(first: rest.firstIndex(of: UInt8(ascii: "#")) ?? rest.count)
    switch octets.extracting(first: colon) {
    case "mailto":
      guard let at = rest.lastIndex(of: UInt8(ascii: "@")) else { return nil }
      return name(rest.extracting((at + 1)...))
    case "https":
      let slash = UInt8(ascii: "/")
      guard rest.count >= 2, rest[0] == slash, rest[1] == slash else { return nil }
      var host = rest.extracting(2...)
      host = host.extracting(first: host.firstIndex(of: slash) ?? host.count)
      if let at = host.lastIndex(of: UInt8(ascii: "@")) { host = host.extracting((at + 1)...) }
      return name(host.extracting(first: host.firstIndex(of: UInt8(ascii: ":")) ?? host.count))
    default: return nil
    }
  }

  private static func name(_ octets: Span<UInt8>) -> DomainName? {
    let hasDot = !octets.isEmpty && octets[octets.count - 1] == UInt8(ascii: ".")
    return DomainName(dotted: octets.extracting(droppingLast: hasDot ? 1 : 0)).flatMap { $0.isHostName ? $0 : nil }
  }
}
