import DNS
import JSON
import Posture
import Testing

@testable import Hallmark

@Suite struct WhitelistFormatTests {
  private static func line(_ format: WhitelistFormat, _ octets: String, isStale: Bool = false) -> String {
    let entry = WhitelistEntry(
      domain: domain("a.gov.uk"), octets: Array(octets.utf8), expiresAt: epoch, isStale: isStale, revision: 7)
    var text: [UInt8] = []
    format.append(entry, isFirst: true, isChange: false, to: &text)
    return String(decoding: text, as: UTF8.self)
  }

  private static let plain =
    #"{"domain":"a.gov.uk","mx":["mx1.a.gov.uk","mx2.a.gov.uk"],"policy":"secure","basis":"observed","match":[".b.uk","*.c.uk"]}"#

  static let lines: [(format: WhitelistFormat, line: String)] = [
    (.txt, "a.gov.uk\n"), (.rspamd, "a.gov.uk\n"),
    (.csv, "a.gov.uk,secure,observed,mx1.a.gov.uk mx2.a.gov.uk,.b.uk *.c.uk,2027-01-15T08:00:00Z,false,7\r\n"),
    (.postfix, "a.gov.uk secure match=.b.uk:.c.uk servername=hostname\n"),
    (.json, plain.dropLast() + #","expiresAt":"2027-01-15T08:00:00Z","stale":false,"revision":7}"#),
    (.ndjson, plain.dropLast() + #","expiresAt":"2027-01-15T08:00:00Z","stale":false,"revision":7}"# + "\n"),
  ]

  @Test(arguments: lines)
  func `an entry is a line`(format: WhitelistFormat, line: String) {
    #expect(Self.line(format, Self.plain) == line)
  }

  @Test(arguments: [WhitelistFormat.json, .ndjson])
  func `a line of JSON is JSON`(_ format: WhitelistFormat) throws {
    let value = try JSONValue(parsing: Self.line(format, Self.plain, isStale: true))
    #expect(value["stale"] == true && value["revision"] == 7 && value["match"] == [".b.uk", "*.c.uk"])
  }

  /// A value as JSON, and as a field of CSV (RFC 4180 section 2).
  static let fields: [(json: String, csv: String)] = [
    ("plain", "plain"), ("a,b", "\"a,b\""), (#"say \"x\""#, "\"say \"\"x\"\"\""), (#"a\nb"#, "\"a\nb\""),
    (#"a\rb"#, "\"a\rb\""), ("=1+1", "'=1+1"), (#"@a,\"b"#, "\"'@a,\"\"b\""), ("-x", "'-x"), (#"\tx"#, "'\tx"),
    ("=\u{301}1", "'=\u{301}1"),
  ]

  @Test(arguments: fields)
  func `a field of CSV is quoted where it must be, and never a formula`(json: String, csv: String) {
    let line = Self.line(.csv, #"{"domain":"a.gov.uk","policy":""# + json + #""}"#)
    #expect(line == "a.gov.uk,\(csv),,,,2027-01-15T08:00:00Z,false,7\r\n")
  }
}
