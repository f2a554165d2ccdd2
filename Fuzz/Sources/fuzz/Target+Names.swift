import DNS
import IDNA
import Posture

extension Target {
  /// Names, addresses, times, and what comes off the wire.
  static let names: [Target] = [
    Target("name", Shape(term: "a.", opening: "\\", separator: ".", others: ["\\000", "\\."])) { octets in
      guard let name = DomainName(text(octets)) else { return }
      check(name)
    },
    Target("name-wire", Shape(term: "\u{1}a", opening: "\u{3f}", separator: "\u{0}")) { octets in
      var position = 0
      guard let name = DomainName(wire: octets, position: &position) else { return }
      precondition(position <= octets.count && position <= DomainName.maximumWireLength)
      check(name)
    },
    // The first octet chooses the type.
    Target("rdata", Shape(prefix: "\u{6}", term: "\u{1}a", opening: "\u{3f}", separator: "\u{0}")) { octets in
      guard let first = octets.first else { return }
      let types = RecordType.allCases
      let type = types[Int(first) % types.count]
      guard let data = RecordData(type: type, rdata: Array(octets.dropFirst())) else { return }
      if case .txt(let txt) = data { precondition(txt.joined.count + txt.strings.count == octets.count - 1) }
      if case .name(let name) = data { check(name) }
    },
    Target("address", Shape(term: "1.", opening: "::", separator: ":", others: ["0", "/"])) { octets in
      if let address = IPAddress(text(octets)) {
        precondition(IPAddress(address.description) == address && IPAddress(octets: address.octets) == address)
      }
      if let block = AddressBlock(text(octets)) {
        precondition(AddressBlock(block.description) == block && block.contains(block.base))
      }
    },
    Target("timestamp", Shape(prefix: "2026-11-24T00:00:00.", term: "0", opening: "+", separator: "-")) { octets in
      guard let time = Timestamp(text(octets)) else { return }
      // An offset may lead out of the years 0000 to 9999, where the text is clamped.
      let range: Range<Int64> = -62_167_219_200..<253_402_300_800
      precondition(!range.contains(time.seconds) || Timestamp(time.description) == time)
    },
    Target("mail-domain", Shape(term: "a.", opening: "xn--", separator: ".", others: mistakes)) { octets in
      guard let domain = try? MailDomain(validatingUTF8: octets) else { return }
      precondition((try? MailDomain(validating: domain.description))?.name == domain.name)
      if let unicode = domain.unicode {
        precondition((try? MailDomain(validating: unicode))?.name == domain.name)
      }
    },
  ]

  private static let mistakes = ["://", "@", "_", "\u{3002}", "\u{ad}", "ß", "\u{200d}", "\u{5d0}.", "xn--a."]

  /// What holds of every name.
  private static func check(_ name: DomainName) {
    precondition(DomainName(name.description) == name)
    let labels = name.labels
    precondition(name.suffix(labels: labels.count) == name && name.isAtOrBelow(name))
    guard let parent = name.parent else {
      precondition(name.isRoot && labels.isEmpty)
      return
    }
    precondition(name.isAtOrBelow(parent) && !parent.isAtOrBelow(name) && parent < name)
    precondition(parent.labels.count == labels.count - 1 && name.suffix(labels: labels.count - 1) == parent)
    precondition(parent.prepending(String(labels[0])) == name)
  }
}
