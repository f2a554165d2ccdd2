import Posture

/// The share of secure domains over the last days, drawn for an inline SVG.
struct TimeLine: Sendable {
  /// Days that it goes back.
  static let days: Int64 = 90

  struct Point: Sendable {
    let date: String
    let pointShare: String
    let pointCount: String
  }

  /// The field within the drawing, which dashboard.mustache makes 720 wide and 160 high.
  private static let left = 40.0
  private static let top = 10.0
  private static let right = 710.0
  private static let bottom = 136.0

  let line: String
  let area: String
  let lastX: String
  let lastY: String
  let firstDate: String
  let lastDate: String
  let lineSummary: String
  /// One for each week and the last: what the drawing shows, in words.
  let points: [Point]

  /// nil of less than two days: there is no course yet.
  init?(_ tallies: [DayTally], today: DayTally) {
    var all = tallies.filter { $0.day < today.day && $0.tally.share != nil }
    if today.tally.share != nil { all.append(today) }
    guard all.count > 1, let first = all.first, let last = all.last else { return nil }
    let span = Double(max(1, last.day - first.day))
    let places = all.map { tally -> (x: Double, y: Double) in
      let x = TimeLine.left + (TimeLine.right - TimeLine.left) * Double(tally.day - first.day) / span
      return (x, TimeLine.bottom - (TimeLine.bottom - TimeLine.top) * (tally.tally.share ?? 0) / 100)
    }
    line = "M" + places.map { "\(TimeLine.text($0.x)) \(TimeLine.text($0.y))" }.joined(separator: " L")
    let (start, end) = (places[0].x, places[places.count - 1].x)
    area =
      "\(line) L\(TimeLine.text(end)) \(TimeLine.text(TimeLine.bottom)) L\(TimeLine.text(start)) "
      + "\(TimeLine.text(TimeLine.bottom)) Z"
    lastX = TimeLine.text(end)
    lastY = TimeLine.text(places[places.count - 1].y)
    firstDate = TimeLine.date(first)
    lastDate = TimeLine.date(last)
    lineSummary =
      "From \(TimeLine.share(first)) on \(TimeLine.date(first)) to \(TimeLine.share(last)) on \(TimeLine.date(last))."
    points = all.filter { (last.day - $0.day) % 7 == 0 }.map {
      Point(
        date: TimeLine.date($0), pointShare: TimeLine.share($0),
        pointCount: "\($0.tally.secure + $0.tally.noMail) of \($0.tally.total)")
    }
  }

  private static func share(_ tally: DayTally) -> String { "\(Int((tally.tally.share ?? 0).rounded())) %" }

  private static func date(_ tally: DayTally) -> String {
    Shown.date(Timestamp(seconds: tally.day &* Timestamp.dayLength))
  }

  /// With one place behind the point.
  private static func text(_ value: Double) -> String {
    let tenths = Int((value * 10).rounded())
    return "\(tenths / 10).\(abs(tenths % 10))"
  }
}
