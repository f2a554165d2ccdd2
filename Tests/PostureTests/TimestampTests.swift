import Posture
import Testing

@Suite("Timestamp")
struct TimestampTests {
  @Test(
    "writes RFC 3339",
    arguments: [
      (Int64(0), "1970-01-01T00:00:00Z"), (951_782_400, "2000-02-29T00:00:00Z"),
      (1_795_551_153, "2026-11-24T20:12:33Z"),
      (-1, "1969-12-31T23:59:59Z"), (Int64.max, "9999-12-31T23:59:59Z"), (Int64.min, "0000-01-01T00:00:00Z"),
    ])
  func writes(seconds: Int64, text: String) { #expect(Timestamp(seconds: seconds).description == text) }

  @Test(
    "reads RFC 3339",
    arguments: [
      ("2026-11-24T20:12:33Z", Int64(1_795_551_153)), ("2026-11-24t20:12:33.250z", 1_795_551_153),
      ("2026-11-24T22:12:33+02:00", 1_795_551_153), ("2000-02-29T00:00:00Z", 951_782_400),
    ])
  func reads(text: String, seconds: Int64) { #expect(Timestamp(text)?.seconds == seconds) }

  @Test(
    "refuses anything else",
    arguments: [
      "", "2026-11-24", "2026-11-24T20:12:33", "2026-02-30T00:00:00Z", "2026-13-01T00:00:00Z", "2026-11-24T24:00:00Z",
      "2026-11-24T20:12:33.Z", "2026-11-24T20:12:33+2:00", "2026-11-24 20:12:33Zx", "20261124T201233Z             ",
    ])
  func refused(text: String) { #expect(Timestamp(text) == nil) }

  @Test("sums and differences stay in range")
  func clamped() {
    #expect((Timestamp(seconds: .max) + 1).seconds == .max)
    #expect((Timestamp(seconds: .min) + -1).seconds == .min)
    #expect(Timestamp(seconds: .max) - Timestamp(seconds: -1) == .max)
  }
}
