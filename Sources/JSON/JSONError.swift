/// Why a text is no JSON value that is taken here, and where.
public struct JSONError: Error, Hashable, Sendable, CustomStringConvertible {
  public enum Reason: Hashable, Sendable {
    /// Not the grammar of RFC 8259, or no UTF-8.
    case syntax
    /// Longer than `JSONLimits.size`.
    case size
    /// Nested deeper than `JSONLimits.depth`.
    case depth
    /// A name twice in one object, which RFC 8259 section 4 leaves open and two readers may read differently.
    case duplicate
    /// More combining marks in a row than `StreamSafeText.maximumMarks`, where `JSONLimits.isStreamSafe` asks for it.
    case marks
    /// A number outside what 64 bits hold (RFC 8259 section 6 lets an implementation set limits).
    case number
  }

  public let reason: Reason
  /// Counted from 1.
  public let line: Int
  /// Counted from 1, in characters.
  public let column: Int
  public let text: String

  public init(reason: Reason, line: Int, column: Int, text: String) {
    self.reason = reason
    self.line = line
    self.column = column
    self.text = text
  }

  public var description: String { "line \(line), column \(column): \(text)" }
}
