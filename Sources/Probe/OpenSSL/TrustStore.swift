import COpenSSL

/// The certificate authorities that MX and policy hosts are verified against.
// Sendable because an X509_STORE takes its own lock for every look-up, and nothing is added after init.
public final class TrustStore: @unchecked Sendable {
  private let pointer: OpaquePointer

  /// Reads a PEM bundle (`--ca-file`), or without one the system's default places.
  ///
  /// - Throws: when the file cannot be read or holds no certificate.
  public init(pemFile path: String? = nil) throws(OpenSSLError) {
    pointer = try OpenSSLError.handle("make a certificate store") { X509_STORE_new() }
    if let path {
      try OpenSSLError.check("read the certificate authorities of \(path)") { X509_STORE_load_file(pointer, path) }
    } else {
      try OpenSSLError.check("find the system's certificate authorities") { X509_STORE_set_default_paths(pointer) }
    }
  }

  /// A store that trusts nobody: for DANE, where the records are the anchors.
  init(empty: Void) throws(OpenSSLError) {
    pointer = try OpenSSLError.handle("make a certificate store") { X509_STORE_new() }
  }

  deinit { X509_STORE_free(pointer) }

  func withHandle<Result, Failure>(_ body: (OpaquePointer) throws(Failure) -> Result) throws(Failure) -> Result {
    try body(pointer)
  }
}
