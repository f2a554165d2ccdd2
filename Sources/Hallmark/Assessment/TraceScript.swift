import DNS
import Posture
import Probe

/// What `--trace` prints: look-ups and dialogues as they happen, each line with the seconds since the beginning.
///
///        0.041  example.gov.uk MX -> found, DNSSEC secure, TTL 300, in 12 ms
///        0.041    10 mx.example.gov.uk
///        0.063  mx.example.gov.uk [192.0.2.1]:25 <-- 220 mx.example.gov.uk ESMTP
///
/// `-->` is what was sent, `<--` what came, `---` what was noted beside. Text from outside is escaped and bounded.
struct TraceScript: Sendable {
  /// The most records of one answer that are shown.
  static let maximumRecords = 50

  private let began = ContinuousClock.now
  private let write: Laboratory.Trace

  init(began moment: Timestamp, write: @escaping Laboratory.Trace) {
    self.write = write
    write("trace of \(moment), in seconds from then")
  }

  func note(_ event: TraceEvent) {
    write("\(time(event.moment))  \(event.endpoint) \(event)")
  }

  func note(_ question: Question, _ answer: Answer, took duration: Duration) {
    let now = time(.now)
    let alias = answer.canonicalName.flatMap { $0 == question.name ? nil : ", by way of CNAME at \($0)" } ?? ""
    var lines = ["\(now)  \(question) -> \(answer.summary)\(alias), in \(TraceScript.milliseconds(duration)) ms"]
    lines += answer.records.prefix(TraceScript.maximumRecords).map { "\(now)    \($0.summary)" }
    let more = answer.records.count - TraceScript.maximumRecords
    if more > 0 { lines.append("\(now)    and \(more) more") }
    write(lines.joined(separator: "\n"))
  }

  private func time(_ moment: ContinuousClock.Instant) -> String {
    let passed = max(0, TraceScript.milliseconds(moment - began))
    let fraction = String(passed % 1000)
    let text = "\(passed / 1000).\(String(repeating: "0", count: 3 - fraction.count))\(fraction)"
    return String(repeating: " ", count: max(0, 9 - text.count)) + text
  }

  private static func milliseconds(_ duration: Duration) -> Int64 {
    duration.components.seconds * 1000 + duration.components.attoseconds / 1_000_000_000_000_000
  }
}

extension Answer {
  /// The status, what DNSSEC says, and how long it holds.
  fileprivate var summary: String {
    let status =
      switch outcome {
      case .found: "found"
      case .noSuchName: "no such name (NXDOMAIN)"
      case .noSuchType: "no such type (NODATA)"
      case .failure(let failure): RemoteText.escaped("\(failure)")
      }
    return "\(status), DNSSEC \(security.rawValue), TTL \(ttl)"
  }
}

extension RecordData {
  /// In presentation format, escaped and bounded.
  fileprivate var summary: String {
    switch self {
    case .address(let address): "\(address)"
    case .mx(let preference, let exchange): "\(preference) \(exchange)"
    case .txt(let text): "\"\(RemoteText.escaped(text.joined))\""
    case .tlsa(let data):
      "\(data.usage) \(data.selector) \(data.matchingType) \(Hex.encode(Array(data.association.prefix(64))))"
    case .name(let name): "\(name)"
    }
  }
}
