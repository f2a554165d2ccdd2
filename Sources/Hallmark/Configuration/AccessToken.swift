import JSONRPC

/// A new access token: the secret goes to its holder, the line into the token file, which holds the secret's SHA-256 alone.
public struct AccessToken: Sendable {
  /// Octets of randomness; 256 bits.
  static let length = 32

  /// What its holder sends, in hexadecimal digits.
  public let secret: String
  /// `ROLE NAME SHA256HEX`.
  public let line: String

  /// - Throws: for a name that a token file cannot hold, or a role that there is none of.
  public init(name: String, role: String) throws(SettingsError) {
    guard let role = Role(rawValue: role) else { throw SettingsError("--role: \(role) is neither reader nor admin") }
    let isName = name.utf8.allSatisfy { octet in
      (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(octet | 0x20)
        || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(octet) || Array(".-_".utf8).contains(octet)
    }
    guard isName, (1...64).contains(name.utf8.count) else {
      throw SettingsError("NAME: take 1 to 64 letters, digits, dots, hyphens and underscores")
    }
    var generator = SystemRandomNumberGenerator()
    secret = Hex.encode((0..<AccessToken.length).map { _ in UInt8.random(in: .min ... .max, using: &generator) })
    line = TokenTable.line(for: secret, name: name, role: role)
  }
}
