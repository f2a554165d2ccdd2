import Testing

@testable import Hallmark

@Suite struct GRPCTimeoutTests {
  static let texts: [(String, Duration?)] = [
    ("500m", .milliseconds(500)), ("5S", .seconds(5)), ("1H", .seconds(3600)), ("2M", .seconds(120)),
    ("7u", .microseconds(7)),
    ("9n", .nanoseconds(9)), ("0S", .zero), ("99999999H", .seconds(359_999_996_400)), ("100000000S", nil), ("S", nil),
    ("5", nil),
    ("", nil), ("-5S", nil), ("5s", nil), (" 5S", nil), ("5 S", nil), ("1.5S", nil), ("\u{665}S", nil),
  ]

  @Test(arguments: texts)
  func reads(text: String, duration: Duration?) { #expect(GRPCTimeout.duration(text) == duration) }
}
