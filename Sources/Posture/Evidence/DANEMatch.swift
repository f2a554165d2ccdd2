/// Whether TLSA records match a chain that an endpoint showed (RFC 7672 section 3.1; computed, not asked of the network).
public struct DANEMatch: Hashable, Sendable {
  /// How many records a client for SMTP may use.
  public let usable: Int
  /// One of them authenticates the server.
  public let matches: Bool
  /// Why nothing matches, in OpenSSL's words.
  public let error: String?

  public init(usable: Int, matches: Bool, error: String? = nil) {
    self.usable = usable
    self.matches = matches
    self.error = error
  }
}
