import DNS
import EmailAuth
import TestKit
import Testing

@Suite struct TLSRPTTests {
  @Test func records() throws {
    let file = "tls-rpt/records.json"
    guard let cases = try PublicSuites.cases(file) else { return }
    var passed = 0
    for (index, entry) in cases.enumerated() {
      let lookup = TLSRPTRecord.found(in: try TXTCase.answer(entry))
      let matches =
        lookup.status.rawValue == entry["status"] as? String
        && (lookup.record?.rua ?? []) == entry["rua"] as? [String] ?? []
      #expect(matches, "case \(index): \(entry["txt"] ?? "") was \(lookup)")
      #expect((lookup.status == .invalid || lookup.status == .unknown) ? lookup.error != nil : true, "case \(index)")
      #expect(lookup.status == .invalid ? lookup.text != nil : true, "case \(index)")
      passed += matches ? 1 : 0
    }
    PublicSuites.report(file, passed: passed, total: cases.count)
  }

  private static func lookUp(_ texts: String...) -> TLSRPTRecord.Lookup {
    TLSRPTRecord.found(in: Answer(Question(.root, .txt), .found(texts.map { .txt(TXTData($0)) })))
  }

  @Test(arguments: [
    ("v=TLSRPTv1", "v=TLSRPTv1 must be followed by a semicolon"),
    ("v=TLSRPTv1;", "the record has no rua, which says where reports go"),
    ("v=TLSRPTv1; rua=", "rua must hold URIs, with commas between them: \"rua=\""),
    ("v=TLSRPTv1; rua=mailto:a@b c", "rua must hold URIs, with commas between them: \"mailto:a@b c\""),
    ("v=TLSRPTv1; rua=ftp://example.com/", "reports go to mailto or https URIs alone: \"ftp://example.com/\""),
    ("v=TLSRPTv1; rua=mailto:a@b.example; x=y=z", "a field of the record breaks the grammar: \"x=y=z\""),
  ])
  func saysWhatIsWrong(text: String, phrase: String) {
    let lookup = Self.lookUp(text)
    #expect(lookup.status == .invalid)
    #expect(lookup.error?.description == phrase)
    #expect(lookup.text == text)
    #expect(lookup.record == nil)
  }

  @Test(arguments: [
    "mailto:a@example.com", "MAILTO:a@example.com?subject=x", "https://example.com",
    "https://user@example.com:8443/p?q=1#f",
    "HTTPS://[2001:db8::1]/", "mailto:a%2Cb@example.com", "https://example.com/%C3%A9",
  ])
  func takesDestination(uri: String) { #expect(Self.lookUp("v=TLSRPTv1;rua=\(uri)").record?.rua == [uri]) }

  @Test(arguments: [
    "mailto:", "mailto:a", "mailto:@example.com", "mailto:a@", "mailto:?to=a@example.com", "https:",
    "https:example.com",
    "https://", "https:///path", "https://:443/", "https://user@/", "https://example.com/%4", "https://example.com/%zz",
    "a@example.com", ":x", "1a:x", "mailto:<a@example.com>", "mailto:\u{e9}@example.com", "https://example.com/\u{0}",
  ])
  func refusesDestination(uri: String) {
    #expect(Self.lookUp("v=TLSRPTv1;rua=\(uri)").error?.reason == .malformedDestination)
  }

  @Test func failureIsNoAbsence() {
    let lookup = TLSRPTRecord.found(in: Answer(Question(.root, .txt), .failure(.timeout), security: .indeterminate))
    #expect(lookup.status == .unknown)
    #expect(lookup.error?.description == "the look-up timed out")
    #expect(lookup.error?.isTemporary == true)
  }

  @Test func severalRecordsCountAsNone() {
    let lookup = Self.lookUp("v=TLSRPTv1; rua=mailto:a@example.com", "v=TLSRPTv1; rua=mailto:b@example.com")
    #expect(lookup.status == .none)
    #expect(lookup.error?.reason == .severalRecords)
    #expect(lookup.record == nil)
  }

  @Test func destinationsAreBounded() {
    let list = (0..<500).map { "mailto:a\($0)@example.com" }.joined(separator: ",")
    #expect(Self.lookUp("v=TLSRPTv1; rua=\(list)").record?.rua.count == TLSRPTRecord.maximumDestinations)
  }

  @Test func nameOfADomain() throws {
    let domain = try #require(DomainName("example.gov.uk"))
    #expect(TLSRPTRecord.question(for: domain)?.description == "_smtp._tls.example.gov.uk TXT")
  }
}
