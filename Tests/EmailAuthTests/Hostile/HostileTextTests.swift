import DNS
import EmailAuth
import Testing

/// Text whose comparison in Swift takes time with the square of its length: rows of combining marks, as long as a TXT
/// record or a policy can be. Each case would take minutes if some parser compared text before it looked at octets;
/// `Fuzz/scaling` measures.
struct HostileTextTests {
  static let marks = Array(String(repeating: "\u{301}\u{316}", count: 16_000).utf8)

  /// Everything that is asked for is answered with the same text.
  struct Source: AnswerSource {
    let text: [UInt8]

    func answer(_ question: Question) -> Answer? {
      guard question.type == .txt else { return Answer(question, .noSuchType) }
      return Answer(question, .found([.txt(TXTData(strings: [text]))]))
    }
  }

  static let texts: [(name: String, octets: [UInt8])] = [
    ("alone", marks), ("before an equals sign", marks + Array("=a; p=".utf8)),
    ("behind a version", Array("v=".utf8) + marks), ("in a tag", Array("v=DMARC1; p=".utf8) + marks),
    ("as a tag", Array("v=DKIM1; ".utf8) + marks + Array("=a; p=".utf8)), ("in SPF", Array("v=spf1 a:".utf8) + marks),
    ("in an id", Array("v=STSv1; id=".utf8) + marks), ("in a rua", Array("v=TLSRPTv1; rua=".utf8) + marks),
  ]

  @Test(arguments: texts.map(\.name))
  func records(name: String) throws {
    let octets = try #require(Self.texts.first { $0.name == name }).octets
    let domain = try #require(DomainName("example.org"))
    let selector = try #require(DKIMSelector("s1"))
    var source = Source(text: octets)
    #expect(DKIMKeyLookup.find(selector, of: domain, in: &source).status != .valid)
    #expect(DKIMPresence.find(domain, random: selector, in: &source).isPublished != true)
    #expect(SPFAnalysis(of: domain, source: &source).status != .valid)
    #expect(DMARCDiscovery.find(domain, in: &source).status != .valid)
    for question in [MTASTSRecord.question(for: domain), TLSRPTRecord.question(for: domain)].compactMap({ $0 }) {
      let answer = try #require(source.answer(question))
      #expect(MTASTSRecord.found(in: answer).status != .valid)
      #expect(TLSRPTRecord.found(in: answer).status != .valid)
    }
  }

  @Test(arguments: ["version: ", "version: STSv1\nmax_age: 1\nmx: a.b\nmode: ", "version: STSv1\nmode: enforce\nmx: "])
  func policy(beginning: String) {
    let body = Array(beginning.utf8) + Self.marks.prefix(60_000)
    #expect(throws: MTASTSError.self) { try MTASTSPolicy(body: body) }
  }

  @Test func block() {
    #expect(AddressBlock(String(decoding: Self.marks, as: UTF8.self)) == nil)
    #expect(AddressBlock("192.0.2.0/24/") == nil)
    #expect(AddressBlock("192.0.2.0/+24") == nil)
    #expect(AddressBlock("2001:db8::/32")?.prefixLength == 32)
  }
}
