import DNS
import EmailAuth
import Testing

@Suite("DMARC discovery")
struct DMARCDiscoveryTests {
  /// A source that has nothing at hand and notes what it was asked for.
  private struct Empty: AnswerSource {
    var asked: [String] = []
    mutating func answer(_ question: Question) -> Answer? {
      asked.append(question.name.description)
      return nil
    }
  }

  private static func find(_ domain: String, _ txt: [String: [String]]) throws -> DMARCDiscovery {
    var zone = DMARCZone(txt: txt)
    return DMARCDiscovery.find(try #require(DomainName(domain)), in: &zone)
  }

  @Test("wants the whole walk at one time, eight names at the most")
  func wantsAll() throws {
    var source = Empty()
    let found = DMARCDiscovery.find(try #require(DomainName("a.b.c.d.e.f.g.h.i.example")), in: &source)
    #expect(found.status == .pending)
    #expect(found.organizationalDomain == nil)
    #expect(source.asked.count == 8)
    #expect(source.asked[1] == "_dmarc.d.e.f.g.h.i.example")
  }

  @Test(
    "the policy is one level lower while testing",
    arguments: zip(DMARCPolicy.allCases, [DMARCPolicy.none, .none, .quarantine]))
  func testing(policy: DMARCPolicy, expected: DMARCPolicy) throws {
    let found = try Self.find("example.org", ["_dmarc.example.org": ["v=DMARC1; p=\(policy.rawValue); t=y"]])
    #expect(found.policy == policy)
    #expect(found.effectivePolicy == expected)
  }

  // RFC 9989 section 4.10 steps 2 and 6: psd counts in a record that says no policy, too.
  @Test("a public suffix that publishes psd=y alone leaves its domains their own policies")
  func bareSuffix() throws {
    let txt = ["_dmarc.bank.example": ["v=DMARC1; psd=y"], "_dmarc.giant.bank.example": ["v=DMARC1; p=reject"]]
    let found = try Self.find("www.giant.bank.example", txt)
    #expect(found.status == .valid)
    #expect(found.policy == .reject)
    #expect(found.organizationalDomain == DomainName("giant.bank.example"))
    #expect(found.walked.last == DomainName("bank.example"))
    let without = try Self.find("mega.bank.example", txt)
    #expect(without.status == .none)
    #expect(without.organizationalDomain == DomainName("mega.bank.example"))
  }

  @Test("an invalid record with psd=n is the end of the walk")
  func invalidOrganization() throws {
    let found = try Self.find(
      "a.sub.example.com",
      ["_dmarc.sub.example.com": ["v=DMARC1; p=no; psd=n"], "_dmarc.example.com": ["v=DMARC1; p=reject"]])
    #expect(found.status == .invalid)
    #expect(found.foundAt == DomainName("sub.example.com"))
    #expect(found.text == "v=DMARC1; p=no; psd=n")
    #expect(found.fault == .noPolicy(tag: "p", value: "no"))
    #expect(found.walked.last == DomainName("sub.example.com"))
  }

  // RFC 9989 section 4.10.2: "the initial target domain is the Organizational Domain".
  @Test("without any record the domain is its own Organizational Domain")
  func ownOrganization() throws {
    let found = try Self.find("a.example.com", [:])
    #expect(found.status == .none)
    #expect(found.organizationalDomain == DomainName("a.example.com"))
  }

  @Test("a failure is never absence", arguments: ["_dmarc.a.example.com", "_dmarc.example.com", "_dmarc.com"])
  func failure(name: String) throws {
    var zone = DMARCZone(errors: [name: "TIMEOUT"])
    let found = DMARCDiscovery.find(try #require(DomainName("a.example.com")), in: &zone)
    #expect(found.status == .unknown)
    #expect(found.failure?.question.name == DomainName(name))
    #expect(found.organizationalDomain == nil)
  }

  @Test("an answer whose signature does not hold is not used")
  func bogus() throws {
    struct Forged: AnswerSource {
      mutating func answer(_ question: Question) -> Answer? {
        Answer(question, .found([.txt(TXTData("v=DMARC1; p=reject"))]), security: .bogus)
      }
    }
    var source = Forged()
    #expect(DMARCDiscovery.find(try #require(DomainName("example.com")), in: &source).status == .unknown)
  }

  @Test("says what RFC 7489 reads otherwise")
  func olderReading() throws {
    let own = try Self.find("example.com", ["_dmarc.example.com": ["v=DMARC1; p=reject; pct=20"]])
    #expect(own.differencesUnderRFC7489 == [.percentage(20)])
    let inherited = try Self.find("a.example.com", ["_dmarc.example.com": ["v=DMARC1; p=reject"]])
    #expect(inherited.differencesUnderRFC7489 == [.placeByPublicSuffixList])
    #expect(try Self.find("example.com", [:]).differencesUnderRFC7489.isEmpty)
  }
}
