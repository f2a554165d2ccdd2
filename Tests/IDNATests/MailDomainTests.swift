import IDNA
import TestKit
import Testing

@Suite struct MailDomainTests {
  @Test(arguments: [
    ("Example.GOV.UK.", "example.gov.uk", nil),
    ("xn--bcher-kva.example", "xn--bcher-kva.example", "bücher.example"),
    ("BÜCHER.example.", "xn--bcher-kva.example", "bücher.example"),
    ("example。рф", "example.xn--p1ai", "example.рф"),
    ("faß.de", "xn--fa-hia.de", "faß.de"),
    ("ＥＸＡＭＰＬＥ．uk", "example.uk", nil),
  ])
  func accepts(text: String, ascii: String, unicode: String?) throws {
    let domain = try MailDomain(validating: text)
    #expect(domain.name.description == ascii)
    #expect(domain.unicode == unicode)
  }

  @Test(
    arguments: [
      ("", .empty, "Give a domain"),
      (".", .empty, "Give a domain"),
      ("user@Example.com", .mailbox, "behind the @ of an e-mail address: example.com."),
      ("\"a@b\"@example.com", .mailbox, ": example.com."),
      ("mailto:user@example.com", .mailbox, ": example.com."),
      ("user@", .mailbox, "e-mail address."),
      ("https://example.com/path@x", .url, "without scheme and path of a URL: example.com."),
      ("https://[::1]/", .url, "of a URL."),
      ("example.com/", .url, ": example.com."),
      ("../../etc/passwd", .url, "of a URL."),
      ("example.com:25", .port, "without a port: example.com."),
      ("192.0.2.1", .address, "instead of an IP address"),
      ("192.0.2.1.", .address, "instead of an IP address"),
      ("[IPv6:2001:db8::1]", .address, "instead of an IP address"),
      ("::1", .address, "instead of an IP address"),
      ("2130706433", .address, "instead of an IP address"),
      ("0x7f.1", .numericTopLabel, "not a number"),
      ("*.example.com", .wildcard, "instead of a wildcard"),
      ("_dmarc.example.com", .underscore, "live: example.com."),
      ("s1._domainkey.example.com", .underscore, "live: example.com."),
      ("ex_ample.com", .underscore, "live."),
      ("exam ple.com", .whiteSpace, "white space"),
      ("example.com\u{2028}", .whiteSpace, "white space"),
      ("example.com\r\nDATA", .controlCharacter, "control characters"),
      ("example\0.com", .controlCharacter, "control characters"),
      ("$(id).uk", .invalidCharacter, "Use letters"),
      ("≠example.uk", .invalidInternationalName, "IDNA 2008"),
      ("example≯.uk", .invalidInternationalName, "IDNA 2008"),
      ("a℀b.uk", .invalidCharacter, "Use letters"),
      ("ex＿ample.uk", .underscore, "underscore"),
      ("a..uk", .emptyLabel, "one dot"),
      (".uk", .emptyLabel, "one dot"),
      ("a.uk..", .emptyLabel, "one dot"),
      ("-a.uk", .hyphen, "hyphen"),
      ("ab--c.uk", .hyphen, "hyphen"),
      ("uk", .singleLabel, "two labels"),
      ("рф", .singleLabel, "two labels"),
      ("a.123", .numericTopLabel, "not a number"),
      (String(repeating: "a", count: 64) + ".uk", .labelTooLong, "63 octets"),
      (String(repeating: "a.", count: 127) + "uk", .tooLong, "253 octets"),
      (String(repeating: "\u{200b}", count: 400) + "a.uk", .tooLong, "253 octets"),
      ("💩.la", .invalidInternationalName, "IDNA 2008"),
    ] as [(String, MailDomainError.Reason, String)])
  func refuses(text: String, reason: MailDomainError.Reason, advice: String) {
    let error = #expect(throws: MailDomainError.self) { try MailDomain(validating: text) }
    #expect(error?.reason == reason, "\(error?.message ?? "")")
    #expect(error?.message.contains(advice) == true, "\(error?.message ?? "")")
    #expect(error?.message.hasSuffix(".") == true)
    #expect(error?.message.unicodeScalars.allSatisfy { (0x20...0x7e).contains($0.value) } == true)
  }

  @Test func refusesOctetsThatAreNoUTF8() {
    let error = #expect(throws: MailDomainError.self) { try MailDomain(validatingUTF8: [0xff, 0x2e, 0x75, 0x6b]) }
    #expect(error?.reason == .notUTF8)
  }

  /// Octets of every kind, from a fixed seed: an answer always comes, and what is accepted is canonical.
  @Test func neverTrapsAndIsIdempotent() throws {
    var dice = SplitMix64(seed: 42)
    func next(_ bound: UInt64) -> UInt64 { .random(in: 0..<bound, using: &dice) }
    let scalars = ["a", "Z", "0", "-", ".", "。", "ü", "ß", "א", "\u{200d}", "\u{ad}", "x", "n", "\u{301}", "रा", "💩"]
    var accepted = 0
    for _ in 0..<5_000 {
      let text = (0..<next(24)).map { _ in scalars[Int(next(UInt64(scalars.count)))] }.joined() + ".uk"
      guard let domain = try? MailDomain(validating: text) else { continue }
      accepted += 1
      #expect(domain.name.isHostName)
      let again = try MailDomain(validating: domain.name.description)
      #expect(again == domain)
      if let unicode = domain.unicode { #expect(try MailDomain(validating: unicode) == domain) }
    }
    #expect(accepted > 100)
  }
}
