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
    let octets = Array(text.utf8)
    return octets.contains(where: SocketmapReply.isControl)
      ? octets.map { SocketmapReply.isControl($0) ? 0x20 : $0 } : octets
  }

  private static func isControl(_ octet: UInt8) -> Bool { octet < 0x20 || octet == 0x7f }
}
