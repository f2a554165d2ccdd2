/// The types that Hallmark asks for, with their numbers from the IANA registry of DNS parameters.
public enum RecordType: UInt16, Hashable, Sendable, CaseIterable {
  case a = 1
  case ns = 2
  case cname = 5
  case soa = 6
  case ptr = 12
  case mx = 15
  case txt = 16
  case aaaa = 28
  case tlsa = 52

  /// The mnemonic, such as "AAAA".
  public var mnemonic: String {
    switch self {
    case .a: "A"
    case .ns: "NS"
    case .cname: "CNAME"
    case .soa: "SOA"
    case .ptr: "PTR"
    case .mx: "MX"
    case .txt: "TXT"
    case .aaaa: "AAAA"
    case .tlsa: "TLSA"
    }
  }

  public init?(mnemonic: String) {
    guard let type = RecordType.allCases.first(where: { $0.mnemonic == mnemonic }) else { return nil }
    self = type
  }
}

/// The data of one resource record, parsed.
public enum RecordData: Hashable, Sendable {
  case address(IPAddress)
  /// RFC 1035 section 3.3.9; an exchange of the root with preference 0 is a null MX (RFC 7505 section 3).
  case mx(preference: UInt16, exchange: DomainName)
  case txt(TXTData)
  case tlsa(TLSAData)
  /// CNAME, NS and PTR.
  case name(DomainName)
}

/// The character-strings of one TXT record (RFC 1035 section 3.3.14), kept as octets.
public struct TXTData: Hashable, Sendable {
  public let strings: [[UInt8]]

  public init(strings: [[UInt8]]) { self.strings = strings }

  /// One record of a text, cut into character-strings of 255 octets.
  public init(_ text: String) {
    let octets = Array(text.utf8)
    strings =
      octets.isEmpty
      ? [[]] : stride(from: 0, to: octets.count, by: 255).map { Array(octets[$0..<min($0 + 255, octets.count)]) }
  }

  /// The strings joined without anything between them, as RFC 7208 section 3.3, RFC 6376 section 3.6.2.2 and RFC 8461
  /// section 3.1 read them.
  public var joined: [UInt8] { strings.count == 1 ? strings[0] : Array(strings.joined()) }

  /// `joined` as text; an octet that is not UTF-8 becomes U+FFFD.
  public var text: String { String(decoding: joined, as: UTF8.self) }
}

/// The data of a TLSA record (RFC 6698 section 2.1), uninterpreted.
public struct TLSAData: Hashable, Sendable {
  public let usage: UInt8
  public let selector: UInt8
  public let matchingType: UInt8
  public let association: [UInt8]

  public init(usage: UInt8, selector: UInt8, matchingType: UInt8, association: [UInt8]) {
    self.usage = usage
    self.selector = selector
    self.matchingType = matchingType
    self.association = association
  }
}
