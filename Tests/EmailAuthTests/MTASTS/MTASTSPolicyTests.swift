import DNS
import EmailAuth
import Testing

@Suite struct MTASTSPolicyTests {
  @Test(arguments: [
    ("", "the policy lacks a field: \"version\""),
    ("version: STSv1\n\nmode: none\n", "the policy has a blank line (line 2)"),
    ("version: STSv1\n \t\nmode: none\n", "the policy has a blank line (line 2)"),
    ("version: STSv1\nmode: none\nmax_age: 1\n\n", "the policy has a blank line (line 4)"),
    ("version: STSv1\nmode: none\n", "the policy lacks a field: \"max_age\""),
    ("version: STSv1\r\nmode : none\r\n", "a line of the policy is no key and value: \"mode : none\" (line 2)"),
    (" version: STSv1\n", "a line of the policy is no key and value: \" version: STSv1\" (line 1)"),
    (
      "version: STSv1\nmode: none\nmax_age: 1\r",
      "a line of the policy is no key and value: \"max_age: 1\\013\" (line 3)"
    ),
    ("version: STSv2\nmode: none\nmax_age: 1", "the version of the policy must be STSv1: \"STSv2\" (line 1)"),
    ("version: STSv1\nmode: Enforce\nmax_age: 1", "the mode must be enforce, testing or none: \"Enforce\" (line 2)"),
    ("version: STSv1\nmode: none\nmax_age: 99999999999", "max_age must be 1 to 10 digits: \"99999999999\" (line 3)"),
    (
      "version: STSv1\nmode: none\nmax_age: 9999999999",
      "max_age must be at most 31557600 seconds: \"9999999999\" (line 3)"
    ),
    ("version: STSv1\nmode: testing\nmax_age: 1", "the policy lacks a field: \"mx\""),
    (
      "version: STSv1\nmode: none\nmax_age: 1\nmx: .a.example",
      "an mx must be a host name, or *. and a host name: \".a.example\" (line 4)"
    ),
  ])
  func saysWhatIsWrong(body: String, phrase: String) {
    #expect {
      try MTASTSPolicy(body: Array(body.utf8))
    } throws: { error in
      (error as? MTASTSError).map { $0.description == phrase && !$0.isTemporary } ?? false
    }
  }

  @Test func boundIsExact() throws {
    let head = "version: STSv1\nmode: none\nmax_age: 1\nnote: "
    let fitting = Array((head + String(repeating: "a", count: MTASTSPolicy.maximumBodyLength - head.utf8.count)).utf8)
    #expect(try MTASTSPolicy(body: fitting).mode == .none)
    #expect(throws: MTASTSError.self) { try MTASTSPolicy(body: fitting + [UInt8(ascii: "a")]) }
  }

  @Test func firstOfDuplicatesCounts() throws {
    let text =
      "version: STSv1\nversion: STSv9\nmode: testing\nmode: x\nmx: a.example\nmax_age: 5\nmax_age: none\nmx: b.example"
    let policy = try MTASTSPolicy(body: Array(text.utf8))
    #expect(policy.mode == .testing)
    #expect(policy.maxAge == 5)
    #expect(policy.mx == ["a.example", "b.example"])
  }

  @Test(arguments: [
    "", ".", "*", "*.", "*.*.example", "a.*.example", "*a.example", "*.a..example", "-a.example", "a-.example",
    "a_b.example",
    "a.example.", "\\097.example", "a b.example", "[192.0.2.1]", "192.0.2.1", "*.2.1", "2001:db8::1", "a.example:25",
    "\u{e9}.example", String(repeating: "a", count: 64) + ".example", String(repeating: "a.", count: 127) + "example",
  ])
  func refusesPattern(text: String) { #expect(MTASTSPattern(text) == nil) }

  @Test(arguments: [
    ("mx.example", true), ("MX.Example", true), ("a.mail.example", true), ("mail.example", false),
    ("b.a.mail.example", false), ("other.example", false), ("example", false), (".", false), ("xmx.example", false),
    ("xn--bcher-kva.mail.example", true), ("a_b.mail.example", true), ("a\\.b.mail.example", true),
  ])
  func covers(host: String, expected: Bool) throws {
    let text = "version: STSv1\nmode: enforce\nmx: mx.example\nmx: *.MAIL.example\nmax_age: 1"
    let policy = try MTASTSPolicy(body: Array(text.utf8))
    let name = try #require(DomainName(host))
    #expect(policy.covers(name) == expected)
    #expect(policy.patterns.contains { $0.matches(name) } == expected)
    #expect(policy.uncovered([name]) == (expected ? [] : [name]))
  }

  @Test(arguments: [
    (404, false), (410, false), (301, false), (304, false), (100, false), (403, false), (0, false), (-1, false),
    (500, true), (502, true), (503, true), (429, true), (408, true), (600, false),
  ])
  func temporaryIsNoAbsence(status: Int, isTemporary: Bool) {
    #expect {
      try MTASTSPolicyResponse.check(status: status, contentType: "text/plain")
    } throws: { error in
      (error as? MTASTSError)?.isTemporary == isTemporary && (error as? MTASTSError)?.reason == .httpStatus(status)
    }
  }
}
