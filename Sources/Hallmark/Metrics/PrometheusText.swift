/// The text format that Prometheus reads, version 0.0.4: a HELP and a TYPE line before the samples of each name.
struct PrometheusText {
  static let contentType = "text/plain; version=0.0.4; charset=utf-8"

  enum Kind: String {
    case counter, gauge, histogram
  }

  private(set) var text = ""

  mutating func begin(_ name: String, _ kind: Kind, _ help: String) {
    text += "# HELP \(name) \(PrometheusText.escaped(help, quote: false))\n# TYPE \(name) \(kind.rawValue)\n"
  }

  mutating func sample(_ name: String, _ labels: [(String, String)] = [], value: String) {
    text += name
    if !labels.isEmpty {
      let pairs = labels.map { "\($0)=\"\(PrometheusText.escaped($1, quote: true))\"" }
      text += "{\(pairs.joined(separator: ","))}"
    }
    text += " \(value)\n"
  }

  /// A gauge without labels: all three lines.
  mutating func gauge(_ name: String, _ help: String, _ value: some BinaryInteger) {
    begin(name, .gauge, help)
    sample(name, value: "\(value)")
  }

  /// A backslash and a line's end are escaped, in a label's value the quotation mark too.
  private static func escaped(_ text: String, quote: Bool) -> String {
    var escaped = ""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\\": escaped += "\\\\"
      case "\n": escaped += "\\n"
      case "\"" where quote: escaped += "\\\""
      default: escaped.unicodeScalars.append(scalar)
      }
    }
    return escaped
  }
}
