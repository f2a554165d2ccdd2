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

/// What is refused before any parser sees it. RFC 8259 section 9 lets an implementation set limits on size and depth.
public struct JSONLimits: Hashable, Sendable {
  /// Bytes; 1 MiB, as for a request body.
  public static let defaultSize = 1 << 20
  /// Arrays and objects within each other; no message of ours comes near.
  public static let defaultDepth = 64

  public var size: Int
  public var depth: Int
  /// Every text must be in the Stream-Safe Text Format, so that it can be compared in linear time.
  public var isStreamSafe: Bool

  public init(
    size: Int = JSONLimits.defaultSize, depth: Int = JSONLimits.defaultDepth, isStreamSafe: Bool = true
  ) {
    self.size = size
    self.depth = depth
    self.isStreamSafe = isStreamSafe
  }
}
