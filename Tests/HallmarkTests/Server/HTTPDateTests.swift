import Testing

@testable import Hallmark

@Suite struct HTTPDateTests {
  static let dates: [(Int64, String)] = [
    (0, "Thu, 01 Jan 1970 00:00:00 GMT"), (784_111_777, "Sun, 06 Nov 1994 08:49:37 GMT"),
    (951_827_696, "Tue, 29 Feb 2000 12:34:56 GMT"), (4_107_542_399, "Sun, 28 Feb 2100 23:59:59 GMT"),
    (.max, "Fri, 31 Dec 9999 23:59:59 GMT"), (.min, "Thu, 01 Jan 1970 00:00:00 GMT"),
  ]

  @Test(arguments: dates)
  func writes(seconds: Int64, text: String) { #expect(HTTPDate.text(seconds) == text) }

  /// A text in one of the forms, and seconds since 1970 (RFC 9110 section 5.6.7).
  static let texts: [(String, Int64?)] = [
    ("Sun, 06 Nov 1994 08:49:37 GMT", 784_111_777), ("Sunday, 06-Nov-94 08:49:37 GMT", 784_111_777),
    ("Sun Nov  6 08:49:37 1994", 784_111_777), ("Tue, 29 Feb 2000 12:34:56 GMT", 951_827_696),
    ("Fri, 31 Dec 9999 23:59:59 GMT", 253_402_300_799), ("Wednesday, 25-Nov-26 00:00:00 GMT", 1_795_564_800),
    ("Sun, 06 Nov 1994 08:49:37 UTC", nil), ("Sun, 6 Nov 1994 08:49:37 GMT", nil), ("Sun, 06 Nov 94 08:49:37 GMT", nil),
    ("Sun, 06 nov 1994 08:49:37 GMT", nil), ("Sun, 06 Nov 1994 24:00:00 GMT", nil),
    ("Sun, 06 Nov 1994 8:49:37 GMT", nil),
    ("Sun, 06 Nov 1969 08:49:37 GMT", nil), ("Sun, 00 Nov 1994 08:49:37 GMT", nil), ("yesterday", nil), ("", nil),
    (String(repeating: "9 ", count: 30), nil), ("Sun, +6 Nov 1994 08:49:37 GMT", nil),
  ]

  @Test(arguments: texts)
  func reads(text: String, seconds: Int64?) { #expect(HTTPDate.seconds(text, now: 1_795_564_800) == seconds) }
}
