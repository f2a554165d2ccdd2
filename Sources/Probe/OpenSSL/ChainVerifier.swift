import COpenSSL
import Posture

/// One run of X509_verify_cert over a chain as it was sent.
struct ChainVerifier {
  /// The most certificates between the first and the anchor; longer chains than ten are not kept.
  static let maximumDepth: Int32 = 10

  let store: TrustStore
  /// The server's own certificate comes first.
  let chain: [Certificate]

  /// What came of it.
  struct Outcome {
    let isTrusted: Bool
    /// Why not, in OpenSSL's words; nil when it is trusted.
    let error: String?
    /// The earliest end among the certificates of the path that was found; nil where none was.
    let earliestEnd: Timestamp?
    /// How the certificates between the first and the anchor are signed; nil where no path was found.
    let authorities: [AuthoritySignature]?
  }

  /// Verifies for the purpose of a TLS server (RFC 5280 section 6.1).
  ///
  /// - Parameters:
  ///   - moment: when the dates are looked at; nil leaves them aside.
  ///   - configure: what is to be set before it runs.
  func verify(
    at moment: Timestamp?, configure: (OpaquePointer) throws(OpenSSLError) -> Void = { _ in }
  ) throws(OpenSSLError) -> Outcome {
    let context = try OpenSSLError.handle("make a verification") { X509_STORE_CTX_new() }
    defer { X509_STORE_CTX_free(context) }
    let others = try CertificateStack(chain.dropFirst())
    try begin(context, others)
    try configure(context)
    set(moment, on: context)
    ERR_clear_error()
    defer { ERR_clear_error() }
    // The path points into the certificates and the store.
    return withExtendedLifetime((chain, others, store)) {
      outcome(of: context, isTrusted: X509_verify_cert(context) == 1)
    }
  }

  private func begin(_ context: OpaquePointer, _ others: CertificateStack) throws(OpenSSLError) {
    guard let leaf = chain.first else { throw OpenSSLError(operation: "verify an empty chain", codes: []) }
    try store.withHandle { store throws(OpenSSLError) in
      try leaf.withHandle { leaf throws(OpenSSLError) in
        try others.withHandle { others throws(OpenSSLError) in
          try OpenSSLError.check("begin a verification") { X509_STORE_CTX_init(context, store, leaf, others) }
        }
      }
    }
    try OpenSSLError.check("verify for a TLS server") { X509_STORE_CTX_set_default(context, "ssl_server") }
  }

  private func set(_ moment: Timestamp?, on context: OpaquePointer) {
    let parameters = X509_STORE_CTX_get0_param(context)
    // Weak keys and hashes are judged elsewhere; the chain must not fail by them alone.
    X509_VERIFY_PARAM_set_auth_level(parameters, 0)
    X509_VERIFY_PARAM_set_depth(parameters, ChainVerifier.maximumDepth)
    if let moment {
      X509_VERIFY_PARAM_set_time(parameters, time_t(clamping: moment.seconds))
    } else {
      X509_VERIFY_PARAM_set_flags(parameters, UInt(X509_V_FLAG_NO_CHECK_TIME))
    }
  }

  private func outcome(of context: OpaquePointer, isTrusted: Bool) -> Outcome {
    let code = X509_STORE_CTX_get_error(context)
    guard isTrusted, code == X509_V_OK else {
      return Outcome(isTrusted: false, error: explanation(code, context), earliestEnd: nil, authorities: nil)
    }
    var ends: [Timestamp] = []
    var authorities: [AuthoritySignature] = []
    if let path = X509_STORE_CTX_get0_chain(context) {
      let last = hallmark_x509_stack_count(path) - 1
      for index in 0...max(last, 0) {
        guard let certificate = hallmark_x509_stack_at(path, index) else { continue }
        ends.append(CertificateReader.notAfter(of: certificate))
        // The last is the anchor, which is trusted for its key and not for its signature.
        if index > 0, index < last { authorities.append(CertificateReader.authority(certificate)) }
      }
    }
    return Outcome(isTrusted: true, error: nil, earliestEnd: ends.min(), authorities: authorities)
  }

  /// OpenSSL's words; where an issuer is wanting, its name too, so that whoever runs the server knows which to install.
  private func explanation(_ code: Int32, _ context: OpaquePointer) -> String {
    let text = X509_verify_cert_error_string(.init(code)).map { String(cString: $0) } ?? "error \(code)"
    let wanting = [
      X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT, X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY,
      X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE,
    ]
    guard wanting.contains(code), let certificate = X509_STORE_CTX_get_current_cert(context) else { return text }
    return "\(text): no certificate of \(CertificateReader.name(X509_get_issuer_name(certificate)))"
  }
}
