#if canImport(Glibc)
  import Glibc
#endif

/// The time of each parser at 32 and at 64 KiB of each kind of hostile text. What is linear takes twice as long, what
/// is quadratic four times.
enum Scaling {
  static let size = 32 * 1024
  /// Between the 2 of linear work and the 4 of quadratic; a machine at work on other things needs room.
  static let maximumRatio = 3.5
  /// Below this nothing that grows can be told from the noise, and nothing is at stake.
  private static let floor = Duration.microseconds(100)
  /// One sample takes so long at least.
  private static let sample = Duration.milliseconds(2)
  private static let samples = 5
  /// What looks quadratic is measured again, so that a busy machine is not taken for a slow parser.
  private static let attempts = 4

  private struct Kind {
    let name: String
    let beginning: [UInt8]
    let unit: [UInt8]
    var end: [UInt8] = []
  }

  static func run(_ names: [String]) -> Bool {
    let targets = Target.all.filter { names.isEmpty || names.contains($0.name) }
    var isLinear = true
    print(columns("parser", "kind", "32 KiB", "64 KiB", "ratio"))
    for target in targets {
      for kind in kinds(target.shape) { isLinear = measure(target, kind) && isLinear }
    }
    print(isLinear ? "nothing grows faster than its input" : "some parser grows faster than its input")
    return isLinear
  }

  private static func kinds(_ shape: Target.Shape) -> [Kind] {
    let prefix = Array(shape.prefix.utf8)
    let fixed = [
      ("one long token", "a"), ("many short tokens", shape.term), ("nested", shape.opening),
      ("separators", shape.separator), ("non-ASCII", "é"), ("combining marks", Target.marks),
      ("joined flags", "\u{1f1e6}"), ("joined emoji", "\u{1f468}\u{200d}"), ("wide", "\u{1f600}"),
    ].map { Kind(name: $0.0, beginning: prefix, unit: Array($0.1.utf8)) }
    let others = shape.others.map { Kind(name: "\"\(escaped($0))\"", beginning: prefix, unit: Array($0.utf8)) }
    let wholes = shape.wholes.map { whole in
      Kind(
        name: "\(escaped(String(whole.beginning.suffix(8))))…", beginning: Array(whole.beginning.utf8),
        unit: Array(whole.unit.utf8), end: Array(whole.end.utf8))
    }
    return fixed + [Kind(name: "not UTF-8", beginning: prefix, unit: [0xff])] + others + wholes
  }

  private static func escaped(_ text: String) -> String {
    text.unicodeScalars.map { $0.escaped(asASCII: true) }.joined()
  }

  private static func measure(_ target: Target, _ kind: Kind) -> Bool {
    var small = Duration.zero
    var large = Duration.zero
    for _ in 0..<attempts {
      small = time(target, input(kind, size))
      large = time(target, input(kind, 2 * size))
      if large < floor || large / small <= maximumRatio { break }
    }
    let isLinear = large < floor || large / small <= maximumRatio
    let ratio = tenths(large / small)
    print(
      columns(target.name, kind.name, microseconds(small), microseconds(large), ratio) + (isLinear ? "" : "  FAILED"))
    return isLinear
  }

  private static func input(_ kind: Kind, _ size: Int) -> [UInt8] {
    var octets = kind.beginning
    octets.reserveCapacity(size + kind.unit.count)
    while octets.count + kind.end.count < size { octets += kind.unit }
    return octets + kind.end
  }

  /// The thread's own time: what other programs take does not count.
  private static func measure(_ work: () -> Void) -> Duration {
    func now() -> Duration {
      var time = timespec()
      clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
      return .seconds(time.tv_sec) + .nanoseconds(time.tv_nsec)
    }
    let start = now()
    work()
    return now() - start
  }

  /// The shortest of some samples, each of as many runs as make it long enough to be measured.
  private static func time(_ target: Target, _ input: [UInt8]) -> Duration {
    let once = measure { target.run(input) }
    let runs = max(1, min(1000, Int(sample / max(once, .nanoseconds(100)))))
    var best = once
    for _ in 0..<samples {
      best = min(best, measure { for _ in 0..<runs { target.run(input) } } / runs)
    }
    return best
  }

  private static func microseconds(_ duration: Duration) -> String {
    tenths(duration / .microseconds(1)) + " µs"
  }

  private static func tenths(_ value: Double) -> String {
    let scaled = Int((value * 10).rounded())
    return "\(scaled / 10).\(scaled % 10)"
  }

  private static func columns(_ texts: String...) -> String {
    let widths = [16, 24, 14, 14, 8]
    return zip(texts, widths).enumerated().map { place, pair in
      let blanks = String(repeating: " ", count: max(0, pair.1 - pair.0.count))
      return place < 2 ? pair.0 + blanks : blanks + pair.0
    }.joined()
  }
}
