/// How a server listens, and whom it answers.
public struct HTTPServerConfiguration: Sendable {
  /// PEM files; both are read again by `HTTPServer.reload`.
  public struct TLSFiles: Hashable, Sendable {
    public let certificate: String
    public let key: String

    public init(certificate: String, key: String) {
      self.certificate = certificate
      self.key = key
    }
  }

  /// An address, or a name that stands for one.
  public var address: String
  /// 0: any that is free.
  public var port: Int
  public var tls: TLSFiles?
  /// nil: every caller may do all, which only a listener on loopback may grant.
  public var tokens: TokenTable?
  /// Something before it speaks TLS: plain HTTP beyond loopback is then allowed.
  public var isBehindProxy = false
  /// Names by which callers on this machine may call it, beside those of loopback.
  public var hosts: Set<String> = []
  public var limits = HTTPLimits()
  /// Who signed in at the pages; without it there is no signing in.
  public var sessions: Sessions?
  /// Where requests are counted.
  var metrics: Metrics?
  /// Told of every answer, on the event loop.
  public var observer: (@Sendable (AccessRecord) -> Void)?

  public init(address: String = "127.0.0.1", port: Int = 8460) {
    self.address = address
    self.port = port
  }
}
