import DNS
import Foundation
import Posture
import Testing

@testable import Probe

@Suite struct CertificateFactsTests {
  let authority: TestAuthority
  let inspector: CertificateInspector
  let name: DomainName

  init() throws {
    authority = try TestAuthority.shared.get()
    inspector = CertificateInspector(trust: try TrustStore(pemFile: authority.rootFile))
    name = try #require(DomainName("mx.example.com"))
  }

  /// The certificates of the tests begin when they are made and hold for a hundred days.
  private static var now: Timestamp { Timestamp(seconds: Int64(Date().timeIntervalSince1970) + 60) }

  private func leaf(_ name: String, _ altName: String, issuer: String?) throws -> [UInt8] {
    try authority.leaf(name, altNames: [Array(altName.utf8)], issuer: issuer)
  }

  @Test func whole() throws {
    let leaf = try leaf("facts-good", "MX.example.com", issuer: "intermediate")
    let chain = [leaf, try authority.der("intermediate")]
    let facts = try #require(inspector.facts(of: chain, for: name, at: Self.now))
    #expect(facts.chainTrusted && facts.matchesName && !facts.selfSigned)
    #expect(facts.chainError == nil)
    #expect(facts.subjectNames == ["MX.example.com"])
    #expect(facts.subject == "CN=leaf")
    #expect(facts.issuer == "CN=Hallmark test intermediate")
    #expect(facts.key == "EC" && facts.bits == 256)
    #expect(facts.signature == "ecdsa-with-SHA256")
    #expect(facts.notAfter - facts.notBefore == 100 * 86_400)
    #expect(facts.chainNotAfter <= facts.notAfter)
    #expect(facts.authorities?.map(\.signature) == ["ecdsa-with-SHA256"], "the root's own does not count")
  }

  @Test func missingIntermediateIsNamed() throws {
    let leaf = try leaf("facts-alone", "mx.example.com", issuer: "intermediate")
    let facts = try #require(inspector.facts(of: [leaf], for: name, at: Self.now))
    #expect(!facts.chainTrusted && facts.matchesName)
    #expect(facts.chainError?.contains("Hallmark test intermediate") == true)
  }

  @Test func datesAreLeftAside() throws {
    let chain = [try leaf("facts-dates", "mx.example.com", issuer: "intermediate"), try authority.der("intermediate")]
    for moment in [Timestamp(seconds: 0), Self.now + 200 * 86_400] {
      let facts = try #require(inspector.facts(of: chain, for: name, at: moment))
      #expect(facts.chainTrusted)
      #expect(moment < facts.notBefore || moment > facts.notAfter)
    }
  }

  @Test func selfSigned() throws {
    let leaf = try leaf("facts-self", "mx.example.com", issuer: nil)
    let facts = try #require(inspector.facts(of: [leaf], for: name, at: Self.now))
    #expect(facts.selfSigned && !facts.chainTrusted)
    #expect(facts.chainError?.isEmpty == false)
  }

  @Test func strangersAreNotTrusted() throws {
    let chain = [
      try leaf("facts-strange", "mx.example.com", issuer: "intermediate"), try authority.der("intermediate"),
    ]
    let nobody = CertificateInspector(trust: try TrustStore(empty: ()))
    let facts = try #require(nobody.facts(of: chain, for: name, at: Self.now))
    #expect(!facts.chainTrusted)
    // Without a path it is what was sent that is looked at.
    #expect(facts.authorities?.map(\.subject) == ["CN=Hallmark test intermediate"])
  }

  @Test func hostileNamesAreEscapedAndBounded() throws {
    let names = (0..<300).map { _ in Array("x\u{1b}[2J\u{202e}.example".utf8) }
    let leaf = try authority.leaf("facts-hostile", altNames: names)
    let facts = try #require(inspector.facts(of: [leaf], for: name, at: Self.now))
    #expect(facts.subjectNames.count == CertificateReader.maximumSubjectNames)
    #expect(facts.subjectNames.first == "x\\x1b[2J\\xe2\\x80\\xae.example")
    #expect(!facts.matchesName)
  }

  /// Every octet of a good certificate, turned over in turn: whatever parses must give facts, and nothing may trap.
  @Test func brokenCertificates() throws {
    let leaf = try leaf("facts-broken", "mx.example.com", issuer: "intermediate")
    let intermediate = try authority.der("intermediate")
    for index in leaf.indices {
      var broken = leaf
      broken[index] ^= 0xff
      let facts = inspector.facts(of: [broken, intermediate], for: name, at: Self.now)
      #expect(facts?.chainTrusted != true || index == leaf.endIndex, "octet \(index)")
    }
    for length in stride(from: 0, to: leaf.count, by: 7) {
      #expect(inspector.facts(of: [Array(leaf[..<length])], for: name, at: Self.now) == nil)
    }
    #expect(inspector.facts(of: [leaf + [0]], for: name, at: Self.now) == nil)
    #expect(inspector.facts(of: [], for: name, at: Self.now) == nil)
  }

  @Test func anUnreadableFileIsAnError() {
    #expect(throws: OpenSSLError.self) { try TrustStore(pemFile: "/nowhere/ca.pem") }
    #expect(throws: OpenSSLError.self) { try TrustStore(pemFile: "/dev/null") }
  }
}
