import COpenSSL
import DNS

/// One TLS connection as a client, without input or output of its own: octets of the peer are pushed in, octets for
/// the peer are pulled out. It belongs to whoever made it and is not shared.
final class TLSEngine {
  /// What can be done next.
  enum Progress: Hashable {
    case needsInput
    case done
    /// The peer said `close_notify`.
    case closed
    case failed(TLSFailure)
  }

  /// The most octets that one call of `read` hands out.
  static let readSize = 16_384

  private let ssl: OpaquePointer
  /// Both belong to `ssl`.
  private let incoming: OpaquePointer
  private let outgoing: OpaquePointer

  /// - Parameters:
  ///   - serverName: sent as SNI where it is a host name (RFC 6066 section 3 allows no address).
  ///   - applicationProtocols: offered by ALPN (RFC 7301), the most wanted first.
  init(_ context: TLSContext, serverName: DomainName?, applicationProtocols: [String] = []) throws(OpenSSLError) {
    ssl = try context.withHandle { handle throws(OpenSSLError) in
      try OpenSSLError.handle("make a TLS connection") { SSL_new(handle) }
    }
    let buffers: (OpaquePointer, OpaquePointer)
    do {
      buffers = try TLSEngine.makeBuffers()
    } catch {
      SSL_free(ssl)
      throw error
    }
    (incoming, outgoing) = buffers
    SSL_set_bio(ssl, incoming, outgoing)
    SSL_set_connect_state(ssl)
    if let serverName, serverName.isHostName, IPAddress(serverName.description) == nil {
      try OpenSSLError.check("set the server name") { hallmark_ssl_set_server_name(ssl, serverName.description) }
    }
    let protocols = applicationProtocols.flatMap { [UInt8(truncatingIfNeeded: $0.utf8.count)] + Array($0.utf8) }
    // It gives 0 for success, unlike the others.
    if !protocols.isEmpty { _ = SSL_set_alpn_protos(ssl, protocols, UInt32(protocols.count)) }
  }

  private static func makeBuffers() throws(OpenSSLError) -> (OpaquePointer, OpaquePointer) {
    let incoming = try OpenSSLError.handle("make a buffer") { BIO_new(BIO_s_mem()) }
    do {
      return (incoming, try OpenSSLError.handle("make a buffer") { BIO_new(BIO_s_mem()) })
    } catch {
      BIO_free(incoming)
      throw error
    }
  }

  deinit { SSL_free(ssl) }

  /// Hands over what the peer sent.
  func receive(_ octets: UnsafeRawBufferPointer) {
    guard let base = octets.baseAddress, let count = Int32(exactly: octets.count), count > 0 else { return }
    // A memory buffer grows; it takes all or has no memory, in which case the handshake fails for want of input.
    _ = BIO_write(incoming, base, count)
  }

  /// What is to be sent to the peer now; empty when nothing is.
  func takeOutput() -> [UInt8] {
    let pending = Int(BIO_ctrl_pending(outgoing))
    guard pending > 0 else { return [] }
    return [UInt8](unsafeUninitializedCapacity: pending) { buffer, count in
      count = max(0, Int(BIO_read(outgoing, buffer.baseAddress, Int32(clamping: pending))))
    }
  }

  /// Goes on with the handshake as far as the input reaches.
  func handshake() -> Progress {
    ERR_clear_error()
    return progress("shake hands", SSL_do_handshake(ssl))
  }

  /// Takes out what the peer wrote.
  func read() -> (octets: [UInt8], progress: Progress) {
    ERR_clear_error()
    var progress = Progress.needsInput
    let octets = [UInt8](unsafeUninitializedCapacity: TLSEngine.readSize) { buffer, count in
      let result = SSL_read(ssl, buffer.baseAddress, Int32(buffer.count))
      count = max(0, Int(result))
      progress = self.progress("read", result)
    }
    return (octets, progress)
  }

  /// Encrypts octets for the peer.
  func write(_ octets: [UInt8]) -> Progress {
    guard let count = Int32(exactly: octets.count), count > 0 else { return .done }
    ERR_clear_error()
    return progress("write", SSL_write(ssl, octets, count))
  }

  /// Says `close_notify` (RFC 8446 section 6.1).
  func close() {
    ERR_clear_error()
    _ = SSL_shutdown(ssl)
    ERR_clear_error()
  }

  private func progress(_ operation: String, _ result: Int32) -> Progress {
    if result > 0 { return .done }
    // SSL_get_error reads the queue: nothing may stand between the call and it.
    switch SSL_get_error(ssl, result) {
    case SSL_ERROR_WANT_READ, SSL_ERROR_WANT_WRITE: return .needsInput
    case SSL_ERROR_ZERO_RETURN: return .closed
    default: return .failed(TLSFailure(OpenSSLError(draining: operation)))
    }
  }

  func withHandle<Result, Failure>(_ body: (OpaquePointer) throws(Failure) -> Result) throws(Failure) -> Result {
    try body(ssl)
  }
}
