/// Who waits for a piece of work; the first goes first.
enum Urgency: String, Hashable, Sendable, CaseIterable {
  /// Somebody who called for a domain that could be judged before: its servers answer, so that it is soon done.
  case caller
  /// Somebody who called for a domain of which nothing is known, or whose servers answered nobody: it may hold a place for as
  /// long as a check may take.
  case stranger
  /// The verifier.
  case verifier

  /// What the metrics call it: who asked.
  var origin: String { self == .verifier ? "verifier" : "caller" }

  /// Its place among them all.
  var index: Int {
    switch self {
    case .caller: 0
    case .stranger: 1
    case .verifier: 2
    }
  }
}
