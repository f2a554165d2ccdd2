/// A moment in whole seconds since 1970-01-01T00:00:00Z, without leap seconds; what the pure code knows of time.
public struct Timestamp: Hashable, Comparable, Sendable {
  public let seconds: Int64

  public init(seconds: Int64) { self.seconds = seconds }

  public static func < (lhs: Timestamp, rhs: Timestamp) -> Bool { lhs.seconds < rhs.seconds }

  /// The moment so many seconds later; it stays at the ends of the range where the sum would not fit.
  public static func + (lhs: Timestamp, seconds: Int64) -> Timestamp {
    let (sum, overflow) = lhs.seconds.addingReportingOverflow(seconds)
    return Timestamp(seconds: overflow ? (seconds > 0 ? .max : .min) : sum)
  }

  /// Seconds from `rhs` to `lhs`, clamped to the range of Int64.
  public static func - (lhs: Timestamp, rhs: Timestamp) -> Int64 {
    let (difference, overflow) = lhs.seconds.subtractingReportingOverflow(rhs.seconds)
    return overflow ? (lhs > rhs ? .max : .min) : difference
  }
}

extension Timestamp: CustomStringConvertible {
  /// RFC 3339 in UTC with whole seconds, such as `2026-11-24T20:12:33Z`; years are clamped to 0000 to 9999.
  public var description: String {
    let bounded = min(max(seconds, -62_167_219_200), 253_402_300_799)
    var days = bounded / 86_400
    var time = bounded % 86_400
    if time < 0 {
      time += 86_400
      days -= 1
    }
    let (year, month, day) = Timestamp.civil(daysSince1970: days)
    var text: [UInt8] = []
    text.reserveCapacity("0000-00-00T00:00:00Z".utf8.count)
    func put(_ field: Int64, from first: Int64 = 10, _ separator: UInt8) {
      var divisor = first
      while divisor > 0 {
        text.append(UInt8(ascii: "0") + UInt8(field / divisor % 10))
        divisor /= 10
      }
      text.append(separator)
    }
    put(year, from: 1000, UInt8(ascii: "-"))
    put(month, UInt8(ascii: "-"))
    put(day, UInt8(ascii: "T"))
    put(time / 3600, UInt8(ascii: ":"))
    put(time / 60 % 60, UInt8(ascii: ":"))
    put(time % 60, UInt8(ascii: "Z"))
    return String(decoding: text, as: UTF8.self)
  }

  /// Reads RFC 3339 (section 5.6) with `Z` or an offset; fractions of a second are dropped; nil for anything else.
  public init?(_ text: String) {
    let octets = Array(text.utf8)
    guard octets.count >= 20, octets.count <= 40 else { return nil }
    func number(_ range: Range<Int>) -> Int64? {
      guard range.upperBound <= octets.count else { return nil }
      var value: Int64 = 0
      for octet in octets[range] {
        guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(octet) else { return nil }
        value = value * 10 + Int64(octet - UInt8(ascii: "0"))
      }
      return value
    }
    let separators = [octets[4], octets[7], octets[10] & 0xdf, octets[13], octets[16]]
    guard separators == Array("--T::".utf8.enumerated().map { $0.offset == 2 ? $0.element & 0xdf : $0.element }),
      let year = number(0..<4), let month = number(5..<7), let day = number(8..<10),
      let hour = number(11..<13), let minute = number(14..<16), let second = number(17..<19),
      (1...12).contains(month), (1...31).contains(day), hour < 24, minute < 60, second < 61
    else { return nil }
    var index = 19
    if octets[index] == UInt8(ascii: ".") {
      index += 1
      let start = index
      while index < octets.count, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(octets[index]) { index += 1 }
      guard index > start else { return nil }
    }
    guard index < octets.count else { return nil }
    var offset: Int64 = 0
    switch octets[index] {
    case UInt8(ascii: "Z"), UInt8(ascii: "z"):
      guard index == octets.count - 1 else { return nil }
    case UInt8(ascii: "+"), UInt8(ascii: "-"):
      guard index + 6 == octets.count, octets[index + 3] == UInt8(ascii: ":"),
        let hours = number(index + 1..<index + 3), let minutes = number(index + 4..<index + 6), hours < 24, minutes < 60
      else { return nil }
      offset = (hours * 3600 + minutes * 60) * (octets[index] == UInt8(ascii: "-") ? -1 : 1)
    default: return nil
    }
    let days = Timestamp.days(year: year, month: month, day: day)
    let (_, roundMonth, roundDay) = Timestamp.civil(daysSince1970: days)
    guard roundMonth == month, roundDay == day else { return nil }
    seconds = days * 86_400 + hour * 3600 + minute * 60 + min(second, 59) - offset
  }

  /// The proleptic Gregorian date; the year is taken to begin in March so that the leap day comes last.
  private static func civil(daysSince1970: Int64) -> (year: Int64, month: Int64, day: Int64) {
    let shifted = daysSince1970 + 719_468
    let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
    let dayOfEra = shifted - era * 146_097
    let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let shiftedMonth = (5 * dayOfYear + 2) / 153
    let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
    return (
      yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, dayOfYear - (153 * shiftedMonth + 2) / 5 + 1
    )
  }

  private static func days(year: Int64, month: Int64, day: Int64) -> Int64 {
    let shiftedYear = month <= 2 ? year - 1 : year
    let era = (shiftedYear >= 0 ? shiftedYear : shiftedYear - 399) / 400
    let yearOfEra = shiftedYear - era * 400
    let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
    let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
    return era * 146_097 + dayOfEra - 719_468
  }
}
