import Glibc

/// Dates as HTTP writes them (RFC 9110 section 5.6.7, IMF-fixdate).
public enum HTTPDate {
  private static let days = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"]
  static let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
  /// 9999-12-31T23:59:59Z, the last that four digits can tell.
  private static let last: Int64 = 253_402_300_799

  /// - Parameter seconds: since 1970-01-01T00:00:00Z; kept between 1970 and 9999.
  public static func text(_ seconds: Int64) -> String {
    let seconds = min(max(seconds, 0), last)
    let (year, month, day) = civil(seconds / 86_400)
    let time = seconds % 86_400
    let two = { (value: Int64) in value < 10 ? "0\(value)" : "\(value)" }
    let weekday = days[Int(seconds / 86_400 % 7)]
    let clock = "\(two(time / 3600)):\(two(time / 60 % 60)):\(two(time % 60))"
    return "\(weekday), \(two(day)) \(months[Int(month) - 1]) \(year) \(clock) GMT"
  }

  /// The proleptic Gregorian date; eras of 400 years that begin in March, so that the leap day comes last.
  private static func civil(_ days: Int64) -> (year: Int64, month: Int64, day: Int64) {
    let shifted = days + 719_468
    let era = shifted / 146_097
    let dayOfEra = shifted % 146_097
    let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let shiftedMonth = (5 * dayOfYear + 2) / 153
    let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
    return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, dayOfYear - (153 * shiftedMonth + 2) / 5 + 1)
  }
}

/// The Date field's value, made once a second.
struct DateField {
  private var second: Int64 = -1
  private var text: [UInt8] = []

  mutating func bytes() -> [UInt8] {
    let now = Int64(time(nil))
    if second != now { (second, text) = (now, Array(HTTPDate.text(now).utf8)) }
    return text
  }
}
