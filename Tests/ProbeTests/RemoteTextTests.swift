import Testing

@testable import Probe

@Suite struct RemoteTextTests {
  static let table: [([UInt8], String)] = [
    (Array("220 mx.example.com".utf8), "220 mx.example.com"),
    (Array("grüße ✓ 日本".utf8), "grüße ✓ 日本"),
    ([0x1b] + Array("[31mred".utf8), "\\x1b[31mred"),
    ([0x00, 0x07, 0x0d, 0x0a, 0x7f], "\\x00\\x07\\x0d\\x0a\\x7f"),
    // C1 controls, as UTF-8 and as a lone octet.
    ([0xc2, 0x9b], "\\xc2\\x9b"), ([0x9b], "\\x9b"),
    // Right-to-left override, isolate, mark; zero-width space; line separator; byte-order mark.
    (Array("a\u{202e}b".utf8), "a\\xe2\\x80\\xaeb"), (Array("\u{2066}".utf8), "\\xe2\\x81\\xa6"),
    (Array("\u{200f}".utf8), "\\xe2\\x80\\x8f"), (Array("\u{200b}".utf8), "\\xe2\\x80\\x8b"),
    (Array("\u{2028}".utf8), "\\xe2\\x80\\xa8"), (Array("\u{feff}".utf8), "\\xef\\xbb\\xbf"),
    // Not UTF-8: Latin-1, overlong, a surrogate, cut off.
    ([0x67, 0x72, 0xfc, 0xdf], "gr\\xfc\\xdf"), ([0xc0, 0x80], "\\xc0\\x80"), ([0xed, 0xa0, 0x80], "\\xed\\xa0\\x80"),
    ([0xe2, 0x9c], "\\xe2\\x9c"), (Array(#"a\b"#.utf8), #"a\b"#), ([], ""),
  ]

  @Test(arguments: table) func escapes(_ octets: [UInt8], _ text: String) {
    #expect(RemoteText.escaped(octets) == text)
  }

  @Test(arguments: [
    ("abcdef", 6, "abcdef"), ("abcdefg", 6, "abcdef…"), ("ééé", 4, "éé…"),
    ("ééé", 5, "éé…"), ("é", 1, "…"),
    ("\u{1b}\u{1b}", 7, "\\x1b…"), ("anything", 0, "…"),
  ])
  func bounds(_ text: String, _ limit: Int, _ expected: String) {
    #expect(RemoteText.escaped(text, limit: limit) == expected)
  }

  @Test func whatIsLongCostsNoMore() {
    let text = RemoteText.escaped([UInt8](repeating: 0xff, count: 10_000_000), limit: 100)
    #expect(text == String(repeating: "\\xff", count: 25) + "…")
  }
}
