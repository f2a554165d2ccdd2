import DNS
import EmailAuth
import Testing

/// The grammar of RFC 7208, a term a row.
struct SPFRecordTests {
  @Test(arguments: [
    // Section 5.6: prefix lengths, each at its bounds.
    ("a/0", true), ("a/32", true), ("a/33", false), ("a/032", false), ("a//0", true), ("a//128", true),
    ("a//129", false), ("a/24//64", true), ("a/24/64", false), ("a//64/24", false), ("a/", false), ("a//", false),
    ("a/99999999999999999999", false), ("ip4:192.0.2.0/24", true), ("ip4:192.0.2.0//24", false), ("ip4:", false),
    ("ip4:192.0.2.0/", false), ("ip4:192.0.2.0/2x", false), ("ip6:2001:db8::/32", true), ("ip6:2001:db8::1/129", false),
    ("ip6:2001:db8::%eth0", false), ("ip4/24", false),
    // Section 7.1: what may end a domain-spec.
    ("a:foo.example", true), ("a:foo.example.", true), ("a:foo.example..", false), ("a:foo", false), ("a:.foo", true),
    ("a:foo.123", false), ("a:foo.1-2", true), ("a:foo.-2", false), ("a:foo.2-", false), ("a:foo/bar.example/24", true),
    ("a:%{d}", true), ("a:%{d}/24//64", true), ("a:%{d}.", false), ("a:%{d}.example", true), ("a:%{d}example", false),
    ("a:example.%%", true), ("a:example%_", true), ("a:example.com%", false), ("a:example.com%{d", false),
    // Section 7.1: macros.
    ("exists:%{L1R+-}.example", true), ("exists:%{d0}", false), ("exists:%{d00}", false), ("exists:%{d1r2}", false),
    ("exists:%{d999999999999999999999}", true), ("exists:%{d.-+,/_=}", true), ("exists:%{d!}", false),
    ("exists:%{}", false),
    ("exists:%{c}", false), ("exists:%{R}", false), ("exp=%{t}.example", false), ("moo=%{t}", true),
    ("moo=%{q}", false),
    ("moo=", true), ("moo=%", false), ("exists:%{[}", false), ("exists:%{1}", false),
    // Section 4.6.1: names, qualifiers, modifiers.
    ("+ALL", true), ("~All", true), ("++all", false), ("all/", false), ("all:", false), ("-redirect=a.example", false),
    ("-moo=x", false), ("1moo=x", false), ("_moo=x", false), ("m-o_o.1=x", true), ("redirect=", false),
    ("redirect", false),
    ("exp=a", false), ("ptr:", false), ("ptr/24", false), ("ptr.example", false), ("mx:mx.example", true), ("=", false),
    ("mx\u{7f}", false), ("mx:ä.example", false), ("a:a.example\u{0}", false), ("-", false), (":", false), ("%", false),
  ])
  func term(_ text: String, isValid: Bool) throws {
    let record = try #require(SPFRecord(Array("v=spf1 \(text)".utf8)))
    #expect((record.error == nil) == isValid)
    #expect(record.error?.term == (isValid ? nil : text))
    #expect(record.terms.map(\.text) == (isValid ? [text] : []))
  }

  @Test(arguments: [
    ("v=spf1 ip:192.0.2.1 -all", SPFError.Reason.unknownMechanism), ("v=spf1 a:192.0.2.1", .invalidDomainSpec),
    ("v=spf1 a:", .missingArgument), ("v=spf1 include", .missingArgument), ("v=spf1 all:x", .unexpectedArgument),
    ("v=spf1 ptr/1", .unexpectedArgument), ("v=spf1 ip4:::1", .invalidIP4), ("v=spf1 ip6:192.0.2.1", .invalidIP6),
    ("v=spf1 mx/33", .invalidPrefixLength), ("v=spf1 exp=%{c}.x", .macroForExplanationOnly),
    ("v=spf1 a:%x", .invalidMacro),
    ("v=spf1 ?exp=a.b", .qualifiedModifier), ("v=spf1 =x", .invalidModifierName),
    ("v=spf1 \u{2013}all", .invalidCharacter),
    ("v=spf1 exp=a.b EXP=a.b", .repeatedModifier),
  ])
  func reason(_ text: String, reason: SPFError.Reason) {
    #expect(SPFRecord(Array(text.utf8))?.error?.reason == reason)
  }

  @Test func everythingReadIsKept() throws {
    let record = try #require(SPFRecord(Array("V=SPF1  ~mx  bad  redirect=a.example exp=b.example -all ".utf8)))
    #expect(record.terms.map(\.text) == ["~mx", "redirect=a.example", "exp=b.example", "-all"])
    #expect(record.error == SPFError(.unknownMechanism, term: "bad"))
    #expect(record.redirect?.target.literalName == DomainName("a.example"))
    #expect(record.explanation?.literalName == DomainName("b.example"))
  }

  @Test(arguments: [
    (["v=spf1"], 1), (["v=spf1 "], 1), (["V=SpF1 -all"], 1), (["v=spf10"], 0), (["v=spf1\t-all"], 0), ([" v=spf1"], 0),
    ([""], 0),
    ([], 0), (["v=spf1", "v=spf1"], 2), (["v=spf1 -all", "google-site-verification=x", "spf1"], 1),
  ])
  func selection(_ texts: [String], count: Int) {
    switch SPFSelection(texts.map { TXTData($0) }) {
    case .none: #expect(count == 0)
    case .one(let text): #expect(count == 1 && texts.contains(String(decoding: text, as: UTF8.self)))
    case .several(let records): #expect(count == records.count)
    }
  }

  @Test func stringsAreJoinedWithoutBlanks() {
    let split = TXTData(strings: [Array("v=sp".utf8), [], Array("f1 -a".utf8), Array("ll".utf8)])
    #expect(SPFSelection([split]) == .one(Array("v=spf1 -all".utf8)))
  }

  @Test(arguments: [("x", 300, 256), ("é", 300, 256), ("éx", 171, 255), ("\u{1f4e7}", 100, 256), ("ab", 1, 2)])
  func evidenceIsBounded(_ piece: String, times: Int, octets: Int) {
    let term = String(repeating: piece, count: times)
    let quoted = SPFRecord(Array("v=spf1 \(term)".utf8))?.error?.term ?? ""
    #expect(quoted.utf8.count == octets && term.hasPrefix(quoted))
  }
}
