/// What an MTA-STS policy was under an id, so that a change under the same id is seen (RFC 8461 section 3.1: the id is
/// what tells senders that the policy changed).
public struct PolicyMark: Hashable, Sendable {
  public let id: String
  /// A digest of mode, max_age and mx.
  public let content: UInt64
  /// When the record was looked up beside which another policy was first seen under this id; nil where none was.
  public let changedAt: Timestamp?

  public init(id: String, content: UInt64, changedAt: Timestamp? = nil) {
    self.id = id
    self.content = content
    self.changedAt = changedAt
  }

  /// Nobody gains by two policies of one digest: a notice of their own mistake would be missing.
  static func digest(mode: String, maxAge: Int, patterns: [String]) -> UInt64 {
    let first = FNV1a.digest("\(mode)\n\(maxAge)".utf8)
    return patterns.sorted().reduce(first) { digest, pattern in
      FNV1a.digest(pattern.utf8, behind: FNV1a.digest("\n".utf8, behind: digest))
    }
  }
}
