import IDNA
import Testing

@Suite("Public suffixes")
struct PublicSuffixTests {
  @Test(
    "names right below these belong to others",
    arguments: [
      "co.uk", "CO.UK.", "gov.uk", "ltd.uk", "nhs.uk", "police.uk", "com.au",
      // A wildcard: *.ck, *.kawasaki.jp, *.sch.uk.
      "anything.ck", "anything.kawasaki.jp", "anything.sch.uk",
      // As U-label and as A-label.
      "公司.cn", "xn--55qx5d.cn", "個人.香港", "xn--gmqw5a.xn--j6w193g",
    ])
  func suffix(text: String) throws {
    #expect(try MailDomain(validating: text).isPublicSuffix)
  }

  @Test(
    "these belong to one owner",
    arguments: [
      "example.co.uk", "council.gov.uk", "trust.nhs.uk", "school.anything.sch.uk",
      // Exceptions to a wildcard.
      "www.ck", "city.kawasaki.jp",
      // The list's private section: one owner's domain, whose customers have names below it.
      "github.io", "blogspot.com", "someone.github.io",
      // A top-level domain that the list does not know.
      "example.nosuchtld", "example.test",
      "例.公司.cn",
    ])
  func noSuffix(text: String) throws {
    #expect(try !MailDomain(validating: text).isPublicSuffix)
  }

  @Test("a top-level domain is refused before that", arguments: ["com", "com.", "uk.", "рф."])
  func topLevel(text: String) {
    let error = #expect(throws: MailDomainError.self) { try MailDomain(validating: text) }
    #expect(error?.reason == .singleLabel)
  }
}
