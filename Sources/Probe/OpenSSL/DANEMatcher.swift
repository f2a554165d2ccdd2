import COpenSSL
import DNS
import Posture

/// Whether TLSA records authenticate a chain, by OpenSSL's own matching (RFC 7671) under the rules for SMTP (RFC 7672
/// section 3).
public enum DANEMatcher {
  /// The most records that are looked at; a host has a handful.
  public static let maximumRecords = 100

  private static let context: Result<DANEContext, OpenSSLError> = Result { () throws(OpenSSLError) in try DANEContext()
  }

  /// - Parameters:
  ///   - chain: DER in the order sent, the server's own certificate first.
  ///   - tlsa: the records of the endpoint, from an answer that is secure.
  ///   - names: the reference names of RFC 7672 section 3.2.2, the TLSA base domain first.
  ///   - moment: when the dates of a DANE-TA chain are looked at.
  /// - Returns: how many records can be used, and whether one of them matches. A chain that cannot be read matches
  ///   nothing.
  public static func match(
    chain: [[UInt8]], tlsa: [TLSAData], names: [DomainName], at moment: Timestamp
  ) -> DANEMatch {
    var usable = 0
    do {
      let connection = try DANEConnection(context.get(), names: names)
      for record in tlsa.prefix(maximumRecords) where try connection.add(record) { usable += 1 }
      guard usable > 0 else { return DANEMatch(usable: 0, matches: false) }
      let certificates = chain.compactMap { Certificate(der: $0) }
      // With one certificate left out those behind it would move up.
      guard !chain.isEmpty, certificates.count == chain.count else {
        return DANEMatch(usable: usable, matches: false, error: "the certificates cannot be read")
      }
      let outcome = try connection.verify(certificates, at: moment)
      return DANEMatch(usable: usable, matches: outcome.isTrusted, error: outcome.error)
    } catch {
      return DANEMatch(usable: usable, matches: false, error: error.description)
    }
  }
}

/// Owns an SSL_CTX on which DANE is switched on; no connection is ever made from it.
// Sendable because an SSL_CTX is only read once it is set up, and OpenSSL counts its references with atomics.
private final class DANEContext: @unchecked Sendable {
  private let pointer: OpaquePointer

  init() throws(OpenSSLError) {
    pointer = try OpenSSLError.handle("make a TLS context") { SSL_CTX_new(TLS_client_method()) }
    try OpenSSLError.check("switch DANE on") { SSL_CTX_dane_enable(pointer) }
    SSL_CTX_set_security_level(pointer, 0)
  }

  deinit { SSL_CTX_free(pointer) }

  func withHandle<Result, Failure>(_ body: (OpaquePointer) throws(Failure) -> Result) throws(Failure) -> Result {
    try body(pointer)
  }
}

/// Owns an SSL that is used for its DANE state alone.
private final class DANEConnection {
  private let ssl: OpaquePointer
  private let hasNames: Bool

  init(_ context: DANEContext, names: [DomainName]) throws(OpenSSLError) {
    let ssl = try context.withHandle { handle throws(OpenSSLError) in
      try OpenSSLError.handle("make a TLS connection") { SSL_new(handle) }
    }
    self.ssl = ssl
    let texts = names.filter(\.isHostName).map(\.description)
    hasNames = !texts.isEmpty
    try OpenSSLError.check("set the TLSA base domain") { SSL_dane_enable(ssl, texts.first) }
    for name in texts.dropFirst() { try OpenSSLError.check("add a reference name") { SSL_add1_host(ssl, name) } }
    SSL_set_hostflags(ssl, UInt32(X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS))
    // RFC 7672 section 3.1.1: with DANE-EE neither names nor dates are looked at.
    _ = SSL_dane_set_flags(ssl, UInt(DANE_FLAG_NO_DANE_EE_NAMECHECKS))
  }

  deinit { SSL_free(ssl) }

  /// Takes a record in.
  ///
  /// - Returns: false for one that a client for SMTP cannot use.
  func add(_ record: TLSAData) throws(OpenSSLError) -> Bool {
    // RFC 7672 section 3.1.3: PKIX-TA(0) and PKIX-EE(1) are unusable. Without a name nothing can be said of DANE-TA(2).
    guard record.usage == 3 || (record.usage == 2 && hasNames) else { return false }
    ERR_clear_error()
    let result = SSL_dane_tlsa_add(
      ssl, record.usage, record.selector, record.matchingType, record.association, record.association.count)
    // Below zero it has no memory; zero is a record that makes no sense (RFC 6698 section 4.1).
    guard result >= 0 else { throw OpenSSLError(draining: "take in a TLSA record") }
    ERR_clear_error()
    return result > 0
  }

  func verify(_ chain: [Certificate], at moment: Timestamp) throws(OpenSSLError) -> ChainVerifier.Outcome {
    let verifier = ChainVerifier(store: try TrustStore(empty: ()), chain: chain)
    return try verifier.verify(at: moment) { context throws(OpenSSLError) in
      X509_STORE_CTX_set0_dane(context, SSL_get0_dane(ssl))
      try OpenSSLError.check("set the reference names") {
        X509_VERIFY_PARAM_set1(X509_STORE_CTX_get0_param(context), SSL_get0_param(ssl))
      }
    }
  }
}
