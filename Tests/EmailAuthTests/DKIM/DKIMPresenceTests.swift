import DNS
import EmailAuth
import Testing

@Suite struct DKIMPresenceTests {
  private static let domain = DomainName("example.uk") ?? .root
  private static let random = "x7f3q9"

  private static func find(_ zone: inout DKIMZone) throws -> DKIMPresence {
    DKIMPresence.find(domain, random: try #require(DKIMSelector(random)), in: &zone)
  }

  private static func named(_ rows: [String: DKIMZone.Row]) -> DKIMZone {
    DKIMZone(Dictionary(uniqueKeysWithValues: rows.map { ($0.key + "example.uk", $0.value) }))
  }

  struct Case: CustomTestStringConvertible {
    let testDescription: String
    let rows: [String: DKIMZone.Row]
    let published: Bool?
    var found: [String] = []
  }

  @Test(arguments: [
    Case(testDescription: "nothing", rows: ["": .nodata], published: false),
    Case(testDescription: "the domain does not exist", rows: [:], published: false),
    Case(
      testDescription: "a key at a common selector", rows: ["google._domainkey.": .txt(DKIMKeys.rsa1024)],
      published: true,
      found: ["google"]),
    Case(testDescription: "a key elsewhere", rows: ["march2026._domainkey.": .txt(DKIMKeys.rsa1024)], published: true),
    Case(testDescription: "a DomainKeys policy", rows: ["_domainkey.": .txt("t=y; o=~")], published: true),
    Case(
      testDescription: "NXDOMAIN for the empty _domainkey, a key below",
      rows: ["_domainkey.": .nxdomain, "s1._domainkey.": .txt(DKIMKeys.ed25519)], published: true, found: ["s1"]),
    Case(
      testDescription: "NXDOMAIN for _domainkey, a common selector fails",
      rows: ["s2._domainkey.": .failure(.timeout), "_domainkey.": .nxdomain], published: nil),
    Case(
      testDescription: "a wildcard of revoked keys, as guidance for domains that do not send has it",
      rows: ["*._domainkey.": .txt(DKIMKeys.revoked)], published: nil),
    Case(testDescription: "a wildcard with a key", rows: ["*._domainkey.": .txt(DKIMKeys.rsa1024)], published: nil),
    Case(testDescription: "a wildcard TXT over the domain", rows: ["*.": .txt("v=spf1 -all")], published: nil),
    Case(testDescription: "a wildcard of another type over the domain", rows: ["*.": .nodata], published: nil),
    Case(
      testDescription: "a wildcard, and a key of its own at a common selector",
      rows: ["*._domainkey.": .txt(DKIMKeys.revoked), "selector1._domainkey.": .txt(DKIMKeys.rsa1024)], published: true,
      found: ["selector1"]),
    Case(
      testDescription: "a revoked key alone", rows: ["default._domainkey.": .txt(DKIMKeys.revoked)], published: nil,
      found: ["default"]),
    Case(
      testDescription: "a key too short to be used", rows: ["mail._domainkey.": .txt(DKIMKeys.rsa512)], published: nil,
      found: ["mail"]),
    Case(
      testDescription: "a revoked key beside a good one",
      rows: ["k1._domainkey.": .txt(DKIMKeys.revoked), "k2._domainkey.": .txt(DKIMKeys.ed25519)], published: true,
      found: ["k1", "k2"]),
    Case(testDescription: "_domainkey fails", rows: ["_domainkey.": .failure(.serverFailure)], published: nil),
    Case(
      testDescription: "the random selector fails", rows: ["x7f3q9._domainkey.": .failure(.timeout)], published: nil),
    Case(
      testDescription: "all fails but one key",
      rows: ["*._domainkey.": .failure(.timeout), "google._domainkey.": .txt(DKIMKeys.rsa1024)], published: true,
      found: ["google"]),
    Case(
      testDescription: "_domainkey exists, a common selector fails",
      rows: ["other._domainkey.": .txt(DKIMKeys.rsa1024), "s1._domainkey.": .failure(.timeout)], published: true),
  ])
  func tells(_ test: Case) throws {
    var zone = Self.named(test.rows)
    let presence = try Self.find(&zone)
    #expect(presence.isPublished == test.published, "\(presence.basis)")
    #expect(presence.found.map(\.selector.description).sorted() == test.found)
  }

  /// What is asked, and in how many passes; each answer is at hand once it was asked for.
  private static func passes(
    _ rows: [String: DKIMZone.Row], isSigned: Bool = false, sendsNothing: Bool = false
  ) throws -> (isPublished: Bool?, asked: [Int]) {
    var zone = named(rows)
    zone.isSigned = isSigned
    zone.known = []
    var asked: [Int] = []
    for _ in 0..<5 {
      let presence = DKIMPresence.find(
        domain, random: try #require(DKIMSelector(random)), sendsNothing: sendsNothing, in: &zone)
      let new = Set(zone.asked.map(\.name.description)).subtracting(zone.known ?? [])
      if new.isEmpty { return (presence.isPublished, asked) }
      #expect(presence.basis == .pending && presence.isPublished == nil)
      #expect(new.allSatisfy { $0.hasSuffix("_domainkey.example.uk") })
      asked.append(new.count)
      zone.known?.formUnion(new)
    }
    Issue.record("it has no end")
    return (nil, asked)
  }

  @Test func asksNoMoreThanTells() throws {
    let few = 5
    let rest = 18
    // A key at one of the most common selectors.
    #expect(try Self.passes(["google._domainkey.": .txt(DKIMKeys.rsa1024)]).asked == [2, few])
    // Something is there, which none of these shows.
    #expect(try Self.passes(["zoho._domainkey.": .txt(DKIMKeys.rsa1024)]).asked == [2, few, rest])
    #expect(try Self.passes(["s1._domainkey.": .txt(DKIMKeys.revoked)]).asked == [2, few, rest])
    #expect(try Self.passes(["*._domainkey.": .txt(DKIMKeys.revoked)]).asked == [2, few, rest])
    // Nothing is there, it is said: without a proof, all are looked at all the same.
    #expect(try Self.passes(["": .nodata]).asked == [2, few, rest])
    let denied = try Self.passes(["zoho._domainkey.": .txt(DKIMKeys.rsa1024), "_domainkey.": .nxdomain])
    #expect(denied.asked == [2, few, rest] && denied.isPublished == true)
    #expect(try Self.passes(["": .nodata], isSigned: true).asked == [2])
    #expect(try Self.passes(["": .nodata], isSigned: true).isPublished == false)
    // Who sends nothing has no keys to be guessed, but what is there is looked at.
    #expect(try Self.passes(["*._domainkey.": .txt(DKIMKeys.revoked)], sendsNothing: true).asked == [2])
    #expect(try Self.passes(["": .nodata], sendsNothing: true).asked == [2])
    #expect(try Self.passes(["s1._domainkey.": .txt(DKIMKeys.revoked)], sendsNothing: true).asked == [2, few, rest])
  }

  @Test func guessesNothingBeforeItIsKnownWhetherMailIsSent() throws {
    var zone = Self.named(["google._domainkey.": .txt(DKIMKeys.rsa1024)])
    let presence = DKIMPresence.find(
      Self.domain, random: try #require(DKIMSelector(Self.random)), sendsNothing: nil, in: &zone)
    #expect(presence.basis == .pending && zone.asked.count == 2)
  }

  @Test func followsAliases() throws {
    let selector = try #require(DKIMSelector("selector1"))
    let name = try #require(selector.keyName(of: Self.domain))
    let target = try #require(DomainName("selector1-example-uk._domainkey.example.onmicrosoft.com"))
    let answer = Answer(Question(name, .txt), .found([.txt(TXTData(DKIMKeys.rsa1024))]), canonicalName: target)
    let lookup = DKIMKeyLookup(selector, answer: answer)
    #expect(lookup.status == .valid)
    #expect(lookup.canonicalName == target)
  }

  /// Names near the bound of the DNS leave no room for a selector, and so for no key.
  @Test func domainsTooLongForSelectorsHaveNone() throws {
    let label = String(repeating: "a", count: 60)
    for tail in [50, 61] {
      let text = [label, label, label, String(repeating: "b", count: tail), "uk"].joined(separator: ".")
      let domain = try #require(DomainName(text))
      var zone = DKIMZone([:])
      let presence = DKIMPresence.find(domain, random: try #require(DKIMSelector("x7f3q9")), in: &zone)
      #expect(presence.isPublished == false)
    }
  }
}
