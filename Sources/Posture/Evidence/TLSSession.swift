/// The versions of TLS that can be told apart from outside, oldest first.
public enum TLSVersion: String, Hashable, Sendable, CaseIterable, Comparable {
  case tls10 = "TLSv1"
  case tls11 = "TLSv1.1"
  case tls12 = "TLSv1.2"
  case tls13 = "TLSv1.3"

  private var order: Int {
    switch self {
    case .tls10: 0
    case .tls11: 1
    case .tls12: 2
    case .tls13: 3
    }
  }

  /// By its place and not by its text, as RawRepresentable would have it.
  public func hash(into hasher: inout Hasher) { hasher.combine(order) }

  public static func < (lhs: TLSVersion, rhs: TLSVersion) -> Bool { lhs.order < rhs.order }
}

/// A TLS session that came about. A reference to what never changes, as `EndpointObservation` is.
public final class TLSSession: Equatable, Sendable {
  public let version: TLSVersion
  /// The cipher suite by its IANA name.
  public let cipher: String
  /// The key exchange was ephemeral (RFC 9325 section 4.1).
  public let forwardSecrecy: Bool
  /// The suite is anonymous, or of a broken cipher (NULL, EXPORT, RC4, DES, 3DES, MD5).
  public let weakCipher: Bool
  /// The certificates in the order they came, DER; at most 10 and 64 KiB in all. They stay, so that a new TLSA record can be
  /// matched without asking the endpoint again. Empty for an anonymous suite.
  public let chain: [[UInt8]]
  /// nil for an anonymous suite.
  public let certificate: CertificateFacts?

  public init(
    version: TLSVersion, cipher: String, forwardSecrecy: Bool, weakCipher: Bool, chain: [[UInt8]],
    certificate: CertificateFacts?
  ) {
    self.version = version
    self.cipher = cipher
    self.forwardSecrecy = forwardSecrecy
    self.weakCipher = weakCipher
    self.chain = chain
    self.certificate = certificate
  }

  public static func == (lhs: TLSSession, rhs: TLSSession) -> Bool {
    lhs === rhs
      || (lhs.version, lhs.cipher, lhs.forwardSecrecy, lhs.weakCipher, lhs.chain, lhs.certificate)
        == (rhs.version, rhs.cipher, rhs.forwardSecrecy, rhs.weakCipher, rhs.chain, rhs.certificate)
  }
}
