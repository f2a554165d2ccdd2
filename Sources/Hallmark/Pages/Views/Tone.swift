/// How something stands. A page tells it by a word, a sign and a colour, never by the colour alone.
enum Tone: String, Sendable {
  case good, bad, doubt, quiet

  var sign: String {
    switch self {
    case .good: "✓"
    case .bad: "✕"
    case .doubt: "?"
    case .quiet: "–"
    }
  }

  /// Of a verdict on a domain or a section.
  init(verdict: String) {
    switch verdict {
    case "secure", "pass", "current": self = .good
    case "insecure", "fail", "expired": self = .bad
    case "unknown": self = .doubt
    default: self = .quiet
    }
  }
}
