import Crypto
import JSONRPC

/// The access tokens: a line each, `ROLE NAME SHA256HEX`. The tokens themselves are kept nowhere.
public struct TokenTable: Sendable {
  public struct Entry: Hashable, Sendable {
    public let role: Role
    public let name: String
    /// SHA-256 of the token, 32 bytes.
    public let digest: [UInt8]
  }

  /// A line that is not as it should be.
  public struct Malformed: Error, Hashable, Sendable, CustomStringConvertible {
    public let line: Int
    public let problem: String
    public var description: String { "line \(line): \(problem)" }
  }

  /// Bytes of a token that are hashed at all; `token` makes 43.
  static let maximumToken = 1024

  public let entries: [Entry]

  /// Reads the file's text; empty lines and those that begin with # say nothing.
  public init(parsing text: String) throws(Malformed) {
    var entries: [Entry] = []
    for (number, line) in text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).enumerated() {
      let words = line.split { $0 == " " || $0 == "\t" || $0 == "\r" }
      guard let first = words.first, !first.hasPrefix("#") else { continue }
      guard words.count == 3 else { throw Malformed(line: number + 1, problem: "write ROLE NAME SHA256HEX") }
      guard let role = Role(rawValue: String(words[0])) else {
        throw Malformed(line: number + 1, problem: "the role is reader or admin")
      }
      guard let digest = TokenTable.digest(hex: words[2]) else {
        throw Malformed(line: number + 1, problem: "the SHA-256 of a token has 64 hexadecimal digits")
      }
      guard !entries.contains(where: { $0.name == words[1] }) else {
        throw Malformed(line: number + 1, problem: "the name stands twice")
      }
      entries.append(Entry(role: role, name: String(words[1]), digest: digest))
    }
    self.entries = entries
  }

  /// The entry of a token; it takes the same time whichever it is, and whether it is one.
  public func entry(of token: some StringProtocol) -> Entry? {
    guard token.utf8.count <= TokenTable.maximumToken else { return nil }
    return self.entry(ofDigest: Array(SHA256.hash(data: Array(token.utf8))))
  }

  /// The entry of a token by its digest, in the same way.
  func entry(ofDigest digest: [UInt8]) -> Entry? {
    var found: Entry?
    for entry in entries {
      var difference: UInt8 = 0
      for (left, right) in zip(digest, entry.digest) { difference |= left ^ right }
      if difference == 0 { found = entry }
    }
    return found
  }

  /// The line of the token file for a token.
  public static func line(for token: String, name: String, role: Role) -> String {
    "\(role.rawValue) \(name) \(Hex.encode(Array(SHA256.hash(data: Array(token.utf8)))))"
  }

  private static func digest(hex: Substring) -> [UInt8]? {
    guard hex.utf8.count == 2 * SHA256.byteCount else { return nil }
    return Hex.decode(String(hex))
  }
}

extension TokenTable {
  /// The caller that a request's Authorization names (RFC 6750 section 2.1); a role of nil where it names none.
  ///
  /// - Throws: 401 for a token that is not in the table or a scheme other than Bearer.
  func caller(_ authorization: String?) throws(HTTPFailure) -> (role: Role?, name: String) {
    guard let authorization else { return (nil, "") }
    let words = authorization.split(separator: " ", maxSplits: 1)
    guard words.count == 2, words[0].isEqualIgnoringCase("bearer"), let entry = entry(of: words[1].trimmed) else {
      throw TokenTable.refusal("The access token is not known here: ask the operator for one.", "invalid_token")
    }
    return (entry.role, entry.name)
  }

  /// 401 with the challenge of RFC 6750 section 3.
  static func refusal(_ message: String, _ error: String? = nil) -> HTTPFailure {
    let challenge = "Bearer realm=\"hallmark\"" + (error.map { ", error=\"\($0)\"" } ?? "")
    return HTTPFailure(.unauthorized, message, headers: [("WWW-Authenticate", challenge)])
  }
}
