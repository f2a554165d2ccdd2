import JSON
import Posture

/// Takes texts out of a record for showing them: what is remote is escaped, and what is not known says so.
enum Shown {
  static func text(_ value: JSONValue?) -> String {
    switch value {
    case .string(let text)?: TextReport.printable(text)
    case .integer(let number)?: String(number)
    case .bool(let flag)?: flag ? "yes" : "no"
    default: "unknown"
    }
  }

  static func optional(_ value: JSONValue?) -> String? { present(value).map { text($0) } }

  /// The value, unless it is null.
  static func present(_ value: JSONValue?) -> JSONValue? {
    // A bare nil would be JSON's null here.
    guard let value, !value.isNull else { return Optional.none }
    return value
  }

  static func list(_ value: JSONValue?) -> [String] {
    (value?.arrayValue ?? []).compactMap(\.stringValue).map(TextReport.printable)
  }

  /// `2026-11-25 00:31 UTC`, of RFC 3339 text.
  static func moment(_ text: String?) -> String {
    guard let text, let moment = Timestamp(text) else { return "unknown" }
    return Shown.moment(moment)
  }

  static func moment(_ moment: Timestamp) -> String {
    let text = moment.description
    return "\(text.prefix(10)) \(text.dropFirst(11).prefix(5)) UTC"
  }

  static func date(_ moment: Timestamp) -> String { String(moment.description.prefix(10)) }

  /// The days from one moment to the other, rounded down.
  static func days(from now: Timestamp, to end: Timestamp) -> Int64 {
    let seconds = end - now
    return seconds >= 0 ? seconds / 86_400 : (seconds - 86_399) / 86_400
  }

  /// How long until then, or since.
  static func remaining(from now: Timestamp, to end: Timestamp) -> String {
    let days = days(from: now, to: end)
    return switch days {
    case ..<(-1): "ended \(-days - 1) days ago"
    case -1: "ended today"
    case 0: "ends today"
    case 1: "1 day left"
    default: "\(days) days left"
    }
  }

  static func count(_ number: Int, _ one: String, _ many: String? = nil) -> String {
    number == 1 ? "1 \(one)" : "\(number) \(many ?? one + "s")"
  }
}
