import DNS
import JSONRPC

/// Where the next page of a list begins, in a form that a caller only hands back.
enum PageToken {
  /// Behind a name, in a listing that began at a revision.
  static func name(_ list: Character, _ name: DomainName, revision: UInt64) -> String { "\(list)\(revision)-\(name)" }

  static func readName(_ list: Character, _ token: String?) throws(RPCError) -> (name: DomainName, revision: UInt64)? {
    guard let token else { return nil }
    guard token.first == list, token.utf8.count <= 1100, let dash = token.firstIndex(of: "-"),
      let revision = UInt64(token[token.index(after: token.startIndex)..<dash]),
      let name = DomainName(String(token[token.index(after: dash)...]))
    else { throw invalid }
    return (name, revision)
  }

  /// Behind a revision, in a list of changes.
  static func revision(_ list: Character, _ revision: UInt64) -> String { "\(list)\(revision)" }

  static func readRevision(_ list: Character, _ token: String?) throws(RPCError) -> UInt64? {
    guard let token else { return nil }
    guard token.first == list, let revision = UInt64(token.dropFirst()) else { throw invalid }
    return revision
  }

  private static let invalid = RPCError(
    .invalidArgument, reason: "INVALID_PAGE_TOKEN",
    message: "Give the nextPageToken of the page before as it is, or none for the first page.", field: "pageToken")
}
