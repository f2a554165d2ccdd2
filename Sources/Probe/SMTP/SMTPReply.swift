/// One whole reply of an SMTP server (RFC 5321 section 4.2).
///
///     Reply-line = *( Reply-code "-" [ textstring ] CRLF ) Reply-code [ SP textstring ] CRLF
public struct SMTPReply: Hashable, Sendable {
  /// 200 to 599.
  public let code: Int
  /// The text of each line as it came, without code, separator and line end.
  public let lines: [[UInt8]]

  public init(code: Int, lines: [[UInt8]]) {
    self.code = code
    self.lines = lines
  }

  /// A reply of the 2yz kind (RFC 5321 section 4.2.1).
  public var isPositive: Bool { (200..<300).contains(code) }
  /// A reply of the 4yz kind: it may be otherwise next time.
  public var isTransient: Bool { (400..<500).contains(code) }
  /// A reply of the 5yz kind.
  public var isPermanent: Bool { (500..<600).contains(code) }

  /// The first line with its code, escaped and bounded.
  public var summary: String {
    let text = lines.first ?? []
    return RemoteText.escaped(Array("\(code)".utf8) + (text.isEmpty ? [] : [UInt8(ascii: " ")] + text))
  }
}

/// What a server says of itself in answer to EHLO (RFC 5321 section 4.1.1.1).
public struct EHLOResponse: Hashable, Sendable {
  /// The first word of the first line, escaped; the server's name for itself, whatever it may say.
  public let domain: String
  /// The extensions' keywords in upper case, in the order they came, each once. Parameters are left out.
  public let keywords: [String]

  /// Reads a reply to EHLO; the first line never counts as an extension.
  public init(_ reply: SMTPReply) {
    domain = RemoteText.escaped(EHLOResponse.firstWord(reply.lines.first ?? []))
    var seen: Set<String> = []
    // An empty keyword, as of a line that begins with a space, is none.
    keywords = reply.lines.dropFirst().compactMap { line in
      let keyword = RemoteText.escaped(EHLOResponse.firstWord(line)).uppercased()
      return !keyword.isEmpty && seen.insert(keyword).inserted ? keyword : nil
    }
  }

  /// RFC 3207 section 2: the keyword is STARTTLS and has no parameters. Parameters are overlooked, as other clients do.
  public var offersSTARTTLS: Bool { keywords.contains("STARTTLS") }

  private static func firstWord(_ line: [UInt8]) -> ArraySlice<UInt8> {
    line.prefix { $0 != UInt8(ascii: " ") }
  }
}
