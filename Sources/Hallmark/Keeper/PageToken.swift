import DNS
import JSONRPC

/// Where the next page of a list begins, in a form that a caller only hands back.
enum PageToken {
  /// Behind a name, in a listing that began at a revision.
  static func name(_ list: Character, _ name: DomainName, revision: UInt64) -> String { "\(list)\(revision)-\(name)" }

  static func readName(_ list: Character, _ token: String?) throws(RPCError) -> (name: DomainName, revision: UInt64)? {
    guard let token else { return nil }
    guard let rest = rest(of: token, list), let dash = rest.utf8.firstIndex(of: UInt8(ascii: "-")),
      let revision = number(rest[..<dash]), let name = DomainName(String(rest[rest.utf8.index(after: dash)...]))
    else { throw invalid }
    return (name, revision)
  }

  /// Behind a revision, in a list of changes.
  static func revision(_ list: Character, _ revision: UInt64) -> String { "\(list)\(revision)" }

  static func readRevision(_ list: Character, _ token: String?) throws(RPCError) -> UInt64? {
    guard let token else { return nil }
    guard let rest = rest(of: token, list), let revision = number(rest) else { throw invalid }
    return revision
  }

  /// More than a list's letter, a revision and the longest name have in octets (RFC 1035 section 5.1: four for one).
  private static let maximumLength = 1100

  /// What stands behind the list's letter.
  private static func rest(of token: String, _ list: Character) -> Substring? {
    guard token.utf8.count <= maximumLength, token.first == list else { return nil }
    return token.dropFirst()
  }

  /// Digits alone; UInt64 would take a sign.
  private static func number(_ digits: Substring) -> UInt64? {
    digits.utf8.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) } ? UInt64(digits) : nil
  }

  private static let invalid = RPCError(
    .invalidArgument, reason: "INVALID_PAGE_TOKEN",
    message: "Give the nextPageToken of the page before as it is, or none for the first page.", field: "pageToken")
}
