import COpenSSL

/// Why a TLS session did not come about or did not go on.
public struct TLSFailure: Error, Hashable, Sendable {
  public enum Kind: Hashable, Sendable {
    /// The peer sent a fatal alert, or a version that we do not speak: it refuses.
    case refused
    /// What came is not TLS, or breaks its rules.
    case violation
    /// Text came where TLS should.
    case plaintext
    /// The alert, or our own state, says nothing about what the peer offers.
    case temporary
  }

  public let kind: Kind
  /// A phrase without a full stop.
  public let reason: String

  public init(kind: Kind, reason: String) {
    self.kind = kind
    self.reason = reason
  }

  /// Reads OpenSSL's errors. A received alert stands in the queue as its number and `SSL_AD_REASON_OFFSET`
  /// (SSL_get_error(3)).
  init(_ error: OpenSSLError) {
    let reasons = error.codes.map { ERR_GET_REASON(.init($0)) }
    let alerts = reasons.filter { (SSL_AD_REASON_OFFSET..<SSL_AD_REASON_OFFSET + 256).contains($0) }
    let phrase = error.reason ?? "no reason is known"
    if let alert = alerts.first.map({ $0 - SSL_AD_REASON_OFFSET }) {
      self.init(kind: TLSFailure.kind(ofAlert: alert), reason: "the server sent a fatal TLS alert: \(phrase)")
    } else if reasons.contains(where: TLSFailure.versionReasons.contains) {
      self.init(kind: .refused, reason: "the server answered with a version of TLS that was not offered")
    } else if error.codes.isEmpty || reasons.contains(where: { $0 & HALLMARK_ERR_RFLAG_FATAL != 0 }) {
      self.init(kind: .temporary, reason: "OpenSSL failed: \(phrase)")
    } else {
      self.init(kind: .violation, reason: "what the server sent is not TLS as it should be: \(phrase)")
    }
  }

  private static let versionReasons: Set<Int32> = [
    SSL_R_UNSUPPORTED_PROTOCOL, SSL_R_WRONG_SSL_VERSION, SSL_R_VERSION_TOO_LOW,
  ]

  /// RFC 8446 section 6: `internal_error` and `user_canceled` speak of the moment; every other fatal alert is an
  /// answer to what was offered.
  private static func kind(ofAlert alert: Int32) -> Kind {
    alert == SSL_AD_INTERNAL_ERROR || alert == SSL_AD_USER_CANCELLED ? .temporary : .refused
  }
}
