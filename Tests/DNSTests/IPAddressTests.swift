import Testing

@testable import DNS

@Suite("IPAddress")
struct IPAddressTests {
  @Test(
    "reads and writes (RFC 5952)",
    arguments: [
      ("192.0.2.1", "192.0.2.1"), ("2001:DB8:0:0:0:0:0:1", "2001:db8::1"), ("::", "::"), ("::1", "::1"),
      ("2001:db8::1:0:0:1", "2001:db8::1:0:0:1"), ("1:0:0:2:0:0:0:3", "1:0:0:2::3"),
      ("::ffff:192.0.2.128", "::ffff:192.0.2.128"), ("64:ff9b::192.0.2.33", "64:ff9b::c000:221"),
      ("1:2:3:4:5:6:7.8.9.10", "1:2:3:4:5:6:708:90a"), ("::1.2.3.4", "::102:304"),
      ("::2:3:4:5:6:7:8", "0:2:3:4:5:6:7:8"),
      ("0.0.0.0", "0.0.0.0"), ("255.255.255.255", "255.255.255.255"), ("1::", "1::"),
      ("2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1"), ("1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0"),
    ])
  func readAndWrite(text: String, expected: String) throws {
    #expect(try #require(IPAddress(text)).description == expected)
  }

  @Test(
    "refuses what is no address",
    arguments: [
      "", "1.2.3", "1.2.3.4.5", "256.1.1.1", "01.2.3.4", "1.2.3.4 ", "1..2.3", ":", ":::", "1::2::3", "12345::",
      "::1%lo", "1:2:3:4:5:6:7:8:", ":1:2:3:4:5:6:7", "1:2:3:4:5:6:1.2.3.4:", "::1:2:3:4:5:6:7:8",
      "1:2:3:4:5:6:7:1.2.3.4",
      "1.", ".1.2.3", "1.2.3.", "1.2.3.4.", "001.2.3.4", "1.2.3.04", "::01.2.3.4", "2:", "::00001", "1:::2",
      "1:2:3:4:5:6:7:8:9", "1:2:3:4:5:6:7", "::1.2.3", "1.2.3.4::", "g::", "+1::", "1:2:3:4:5:6:7:8::",
    ])
  func refused(text: String) { #expect(IPAddress(text) == nil) }

  @Test(
    "blocks",
    arguments: [
      ("127.0.0.0/8", "127.255.0.1", true), ("127.0.0.0/8", "128.0.0.1", false), ("0.0.0.0/0", "8.8.8.8", true),
      ("fd00::/8", "fdff::1", true), ("fd00::/8", "127.0.0.1", false), ("192.0.2.128/25", "192.0.2.127", false),
      ("::1", "::1", true), ("::1", "::2", false),
    ])
  func blocks(block: String, address: String, inside: Bool) throws {
    let block = try #require(AddressBlock(block))
    #expect(block.contains(try #require(IPAddress(address))) == inside)
  }

  @Test(
    "refuses blocks out of range",
    arguments: ["127.0.0.0/33", "::/129", "127.0.0.0/", "127.0.0.0/-1", "x/8", "127.0.0.0/+8"])
  func badBlocks(text: String) { #expect(AddressBlock(text) == nil) }
}

@Suite("RDATA")
struct RecordDataTests {
  @Test("reads each type")
  func reads() throws {
    #expect(RecordData(type: .a, rdata: [192, 0, 2, 1])?.description == "192.0.2.1")
    #expect(
      RecordData(type: .mx, rdata: [0, 10, 1, 0x61, 0]) == .mx(preference: 10, exchange: try #require(DomainName("a"))))
    #expect(RecordData(type: .mx, rdata: [0, 0, 0]) == .mx(preference: 0, exchange: .root))
    #expect(
      RecordData(type: .txt, rdata: [1, 0x61, 0, 2, 0x62, 0x63]) == .txt(TXTData(strings: [[0x61], [], [0x62, 0x63]])))
    #expect(
      RecordData(type: .tlsa, rdata: [3, 1, 1, 9])
        == .tlsa(TLSAData(usage: 3, selector: 1, matchingType: 1, association: [9])))
  }

  @Test(
    "refuses what is cut short or runs on",
    arguments: [
      (RecordType.a, [1, 2, 3] as [UInt8]), (.aaaa, [1]), (.mx, [0, 10]), (.mx, [0, 10, 1, 0x61, 0, 0]), (.txt, []),
      (.txt, [2, 0x61]), (.tlsa, [3, 1]), (.cname, [1, 0x61]),
    ])
  func refused(type: RecordType, rdata: [UInt8]) { #expect(RecordData(type: type, rdata: rdata) == nil) }

  @Test("joins character-strings with nothing between them")
  func joined() {
    #expect(TXTData(strings: [Array("v=spf1 a".utf8), Array("ll".utf8)]).text == "v=spf1 all")
    #expect(TXTData(String(repeating: "x", count: 600)).strings.map(\.count) == [255, 255, 90])
  }
}

extension RecordData {
  fileprivate var description: String? {
    if case .address(let address) = self { address.description } else { nil }
  }
}
