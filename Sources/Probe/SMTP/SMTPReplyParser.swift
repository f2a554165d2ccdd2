/// Takes replies out of octets, however they are cut into reads.
///
/// RFC 5321 section 2.3.8 has lines end in CRLF alone. Many servers send a bare LF, and other clients take it, so it
/// is taken here too; a bare CR ends no line.
public struct SMTPReplyParser: Sendable {
  /// The most octets of one line, its end included. RFC 5321 section 4.5.3.1.5 asks for 512; others take up to 2048
  /// and so do we.
  public static let maximumLineLength = 2048
  /// The most lines of one reply. RFC 5321 sets no bound; no server has a hundred extensions.
  public static let maximumLines = 100
  /// The most octets of one reply.
  public static let maximumLength = 65_536

  /// Why what came is no reply: it is not SMTP, or beyond a bound.
  public enum Violation: String, Error, Hashable, Sendable {
    case noCode = "what came does not begin with a reply code"
    case noSeparator = "a reply code is not followed by a space or a hyphen"
    case codesDiffer = "the lines of one reply have different codes"
    case nulOctet = "a reply holds a NUL octet"
    case lineTooLong = "a reply line is too long"
    case tooManyLines = "a reply has too many lines"
    case tooLong = "a reply is too long"
  }

  private var line: [UInt8] = []
  private var code: Int?
  private var lines: [[UInt8]] = []
  private var length = 0

  public init() {}

  /// Takes octets up to the end of one reply.
  ///
  /// - Returns: the reply, or nil when more octets are needed; `octets` keeps what comes behind the reply.
  public mutating func next(_ octets: inout ArraySlice<UInt8>) throws(Violation) -> SMTPReply? {
    while let octet = octets.popFirst() {
      length += 1
      guard length <= SMTPReplyParser.maximumLength else { throw .tooLong }
      if octet == UInt8(ascii: "\n") {
        if let reply = try endLine() { return reply }
      } else {
        try append(octet)
      }
    }
    return nil
  }

  /// A stranger is known by the first octet: who speaks TLS or SSH here need not end a line.
  private mutating func append(_ octet: UInt8) throws(Violation) {
    guard line.count < SMTPReplyParser.maximumLineLength else { throw .lineTooLong }
    // RFC 5321 section 4.2.1: the first digit is 2 to 5 (1yz is not used), the second 0 to 5; any second digit is
    // taken.
    switch line.count {
    case 0: guard (UInt8(ascii: "2")...UInt8(ascii: "5")).contains(octet) else { throw .noCode }
    case 1, 2: guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(octet) else { throw .noCode }
    case 3:
      guard [UInt8(ascii: " "), UInt8(ascii: "-"), UInt8(ascii: "\r")].contains(octet) else { throw .noSeparator }
    default: guard octet != 0 else { throw .nulOctet }
    }
    line.append(octet)
  }

  private mutating func endLine() throws(Violation) -> SMTPReply? {
    if line.last == UInt8(ascii: "\r") { line.removeLast() }
    guard line.count >= 3 else { throw .noCode }
    let value = line[..<3].reduce(0) { $0 * 10 + Int($1 - UInt8(ascii: "0")) }
    guard code == nil || code == value else { throw .codesDiffer }
    // RFC 5321 section 4.2: a code alone is a last line too.
    let separator = line.count > 3 ? line[3] : UInt8(ascii: " ")
    guard separator == UInt8(ascii: " ") || separator == UInt8(ascii: "-") else { throw .noSeparator }
    guard lines.count < SMTPReplyParser.maximumLines else { throw .tooManyLines }
    lines.append(Array(line.dropFirst(4)))
    code = value
    line = []
    guard separator == UInt8(ascii: " ") else { return nil }
    let reply = SMTPReply(code: value, lines: lines)
    self = SMTPReplyParser()
    return reply
  }
}
