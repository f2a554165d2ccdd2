import Testing

@testable import Hallmark

@Suite struct `What is counted` {
  @Test func `a family has a line for each of its labels' values, escaped`() {
    let family = CounterFamily("hallmark_things_total", "Things.", labels: ["kind"])
    family.add("b")
    family.add("a\"\\\n", amount: 3)
    family["b"].add(2)
    var text = PrometheusText()
    family.write(to: &text)
    #expect(
      text.text == """
        # HELP hallmark_things_total Things.
        # TYPE hallmark_things_total counter
        hallmark_things_total{kind="a\\"\\\\\\n"} 3
        hallmark_things_total{kind="b"} 3

        """)
  }

  @Test func `no caller can make names without end`() {
    let family = CounterFamily("hallmark_things_total", "Things.", labels: ["kind"])
    for index in 0..<(CounterFamily.maximumSeries + 50) { family.add("\(index)") }
    var text = PrometheusText()
    family.write(to: &text)
    #expect(text.text.split(separator: "\n").count == CounterFamily.maximumSeries + 3)
    #expect(text.text.contains("{kind=\"other\"} 50\n"))
  }

  @Test func `a histogram counts below each bound, and what lies beyond the last`() {
    let histogram = Histogram("hallmark_wait_seconds", "Waits.", bounds: [0.5, 2])
    for milliseconds in [100, 500, 1000, 9000] { histogram.record(.milliseconds(milliseconds)) }
    var text = PrometheusText()
    histogram.write(to: &text)
    #expect(
      text.text == """
        # HELP hallmark_wait_seconds Waits.
        # TYPE hallmark_wait_seconds histogram
        hallmark_wait_seconds_bucket{le="0.5"} 2
        hallmark_wait_seconds_bucket{le="2.0"} 3
        hallmark_wait_seconds_bucket{le="+Inf"} 4
        hallmark_wait_seconds_sum 10.6
        hallmark_wait_seconds_count 4

        """)
  }

  @Test func `what parts count is part of the whole`() {
    let family = CounterFamily("hallmark_things_total", "Things.", labels: ["kind"])
    let parts = [family["a"].part(), family["a"].part()]
    family.add("a")
    parts[0].add(2)
    parts[1].add(3)
    #expect(family["a"].value == 6)
    let histogram = Histogram("hallmark_wait_seconds", "Waits.", bounds: [0.5])
    let waits = histogram.part()
    histogram.record(.milliseconds(100))
    waits.record(.milliseconds(400))
    waits.record(.milliseconds(900))
    var text = PrometheusText()
    family.write(to: &text)
    histogram.write(to: &text)
    #expect(
      text.text.split(separator: "\n").filter { !$0.hasPrefix("#") } == [
        "hallmark_things_total{kind=\"a\"} 6", "hallmark_wait_seconds_bucket{le=\"0.5\"} 2",
        "hallmark_wait_seconds_bucket{le=\"+Inf\"} 3", "hallmark_wait_seconds_sum 1.4", "hallmark_wait_seconds_count 3",
      ])
  }

  @Test func `each name is declared once`() {
    let lines = Metrics().text(StoreState()).split(separator: "\n").filter { $0.hasPrefix("# TYPE") }
    #expect(lines.count > 10 && Set(lines).count == lines.count)
  }
}
