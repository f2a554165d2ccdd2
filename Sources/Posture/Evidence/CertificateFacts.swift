/// What the first certificate says and how the chain did, as OpenSSL saw it when the endpoint was probed. A reference to
/// what never changes, as `EndpointObservation` is.
public final class CertificateFacts: Equatable, Sendable {
  /// A subjectAltName of type dNSName names the server name (RFC 9525 section 6.3; the common name never counts).
  public let matchesName: Bool
  /// The chain ends at a trusted authority, dates left aside.
  public let chainTrusted: Bool
  /// Why the chain is not trusted, in OpenSSL's words.
  public let chainError: String?
  /// The subjectAltName dNSNames, escaped, at most 100.
  public let subjectNames: [String]
  /// The issuer's name in RFC 2253 form, escaped and bounded.
  public let issuer: String
  /// The subject's name in RFC 2253 form, escaped and bounded.
  public let subject: String
  public let notBefore: Timestamp
  public let notAfter: Timestamp
  /// The earliest notAfter among the certificates of the chain that was verified; the leaf's where none was.
  public let chainNotAfter: Timestamp
  /// The kind of key, such as `RSA`, `EC`, `Ed25519`.
  public let key: String
  public let bits: Int
  /// The signature algorithm, such as `ecdsa-with-SHA256`.
  public let signature: String
  /// How the authorities between the certificate and the anchor are signed, in the order of the path that was verified; where
  /// there is none, of the certificates that were sent. The anchor's own signature is nobody's to check (RFC 5280 section 6.1).
  /// nil where it was not looked at.
  public let authorities: [AuthoritySignature]?
  public let selfSigned: Bool

  public init(
    matchesName: Bool, chainTrusted: Bool, chainError: String?, subjectNames: [String], issuer: String,
    subject: String, notBefore: Timestamp, notAfter: Timestamp, chainNotAfter: Timestamp, key: String, bits: Int,
    signature: String, authorities: [AuthoritySignature]? = nil, selfSigned: Bool
  ) {
    self.matchesName = matchesName
    self.chainTrusted = chainTrusted
    self.chainError = chainError
    self.subjectNames = subjectNames
    self.issuer = issuer
    self.subject = subject
    self.notBefore = notBefore
    self.notAfter = notAfter
    self.chainNotAfter = chainNotAfter
    self.key = key
    self.bits = bits
    self.signature = signature
    self.authorities = authorities
    self.selfSigned = selfSigned
  }

  public static func == (lhs: CertificateFacts, rhs: CertificateFacts) -> Bool {
    lhs === rhs || lhs.verification == rhs.verification && lhs.names == rhs.names && lhs.keys == rhs.keys
  }

  // All that there is, in as many parts as can be compared at one time.
  private var verification: (Bool, Bool, String?, Timestamp, Timestamp, Timestamp) {
    (matchesName, chainTrusted, chainError, notBefore, notAfter, chainNotAfter)
  }
  private var names: ([String], String, String) { (subjectNames, issuer, subject) }
  private var keys: (String, Int, String, [AuthoritySignature]?, Bool) {
    (key, bits, signature, authorities, selfSigned)
  }

  /// The last second at which the certificate and those above it hold.
  public var end: Timestamp { min(notAfter, chainNotAfter) }
}

/// How the certificate of an authority below the anchor is signed.
public struct AuthoritySignature: Hashable, Sendable {
  /// The authority's name in RFC 2253 form, escaped and bounded.
  public let subject: String
  /// The signature algorithm, such as `sha1WithRSAEncryption`.
  public let signature: String

  public init(subject: String, signature: String) {
    self.subject = subject
    self.signature = signature
  }
}
