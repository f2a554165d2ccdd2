/// One parser, what must hold of it for any input whatever, and what hostile text for it is made of.
struct Target: Sendable {
  /// What a text that this parser reads is made of; `Scaling` builds its hostile texts out of it.
  struct Shape: Sendable {
    /// Without it the parser would read no further.
    var prefix = ""
    /// A short whole piece.
    var term = "a."
    /// What opens something.
    var opening = "("
    var separator = "."
    /// Further kinds of hostile text, repeated behind the prefix.
    var others: [String] = []
    /// Whole texts that hold something repeated between a beginning and an end.
    var wholes: [Whole] = []
  }

  struct Whole: Sendable {
    let beginning: String
    let unit: String
    let end: String
  }

  /// Marks of two combining classes in turn, which are out of order all along: to compare, hash or split such text as
  /// Swift does takes time with the square of their number.
  static let marks = "\u{301}\u{316}"

  let name: String
  let shape: Shape
  /// Traps where a property does not hold.
  let run: @Sendable ([UInt8]) -> Void

  init(_ name: String, _ shape: Shape = Shape(), run: @escaping @Sendable ([UInt8]) -> Void) {
    self.name = name
    self.shape = shape
    self.run = run
  }

  static let all: [Target] = records + names + streams

  static func named(_ name: String) -> Target? { all.first { $0.name == name } }
}

/// The text of octets that may be anything.
func text(_ octets: [UInt8]) -> String { String(decoding: octets, as: UTF8.self) }

/// Octets cut at line ends, into at most `count` parts.
func lines(_ octets: [UInt8], _ count: Int) -> [[UInt8]] {
  octets.split(separator: UInt8(ascii: "\n"), maxSplits: count - 1, omittingEmptySubsequences: false).map(Array.init)
}
