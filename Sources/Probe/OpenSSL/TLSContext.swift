import COpenSSL
import Posture

/// The settings of a TLS client: which versions and suites it offers. It verifies nothing by itself; certificates are
/// looked at after the handshake, so that a bad one can be seen and reported.
///
/// Whatever the system's OpenSSL configuration forbids (versions, suites, groups, signatures: `system_default` of
/// config(5)) is set here again: what a server does must not be seen through this machine's policy.
// Sendable because an SSL_CTX is only read once it is set up, and OpenSSL counts its references with atomics.
public final class TLSContext: @unchecked Sendable {
  private let pointer: OpaquePointer

  /// Makes a context that offers all that OpenSSL has, weak suites last, so that what a server does can be seen.
  ///
  /// Debian's default security level hides TLS 1.0 and short keys; level 0 shows them and the verdict judges.
  public static func observing(_ versions: ClosedRange<TLSVersion> = .tls10 ... .tls13) throws(OpenSSLError)
    -> TLSContext
  {
    // OpenSSL puts anonymous suites behind all others, and COMPLEMENTOFALL adds those without encryption behind these.
    try TLSContext(
      versions: versions, ciphers: "ALL:COMPLEMENTOFALL:@SECLEVEL=0", securityLevel: 0,
      signatures: signatures + weakSignatures)
  }

  /// Makes a context that offers weak suites alone, the worst first, so that a server that leaves the choice to its clients
  /// shows the worst that it takes. TLS 1.3 has none.
  ///
  /// What there is depends on the library: OpenSSL 3 of Debian is built without RC4, DES, 3DES, RC2, IDEA and EXPORT, so that
  /// only suites without encryption and anonymous ones can be offered; names that a library does not know are passed over.
  public static func weak() throws(OpenSSLError) -> TLSContext {
    try TLSContext(
      versions: .tls10 ... .tls12, ciphers: "eNULL:EXPORT:LOW:DES:RC4:RC2:IDEA:3DES:MD5:aNULL:@SECLEVEL=0",
      securityLevel: 0, signatures: signatures + weakSignatures)
  }

  /// Makes a context for fetching policies: TLS 1.2 or better (RFC 8461 section 3.3 with RFC 9325 section 3.1.1).
  public static func authenticating() throws(OpenSSLError) -> TLSContext {
    try TLSContext(
      versions: .tls12 ... .tls13, ciphers: "DEFAULT:!aNULL:@SECLEVEL=1", securityLevel: 1, signatures: signatures)
  }

  /// RFC 8446 section 4.2.3, in OpenSSL's own order.
  private static let signatures = [
    "ECDSA+SHA256", "ECDSA+SHA384", "ECDSA+SHA512", "ed25519", "ed448", "rsa_pss_pss_sha256", "rsa_pss_pss_sha384",
    "rsa_pss_pss_sha512", "rsa_pss_rsae_sha256", "rsa_pss_rsae_sha384", "rsa_pss_rsae_sha512", "RSA+SHA256",
    "RSA+SHA384", "RSA+SHA512",
  ]
  /// RFC 9155 deprecates SHA-1; servers that have nothing else are seen all the same.
  private static let weakSignatures = [
    "ECDSA+SHA224", "RSA+SHA224", "DSA+SHA256", "DSA+SHA384", "DSA+SHA512", "DSA+SHA224", "ECDSA+SHA1", "RSA+SHA1",
    "DSA+SHA1",
  ]
  /// RFC 8446 section 4.2.7.
  private static let groups = "X25519:P-256:X448:P-521:P-384:ffdhe2048:ffdhe3072:ffdhe4096:ffdhe6144:ffdhe8192"
  /// RFC 8446 appendix B.4.
  private static let suites = """
    TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256:TLS_AES_128_GCM_SHA256:TLS_AES_128_CCM_SHA256:\
    TLS_AES_128_CCM_8_SHA256
    """

  private init(
    versions: ClosedRange<TLSVersion>, ciphers: String, securityLevel: Int32, signatures: [String]
  ) throws(OpenSSLError) {
    pointer = try OpenSSLError.handle("make a TLS context") { SSL_CTX_new(TLS_client_method()) }
    SSL_CTX_set_security_level(pointer, securityLevel)
    _ = SSL_CTX_clear_options(pointer, HALLMARK_SSL_OP_NO_VERSIONS)
    try OpenSSLError.check("set the lowest TLS version") {
      hallmark_ssl_ctx_set_min_version(pointer, versions.lowerBound.number)
    }
    try OpenSSLError.check("set the highest TLS version") {
      hallmark_ssl_ctx_set_max_version(pointer, versions.upperBound.number)
    }
    try OpenSSLError.check("set the cipher suites") { SSL_CTX_set_cipher_list(pointer, ciphers) }
    try OpenSSLError.check("set the cipher suites of TLS 1.3") {
      SSL_CTX_set_ciphersuites(pointer, TLSContext.suites)
    }
    try OpenSSLError.check("set the signature algorithms") {
      hallmark_ssl_ctx_set_signature_algorithms(pointer, signatures.joined(separator: ":"))
    }
    try OpenSSLError.check("set the groups") { hallmark_ssl_ctx_set_groups(pointer, TLSContext.groups) }
    // A server that lacks RFC 5746 is seen and not turned away; renegotiation, which it would protect, is off.
    let options =
      HALLMARK_SSL_OP_LEGACY_SERVER_CONNECT | HALLMARK_SSL_OP_NO_RENEGOTIATION | HALLMARK_SSL_OP_NO_COMPRESSION
    _ = SSL_CTX_set_options(pointer, options)
    SSL_CTX_set_verify(pointer, SSL_VERIFY_NONE, nil)
  }

  deinit { SSL_CTX_free(pointer) }

  func withHandle<Result, Failure>(_ body: (OpaquePointer) throws(Failure) -> Result) throws(Failure) -> Result {
    try body(pointer)
  }
}

extension TLSVersion {
  /// The number on the wire (RFC 2246 to RFC 8446, ProtocolVersion).
  var number: Int32 {
    switch self {
    case .tls10: TLS1_VERSION
    case .tls11: TLS1_1_VERSION
    case .tls12: TLS1_2_VERSION
    case .tls13: TLS1_3_VERSION
    }
  }

  init?(number: Int32) {
    guard let version = TLSVersion.allCases.first(where: { $0.number == number }) else { return nil }
    self = version
  }
}
