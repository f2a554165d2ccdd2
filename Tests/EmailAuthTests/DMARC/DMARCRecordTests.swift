import EmailAuth
import Testing

@Suite("DMARC records")
struct DMARCRecordTests {
  // RFC 9989 section 4.8, dmarc-fo.
  @Test(
    "failure options",
    arguments: zip(
      ["1:d:s", "d:1:s", "s:d:0", "d:s", "0", "0:1", "d:d", "d:", "1: d", "x"],
      [["1", "d", "s"], ["d", "1", "s"], ["s", "d", "0"], ["d", "s"], ["0"], ["0"], ["0"], ["0"], ["0"], ["0"]]))
  func failureOptions(text: String, expected: [String]) throws {
    let record = try DMARCRecord(Array("v=DMARC1; p=none; ruf=mailto:a@example.com; fo=\(text)".utf8))
    #expect(record.failureOptions == expected)
  }

  @Test(
    "faults are told with the tag",
    arguments: zip(
      ["v=DMARC1", "v=DMARC1; p=rejct", "v=DMARC1; p=reject; sp=\"none\"", "v=DMARC1; p=none; P=reject"],
      [
        (DMARCRecord.Fault.noPolicy(tag: "p", value: nil), "p"), (.noPolicy(tag: "p", value: "rejct"), "p=rejct"),
        (.noPolicy(tag: "sp", value: #"\034none\034"#), #"sp=\034none\034"#), (.repeatedTag("p"), "p"),
      ]))
  func faults(text: String, expected: (fault: DMARCRecord.Fault, term: String)) {
    #expect(throws: expected.fault) { try DMARCRecord(Array(text.utf8)) }
    #expect(expected.fault.term == expected.term)
  }

  // RFC 9989 section 4.8 knows WSP alone, not the folding white space of DKIM.
  @Test("a line end is no white space", arguments: ["v=DMARC1; p=reject\n", "v=DMARC1;\r\n p=reject"])
  func lineEnd(text: String) {
    #expect(throws: DMARCRecord.Fault.noPolicy(tag: "p", value: nil)) { try DMARCRecord(Array(text.utf8)) }
  }

  @Test(
    "report addresses",
    arguments: zip(
      [
        "mailto:a@example.com!10m", "mailto:a@example.com!", "mailto:a!b@example.com", "mailto:a b@example.com",
        "mailto:<a@example.com>", "mailto:a@", "mailto:a%zz@example.com", "https://example.com/r", "ftp:x", ":x",
        "mailto:a@example.com!5mm", "mailto:a@example.com?subject=x",
      ],
      [
        "mailto:a@example.com", nil, nil, nil, nil, nil, nil, "https://example.com/r", "ftp:x", nil, nil,
        "mailto:a@example.com?subject=x",
      ] as [String?]))
  func addresses(text: String, expected: String?) throws {
    let record = try DMARCRecord(Array("v=DMARC1; p=none; rua=\(text)".utf8))
    #expect(record.rua == (expected.map { [$0] } ?? []))
    #expect(record.notes.isEmpty == (expected != nil))
  }

  @Test(
    "what RFC 7489 reads otherwise",
    arguments: [
      ("p=reject", []), ("p=reject; pct=100", []), ("p=reject; pct=0", [.percentage(0)]),
      ("p=reject; pct=101", []), ("p=reject; pct=+5", []), ("p=reject; pct=", []),
      ("p=reject; t=y", [.testingUnknown]), ("p=none; t=y", []), ("p=none; np=reject", [.nonexistentUnknown]),
      ("p=none; sp=reject; np=reject", []), ("sp=none; p=reject", [.policyNotSecond]),
      ("rua=mailto:a@example.com", []),
    ] as [(String, [RFC7489Difference])])
  func olderReading(tags: String, expected: [RFC7489Difference]) throws {
    #expect(try DMARCRecord(Array("v=DMARC1; \(tags)".utf8)).differencesUnderRFC7489 == expected)
  }
}
