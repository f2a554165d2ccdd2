import DNS
import EmailAuth
import Testing

@Suite struct MTASTSRecordTests {
  private static func lookUp(_ texts: String...) -> MTASTSRecord.Lookup {
    MTASTSRecord.found(in: Answer(Question(.root, .txt), .found(texts.map { .txt(TXTData($0)) })))
  }

  @Test(arguments: [
    ("v=STSv1", "v=STSv1 must be followed by a semicolon"),
    ("v=STSv1 id=a;", "v=STSv1 must be followed by a semicolon"),
    ("v=STSv1;", "the _mta-sts record has no id"),
    ("v=STSv1; id=a; id=b", "the _mta-sts record has more than one id: \"id=b\""),
    ("v=STSv1; id=a-b", "the id must be 1 to 32 letters and digits: \"a-b\""),
    (
      "v=STSv1; id=a; note=\"\\\u{e9}",
      "a field of the _mta-sts record breaks the grammar: \"note=\\034\\092\\195\\169\""
    ),
    (
      "v=STSv1; id=a; \(String(repeating: "x", count: 90))",
      "a field of the _mta-sts record breaks the grammar: \" \(String(repeating: "x", count: 79))...\""
    ),
  ])
  func saysWhatIsWrong(text: String, phrase: String) {
    let lookup = Self.lookUp(text)
    #expect(lookup.status == .invalid)
    #expect(lookup.error?.description == phrase)
    #expect(lookup.text == text)
    #expect(lookup.error?.isTemporary == false)
  }

  @Test(arguments: [
    LookupFailure.timeout, .serverFailure, .refused, .bogus("signature expired"), .malformed,
    .internalError("no memory"),
  ])
  func failureIsNoAbsence(failure: LookupFailure) {
    let lookup = MTASTSRecord.found(in: Answer(Question(.root, .txt), .failure(failure), security: .indeterminate))
    #expect(lookup.status == .unknown)
    #expect(lookup.error?.isTemporary == true)
    #expect(lookup.error?.description == failure.description)
  }

  @Test func bogusAnswerIsNotUsed() {
    let answer = Answer(Question(.root, .txt), .found([.txt(TXTData("v=STSv1; id=a"))]), security: .bogus)
    #expect(MTASTSRecord.found(in: answer).status == .unknown)
  }

  @Test func severalRecordsCountAsNone() {
    let lookup = Self.lookUp("v=STSv1; id=a", "v=STSv1; id=b")
    #expect(lookup.status == .none)
    #expect(lookup.error?.reason == .severalRecords)
    #expect(lookup.text == "v=STSv1; id=a")
  }

  /// RFC 8461 section 3.1 sifts by "v=STSv1;", so that one without the semicolon does not spoil another.
  @Test func recordWithoutDelimiterGivesWay() {
    #expect(Self.lookUp("v=STSv1", "v=STSv1; id=a").record?.id == "a")
    #expect(Self.lookUp("v=STSv1", "unrelated").status == .invalid)
  }

  @Test func namesOfADomain() throws {
    let domain = try #require(DomainName("example.gov.uk"))
    #expect(MTASTSRecord.question(for: domain)?.description == "_mta-sts.example.gov.uk TXT")
    #expect(MTASTSPolicy.host(of: domain)?.description == "mta-sts.example.gov.uk")
    let label = String(repeating: "a", count: 61) + "."
    let long = try #require(DomainName(String(repeating: label, count: 4)))
    #expect(MTASTSRecord.question(for: long) == nil)
    #expect(MTASTSPolicy.host(of: long) == nil)
  }
}
