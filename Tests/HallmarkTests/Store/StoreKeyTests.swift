import DNS
import Testing

@testable import Hallmark

@Suite struct StoreKeyTests {
  /// A name, and its labels from the right.
  static let keys: [(name: String, labels: [String])] = [
    ("example", ["example"]), ("a.example", ["example", "a"]), ("b.a.example.uk", ["uk", "example", "a", "b"]),
    ("_dmarc.Example.UK", ["uk", "example", "_dmarc"]), ("a\\.b.example", ["example", "a\\.b"]),
    ("\\000\\255.example", ["example", "\\000\\255"]), ("a\\\\.example", ["example", "a\\\\"]),
  ]

  @Test(arguments: keys)
  func `a key is the labels from the right, and gives the name back`(name: String, labels: [String]) throws {
    let key = StoreKey.name(domain(name))
    #expect(key == labels.flatMap { Array($0.utf8) + [0] })
    #expect(try StoreKey.name(in: key) == domain(name))
    #expect(try key.withUnsafeBytes { try StoreKey.name(in: $0) } == domain(name))
  }

  @Test func `the root has no key, and what is no name is damage`() {
    #expect(StoreKey.name(.root).isEmpty)
    #expect(throws: StoreError.damaged("a key is no name")) { try StoreKey.name(in: [0, 0] as [UInt8]) }
    #expect(throws: StoreError.damaged("a key is no name")) {
      try StoreKey.name(in: [UInt8](repeating: 0x61, count: 64) + [0])
    }
  }
}
