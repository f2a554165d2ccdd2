import COpenSSL

/// Owns an X509.
// Sendable because a parsed certificate is only read, what OpenSSL caches of it lies behind its lock, and its count is atomic.
final class Certificate: @unchecked Sendable {
  private let pointer: OpaquePointer

  private init(takingOwnershipOf pointer: OpaquePointer) { self.pointer = pointer }

  deinit { X509_free(pointer) }

  /// Parses DER; nil when it is no certificate, or something follows it.
  convenience init?(der: [UInt8]) {
    ERR_clear_error()
    defer { ERR_clear_error() }
    let parsed: OpaquePointer? = der.withUnsafeBufferPointer { buffer in
      var cursor = buffer.baseAddress
      guard let pointer = d2i_X509(nil, &cursor, buffer.count) else { return nil }
      guard cursor == buffer.baseAddress.map({ $0 + buffer.count }) else {
        X509_free(pointer)
        return nil
      }
      return pointer
    }
    guard let parsed else { return nil }
    self.init(takingOwnershipOf: parsed)
  }

  /// Lends the handle; it must not leave the closure.
  func withHandle<Result, Failure>(_ body: (OpaquePointer) throws(Failure) -> Result) throws(Failure) -> Result {
    try body(pointer)
  }
}

/// Owns a stack of X509, each with a reference of its own.
final class CertificateStack {
  private let pointer: OpaquePointer

  init(_ certificates: some Sequence<Certificate>) throws(OpenSSLError) {
    pointer = try OpenSSLError.handle("make a stack of certificates") { hallmark_x509_stack_new() }
    for certificate in certificates {
      try certificate.withHandle { handle throws(OpenSSLError) in
        try OpenSSLError.check("hold a certificate") { X509_up_ref(handle) }
        do throws(OpenSSLError) {
          try OpenSSLError.check("put a certificate on a stack") { hallmark_x509_stack_push(pointer, handle) }
        } catch {
          X509_free(handle)
          throw error
        }
      }
    }
  }

  deinit { hallmark_x509_stack_free(pointer) }

  func withHandle<Result, Failure>(_ body: (OpaquePointer) throws(Failure) -> Result) throws(Failure) -> Result {
    try body(pointer)
  }
}
