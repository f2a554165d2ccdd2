import Testing

@testable import Hallmark

@Suite struct RequestIDTests {
  @Test(
    arguments: [
      (0, "0"), (35, "z"), (36, "10"), (46_655, "zzz"), (46_656, "1000"), (101_559_956_668_415, "zzzzzzzzz"),
      // Beyond nine digits the last nine.
      (101_559_956_668_416, "000000000"), (UInt64.max, "w5e11264sgsf"),
    ] as [(UInt64, String)]) func numbers(_ number: UInt64, _ digits: String)
  {
    #expect(RequestID.text(Array("a1b2c-".utf8), number) == "a1b2c-" + digits.suffix(9))
  }

  @Test func prefixesAreDrawn() {
    let prefixes = (0..<100).map { _ in RequestID.prefix() }
    #expect(Set(prefixes).count > 90)
    #expect(prefixes.allSatisfy { $0.count == 6 && $0.last == UInt8(ascii: "-") })
  }
}
