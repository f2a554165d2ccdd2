/// Where TLS reports may go (RFC 8460 section 3 `tlsrpt-uri`): a URI of RFC 3986 whose scheme is `mailto` or `https`.
enum ReportURI {
  enum Kind: Hashable, Sendable {
    case usable
    /// A URI of another scheme, which senders pass over.
    case unknownScheme
    case malformed
  }

  /// Section 3 has "!", "," and ";" encoded. The two others end a URI anyhow; a "!" we let stand, since what holds
  /// it is a URI all the same, and the size limit of a DMARC address is a likely slip.
  static func kind(of octets: ArraySlice<UInt8>) -> Kind {
    guard let colon = octets.firstIndex(of: UInt8(ascii: ":")), isScheme(octets[..<colon]), isURI(octets) else {
      return .malformed
    }
    let rest = octets[(colon + 1)...]
    switch octets[..<colon] {
    case "mailto": return isMailbox(rest) ? .usable : .malformed
    case "https": return hasHost(rest) ? .usable : .malformed
    default: return .unknownScheme
    }
  }

  /// `scheme = ALPHA *( ALPHA / DIGIT / "+" / "-" / "." )` (RFC 3986 section 3.1).
  private static func isScheme(_ octets: ArraySlice<UInt8>) -> Bool {
    guard let first = octets.first, Octet.isLetter(first) else { return false }
    return octets.allSatisfy(schemeOctets.contains)
  }

  /// The characters of RFC 3986 section 2, and two hexadecimal digits behind every percent sign (section 2.1).
  private static func isURI(_ octets: ArraySlice<UInt8>) -> Bool {
    let allowed = uriOctets
    var index = octets.startIndex
    while index < octets.endIndex {
      if octets[index] == UInt8(ascii: "%") {
        guard octets.endIndex - index > 2, Octet.isHexDigit(octets[index + 1]), Octet.isHexDigit(octets[index + 2])
        else {
          return false
        }
        index += 3
      } else {
        guard allowed.contains(octets[index]) else { return false }
        index += 1
      }
    }
    return true
  }

  /// An address with something on both sides of its last "@" (RFC 6068 section 2), header fields left aside.
  private static func isMailbox(_ octets: ArraySlice<UInt8>) -> Bool {
    let address = octets.prefix { $0 != UInt8(ascii: "?") && $0 != UInt8(ascii: "#") }
    guard let at = address.lastIndex(of: UInt8(ascii: "@")) else { return false }
    return at > address.startIndex && at + 1 < address.endIndex
  }

  /// `"//"` and an authority with a host in it (RFC 9110 section 4.2.2).
  private static func hasHost(_ octets: ArraySlice<UInt8>) -> Bool {
    guard octets.starts(with: "//".utf8) else { return false }
    let authority = octets.dropFirst(2).prefix { !authorityEnds.contains($0) }
    let host = authority.suffix(from: authority.lastIndex(of: UInt8(ascii: "@")).map { $0 + 1 } ?? authority.startIndex)
    return !host.isEmpty && host.first != UInt8(ascii: ":")
  }

  private static let schemeOctets = OctetSet.lettersAndDigits.with("+-.")
  private static let uriOctets = OctetSet.lettersAndDigits.with("-._~:/?#[]@!$&'()*+,;=")
  private static let authorityEnds = OctetSet().with("/?#")
}
