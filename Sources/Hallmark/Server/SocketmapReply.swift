/// An answer of Postfix's socketmap protocol (socketmap_table(5)).
public enum SocketmapReply: Hashable, Sendable {
  case ok(String)
  case notFound
  /// Ask again later; the text is for the log.
  case temporary(String)
  case permanent(String)

  /// socketmap_table(5): "replies are limited to 100000 bytes".
  static let maximumLength = 100_000

  /// The space after NOTFOUND is part of the protocol. Control characters become spaces.
  var bytes: [UInt8] {
    let text =
      switch self {
      case .ok(let value): "OK \(value)"
      case .notFound: "NOTFOUND "
      case .temporary(let why): "TEMP \(why)"
      case .permanent(let why): "PERM \(why)"
      }
    guard text.utf8.count <= SocketmapReply.maximumLength else {
      return SocketmapReply.permanent("the answer is longer than Postfix takes").bytes
    }
    return text.utf8.map { $0 < 0x20 || $0 == 0x7f ? 0x20 : $0 }
  }
}

/// What is asked: `NAME KEY`.
struct SocketmapRequest: Hashable {
  let name: String
  /// All after the first space.
  let key: String

  /// nil where there is no space, or the text is no UTF-8.
  init?(_ payload: some Collection<UInt8>) {
    guard let space = payload.firstIndex(of: UInt8(ascii: " ")),
      let name = String(validating: payload[..<space], as: UTF8.self),
      let key = String(validating: payload[payload.index(after: space)...], as: UTF8.self)
    else { return nil }
    self.name = name
    self.key = key
  }

  /// The domain of a next hop in any form that Postfix asks for (`name`, `[name]`, `name:port`, `[name]:port`), in
  /// lower case without the final dot; nil for a parent (`.name`), an address, and what can be no name.
  var domain: String? {
    var rest = key[...]
    if rest.first == "[" {
      guard let end = rest.firstIndex(of: "]") else { return nil }
      let after = rest[rest.index(after: end)...]
      guard after.isEmpty || after.first == ":" && SocketmapRequest.isPort(after.dropFirst()) else { return nil }
      rest = rest[rest.index(after: rest.startIndex)..<end]
    } else if let colon = rest.lastIndex(of: ":") {
      guard SocketmapRequest.isPort(rest[rest.index(after: colon)...]) else { return nil }
      rest = rest[..<colon]
    }
    if rest.last == "." { rest = rest.dropLast() }
    let labels = rest.split(separator: ".", omittingEmptySubsequences: false)
    guard !rest.isEmpty, !rest.contains(where: { $0 == ":" || $0 == " " }), labels.allSatisfy({ !$0.isEmpty }) else {
      return nil
    }
    // RFC 3696 section 2: a top-level label is never all digits, so this is an address.
    guard let last = labels.last, last.contains(where: { !$0.isNumber }) else { return nil }
    return rest.lowercased()
  }

  /// A port, or a service's name.
  private static func isPort(_ text: Substring) -> Bool {
    !text.isEmpty && text.utf8.allSatisfy { 0x30...0x39 ~= $0 || 0x61...0x7a ~= $0 | 0x20 || $0 == UInt8(ascii: "-") }
  }
}
