import DNS
import EmailAuth
import TestKit
import Testing

/// Text that no one should publish: nothing traps, and time grows with the length alone.
struct SPFHostileTests {
  static let pieces = [
    "all", "include", "a", "mx", "ptr", "ip4", "ip6", "exists", "redirect", "exp", ":", "=", "/", "//", "%", "%{", "}",
    "%%", "%_",
    "%-", "s", "l", "o", "d", "i", "p", "h", "c", "r", "t", "v", "0", "1", "32", "128", "99999999999", ".", "-", "+",
    "?", "~", " ",
    "example.com", "e.test", "192.0.2.1", "::", "2001:db8::1", "\u{0}", "\u{7f}", "ä", "\t", "@", "\\",
  ]

  static func text(_ generator: inout SplitMix64) -> [UInt8] {
    var octets: [UInt8] = []
    for _ in 0..<Int.random(in: 0..<40, using: &generator) {
      if Int.random(in: 0..<20, using: &generator) == 0 {
        octets.append(UInt8.random(in: 0...255, using: &generator))
      } else {
        octets += Array((pieces.randomElement(using: &generator) ?? "").utf8)
      }
    }
    return octets
  }

  @Test(arguments: [1, 2, 3, 4] as [UInt64])
  func randomText(seed: UInt64) throws {
    var generator = SplitMix64(seed: seed)
    let address = try #require(IPAddress(seed % 2 == 0 ? "192.0.2.1" : "2001:db8::1"))
    for _ in 0..<1_500 {
      var zone = SPFZone()
      for name in ["d.test", "e.test"] {
        zone.add(name, .txt, .txt(TXTData(strings: [Array("v=spf1 ".utf8), Self.text(&generator)])))
      }
      let identities = (0..<2).map { _ in String(decoding: Self.text(&generator), as: UTF8.self) }
      let request = SPFRequest(address: address, mailFrom: "\(identities[0])@d.test", helo: identities[1])
      #expect(zone.check(request) != .pending)
      #expect(zone.checkSlowly(request) == zone.check(request))
      let analysis = try #require(zone.analyse("d.test"))
      let record = SPFRecord(Array((analysis.record ?? "").utf8))
      #expect(analysis.status != .pending && analysis.status != .none)
      #expect((record?.error == nil) || analysis.status == .invalid)
    }
  }

  static let longest = 65_000

  @Test(arguments: [
    "a", "a ", "x=", "%", "%{d}", "%{l1r-}.", "%{l1}", "%{S1}", "a:%{s}", ".", "/", "1", "a/", "ip4:0.0.0.0/0 ",
    "ip4:1 ",
    "-all ", "redirect=a.b ",
    "exists:%{p}.x ", "include:e.test ", " ", "\u{0}", "v=spf1 ", "%%", "ip6:::", ":",
  ])
  func longText(_ piece: String) throws {
    let text = String(repeating: piece, count: Self.longest / piece.utf8.count)
    let zone = SPFZone(texts: [
      "d.test": "v=spf1 \(text)", "e.test": "v=spf1 a:\(text) -all", "f.test": "v=spf1 -all exp=g.test", "g.test": text,
    ])
    let address = try #require(IPAddress("192.0.2.1"))
    let local = String(repeating: "a.", count: 490)
    let long = String(repeating: "a.", count: 30_000)
    let elapsed = ContinuousClock().measure {
      for domain in ["d.test", "e.test", "f.test"] {
        #expect(zone.check(SPFRequest(address: address, mailFrom: "\(local)@\(domain)", helo: long)) != .pending)
        #expect(zone.analyse(domain)?.status != .pending)
      }
    }
    // Even a slow machine needs a fraction of a second; what grows with the square of the length takes minutes.
    #expect(elapsed < .seconds(300))
  }
}
