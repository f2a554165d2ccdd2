import Synchronization

/// A number that only grows, from any thread.
final class Counter: Sendable {
  private let count = Atomic<UInt64>(0)
  private let parts = Mutex<[Counter]>([])

  var value: UInt64 {
    parts.withLock { parts in parts.reduce(count.load(ordering: .relaxed)) { $0 &+ $1.value } }
  }

  /// A counter whose count is part of this one's, for one of several threads that count often: in one place they would wait for
  /// each other. It is kept as long as this one.
  func part() -> Counter {
    let part = Counter()
    parts.withLock { $0.append(part) }
    return part
  }

  func add(_ amount: Int = 1) {
    guard amount > 0 else { return }
    count.wrappingAdd(UInt64(amount), ordering: .relaxed)
  }
}

/// Counters of one name, told apart by the values of its labels.
final class CounterFamily: Sendable {
  /// The most sets of label values that are kept apart; what comes beyond counts under `other`, so that no caller can fill
  /// the memory by new names.
  static let maximumSeries = 500

  let name: String
  let help: String
  let labels: [String]
  private let series = Mutex<[[String]: Counter]>([:])

  init(_ name: String, _ help: String, labels: [String] = []) {
    self.name = name
    self.help = help
    self.labels = labels
  }

  /// The counter for the values, in the order of the labels. Whoever counts often keeps it.
  subscript(_ values: String...) -> Counter { counter(values) }

  func add(_ values: String..., amount: Int = 1) { counter(values).add(amount) }

  private func counter(_ values: [String]) -> Counter {
    series.withLock { series in
      if let counter = series[values] { return counter }
      let key = series.count < CounterFamily.maximumSeries ? values : labels.map { _ in "other" }
      if let counter = series[key] { return counter }
      let counter = Counter()
      series[key] = counter
      return counter
    }
  }

  func write(to text: inout PrometheusText) {
    text.begin(name, .counter, help)
    let counters = series.withLock { $0 }
    if labels.isEmpty, counters.isEmpty { text.sample(name, value: "0") }
    for (values, counter) in counters.sorted(by: { $0.key.lexicographicallyPrecedes($1.key) }) {
      text.sample(name, Array(zip(labels, values)), value: "\(counter.value)")
    }
  }
}

/// How long something took, as counts below bounds.
final class Histogram: Sendable {
  /// Upper bounds in seconds that fit requests and checks alike: from a stored record to the longest check.
  static let seconds: [Double] = [0.000_1, 0.000_5, 0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10, 30, 60]

  let name: String
  let help: String
  private let bounds: [Double]
  /// One for each bound, and one for what lies beyond the last.
  private let buckets: [Counter]
  private let nanoseconds: Counter

  convenience init(_ name: String, _ help: String, bounds: [Double] = Histogram.seconds) {
    self.init(name, help, bounds, (0...bounds.count).map { _ in Counter() }, Counter())
  }

  private init(_ name: String, _ help: String, _ bounds: [Double], _ buckets: [Counter], _ nanoseconds: Counter) {
    self.name = name
    self.help = help
    self.bounds = bounds
    self.buckets = buckets
    self.nanoseconds = nanoseconds
  }

  /// As that of a counter.
  func part() -> Histogram { Histogram(name, help, bounds, buckets.map { $0.part() }, nanoseconds.part()) }

  func record(_ duration: Duration) {
    let (seconds, attoseconds) = duration.components
    record(nanoseconds: seconds &* 1_000_000_000 &+ attoseconds / 1_000_000_000)
  }

  func record(nanoseconds count: Int64) {
    let time = Double(count) / 1e9
    buckets[bounds.firstIndex { time <= $0 } ?? bounds.count].add()
    nanoseconds.add(Int(clamping: count))
  }

  func write(to text: inout PrometheusText) {
    text.begin(name, .histogram, help)
    writeSamples(to: &text, [])
  }

  fileprivate func writeSamples(to text: inout PrometheusText, _ labels: [(String, String)]) {
    var total: UInt64 = 0
    for (index, bucket) in buckets.enumerated() {
      total += bucket.value
      let bound = index < bounds.count ? "\(bounds[index])" : "+Inf"
      text.sample(name + "_bucket", labels + [("le", bound)], value: "\(total)")
    }
    text.sample(name + "_sum", labels, value: "\(Double(nanoseconds.value) / 1e9)")
    text.sample(name + "_count", labels, value: "\(total)")
  }
}

/// Histograms of one name, told apart by one label whose values are few and ours.
final class HistogramFamily: Sendable {
  let name: String
  let help: String
  let label: String
  private let series = Mutex<[String: Histogram]>([:])

  init(_ name: String, _ help: String, label: String) {
    self.name = name
    self.help = help
    self.label = label
  }

  /// The histogram for a value. Whoever records often keeps it.
  subscript(_ value: String) -> Histogram {
    series.withLock { series in
      if let histogram = series[value] { return histogram }
      let histogram = Histogram(name, help)
      series[value] = histogram
      return histogram
    }
  }

  func write(to text: inout PrometheusText) {
    text.begin(name, .histogram, help)
    for (value, histogram) in series.withLock({ $0 }).sorted(by: { $0.key < $1.key }) {
      histogram.writeSamples(to: &text, [(label, value)])
    }
  }
}
