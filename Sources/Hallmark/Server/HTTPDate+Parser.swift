extension HTTPDate {
  /// The longest of the three forms has 33 octets: `Wednesday, 06-Nov-94 08:49:37 GMT`.
  private static let maximumLength = 33

  /// Seconds since 1970 of a date in any of the three forms (RFC 9110 section 5.6.7); nil for another text.
  ///
  ///     Sun, 06 Nov 1994 08:49:37 GMT
  ///     Sunday, 06-Nov-94 08:49:37 GMT
  ///     Sun Nov  6 08:49:37 1994
  ///
  /// The day's name is not held against the date: who sends back what it was given has it right.
  ///
  /// - Parameter now: decides the century of the form with two digits: none lies more than 50 years ahead.
  static func seconds(_ text: String, now: Int64) -> Int64? {
    guard text.utf8.count <= maximumLength, text.utf8.allSatisfy({ $0 < 0x80 }) else { return nil }
    let words = text.split(separator: " ", omittingEmptySubsequences: true)
    switch words.count {
    case 6 where words[0].hasSuffix(",") && words[5] == "GMT":
      return seconds(year: number(words[3], digits: 4), month: words[2], day: number(words[1], digits: 2), words[4])
    case 5:
      return seconds(year: number(words[4], digits: 4), month: words[1], day: number(words[2], digits: nil), words[3])
    case 4 where words[0].hasSuffix(",") && words[3] == "GMT":
      let parts = words[1].split(separator: "-", omittingEmptySubsequences: false)
      guard parts.count == 3, let short = number(parts[2], digits: 2) else { return nil }
      return seconds(year: century(short, now), month: parts[1], day: number(parts[0], digits: 2), words[2])
    default: return nil
    }
  }

  private static func century(_ year: Int64, _ now: Int64) -> Int64 {
    let current = 1970 + now / 31_556_952
    let guess = current / 100 * 100 + year
    return guess > current + 50 ? guess - 100 : guess
  }

  private static func seconds(year: Int64?, month: Substring, day: Int64?, _ clock: Substring) -> Int64? {
    let parts = clock.split(separator: ":", omittingEmptySubsequences: false).map { number($0, digits: 2) }
    guard let year, year >= 1970, let day, (1...31).contains(day), parts.count == 3,
      let place = months.firstIndex(of: String(month)),
      let hour = parts[0], let minute = parts[1], let second = parts[2], hour < 24, minute < 60, second <= 60
    else { return nil }
    return days(year, Int64(place) + 1, day) * 86_400 + hour * 3600 + minute * 60 + second
  }

  /// Days since 1970: the other way round of `civil`.
  private static func days(_ year: Int64, _ month: Int64, _ day: Int64) -> Int64 {
    let shifted = month <= 2 ? year - 1 : year
    let yearOfEra = shifted % 400
    let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
    return shifted / 400 * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
  }

  /// Digits alone; four at the most, so that nothing overflows.
  private static func number(_ text: Substring, digits: Int?) -> Int64? {
    guard (1...4).contains(text.utf8.count), digits == nil || text.utf8.count == digits,
      text.utf8.allSatisfy({ 0x30...0x39 ~= $0 })
    else { return nil }
    return Int64(text)
  }
}
