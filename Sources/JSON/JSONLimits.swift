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
