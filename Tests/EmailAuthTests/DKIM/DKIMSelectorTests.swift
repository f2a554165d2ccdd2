import DNS
import EmailAuth
import Testing

@Suite struct DKIMSelectorTests {
  @Test(arguments: [
    ("s1", "s1"), ("March.2026", "march.2026"), ("brisbane", "brisbane"), ("s1_2048", "s1_2048"),
    ("20230601", "20230601"),
    ("selector1-azurecomm-prod-net", "selector1-azurecomm-prod-net"),
  ])
  func accepts(text: String, canonical: String) {
    #expect(DKIMSelector(text)?.description == canonical)
  }

  @Test(arguments: [
    "", ".", "..", "a..b", ".a", "-a", "a-", "a b", "a\\046b", "a*", "*", "ä", "a/b", "a@b", "a\0b", "a\n",
    String(repeating: "a", count: 64), String(repeating: "a.", count: 200),
  ])
  func refuses(text: String) {
    #expect(DKIMSelector(text) == nil)
  }

  @Test func namesTheKey() throws {
    let domain = try #require(DomainName("example.com"))
    #expect(DKIMSelector("Foo.Bar")?.keyName(of: domain)?.description == "foo.bar._domainkey.example.com")
  }
}
