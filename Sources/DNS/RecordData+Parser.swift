extension RecordData {
  /// Reads uncompressed RDATA; nil when it breaks the form that its type has (each case cites its section).
  public init?(type: RecordType, rdata: [UInt8]) {
    switch type {
    case .a, .aaaa:
      // RFC 1035 section 3.4.1, RFC 3596 section 2.2.
      guard rdata.count == (type == .a ? 4 : 16), let address = IPAddress(octets: rdata) else { return nil }
      self = .address(address)
    case .mx:
      // RFC 1035 section 3.3.9.
      guard rdata.count > 2 else { return nil }
      var position = 2
      guard let exchange = DomainName(wire: rdata, position: &position), position == rdata.count else { return nil }
      self = .mx(preference: UInt16(rdata[0]) << 8 | UInt16(rdata[1]), exchange: exchange)
    case .txt:
      guard let strings = RecordData.characterStrings(rdata) else { return nil }
      self = .txt(TXTData(strings: strings))
    case .tlsa:
      // RFC 6698 section 2.1.
      guard rdata.count >= 3 else { return nil }
      self = .tlsa(
        TLSAData(usage: rdata[0], selector: rdata[1], matchingType: rdata[2], association: Array(rdata[3...])))
    case .cname, .ns, .ptr:
      var position = 0
      guard let name = DomainName(wire: rdata, position: &position), position == rdata.count else { return nil }
      self = .name(name)
    case .soa:
      var position = 0
      guard let name = DomainName(wire: rdata, position: &position) else { return nil }
      self = .name(name)
    }
  }

  /// One or more character-strings (RFC 1035 section 3.3); nil when a length runs past the end.
  private static func characterStrings(_ rdata: [UInt8]) -> [[UInt8]]? {
    var strings: [[UInt8]] = []
    var index = 0
    while index < rdata.count {
      let end = index + 1 + Int(rdata[index])
      guard end <= rdata.count else { return nil }
      strings.append(Array(rdata[(index + 1)..<end]))
      index = end
    }
    return strings.isEmpty ? nil : strings
  }
}
