import Testing

@testable import DNS

@Suite("DomainName")
struct DomainNameTests {
  @Test(
    "reads presentation format and keeps the canonical form",
    arguments: [
      ("example.gov.uk", "example.gov.uk"), ("EXAMPLE.Gov.UK.", "example.gov.uk"), (".", "."),
      ("_dmarc.example.org", "_dmarc.example.org"), (#"a\.b.example"#, #"a\.b.example"#),
      (#"\065bc.example"#, "abc.example"), (#"a\032b.example"#, #"a\032b.example"#),
      ("é.example", #"\195\169.example"#),
    ])
  func canonical(text: String, expected: String) throws {
    #expect(try #require(DomainName(text)).description == expected)
  }

  @Test(
    "refuses what is no name",
    arguments: [
      "", "..", ".example", "a..b", String(repeating: "a", count: 64) + ".example", #"a\25"#, #"a\256.b"#, #"a\"#,
      Array(repeating: "a", count: 128).joined(separator: "."),
    ])
  func refused(text: String) { #expect(DomainName(text) == nil) }

  @Test("takes 253 characters and refuses 254")
  func longest() {
    let label = String(repeating: "a", count: 63)
    let three = [label, label, label].joined(separator: ".")
    #expect(DomainName(three + "." + String(repeating: "b", count: 61)) != nil)
    #expect(DomainName(three + "." + String(repeating: "b", count: 62)) == nil)
  }

  @Test("reads the wire, and never follows a pointer or runs past the end")
  func wire() throws {
    let octets: [UInt8] = [3, 0x57, 0x57, 0x57, 2, 0x75, 0x6b, 0, 9]
    var position = 0
    #expect(DomainName(wire: octets, position: &position)?.description == "www.uk")
    #expect(position == 8)
    for broken: [UInt8] in [[], [3, 0x61], [0xc0, 0], [1, 0x61], [64] + [UInt8](repeating: 0x61, count: 64) + [0]] {
      var start = 0
      #expect(DomainName(wire: broken, position: &start) == nil)
    }
  }

  @Test("walks up and down the tree")
  func tree() throws {
    let name = try #require(DomainName("a.b.example"))
    #expect(name.parent?.description == "b.example")
    #expect(try #require(DomainName("uk")).parent == .root)
    #expect(DomainName.root.parent == nil)
    #expect(name.suffix(labels: 2).description == "b.example")
    #expect(name.prepending("_dmarc")?.description == "_dmarc.a.b.example")
    #expect(name.isAtOrBelow(try #require(DomainName("example"))))
    #expect(!name.isAtOrBelow(try #require(DomainName("ample"))))
    // A dot inside a label is no border between labels.
    #expect(!(try #require(DomainName(#"a\.example"#))).isAtOrBelow(try #require(DomainName("example"))))
  }

  @Test("puts labels before a name as long as 255 octets hold them (RFC 1035 section 2.3.4)")
  func prepends() throws {
    let label = String(repeating: "a", count: 61)
    let name = try #require(DomainName([label, label, label].joined(separator: ".")))
    #expect(name.prepending(label + ".b.c")?.description.utf8.count == 251)
    #expect(name.prepending(label + ".b.cde")?.description.utf8.count == 253)
    #expect(name.prepending(label + ".b.cdef") == nil)
    // An escape is four characters for one octet.
    let escaped = try #require(DomainName(#"\000\001\002"#))
    #expect(name.prepending(label)?.prepending(escaped)?.description.utf8.count == 260)
    #expect(name.prepending(try #require(DomainName(label + #".\000\001\002\003\004\005"#))) == nil)
    #expect(DomainName.root.prepending("_dmarc")?.description == "_dmarc")
    #expect(name.prepending(.root) == name)
    #expect(name.prepending("") == nil)
  }

  @Test(
    "tells host names",
    arguments: [("mx1.example", true), ("_tcp.example", false), ("-a.example", false), ("a-.b", false)])
  func hostNames(text: String, expected: Bool) throws {
    #expect(try #require(DomainName(text)).isHostName == expected)
  }

  @Test("orders by labels from the right")
  func order() {
    let names = ["b.example", "a.b.example", "example", "a.example"].compactMap { DomainName($0) }
    #expect(names.sorted().map(\.description) == ["example", "a.example", "b.example", "a.b.example"])
  }
}
