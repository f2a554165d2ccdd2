import NIOCore
import NIOHTTP1

/// What one peer may take of the server. RFC 9110 and 9112 leave each of these to the server.
public struct HTTPLimits: Hashable, Sendable {
  /// Bytes of a request body; beyond it 413 (RFC 9110 section 15.5.14).
  public var body = 1 << 20
  /// Bytes of one header field; beyond it 431 (RFC 6585 section 5).
  public var headerField = 16 << 10
  /// Bytes of the request target and all header fields together.
  public var headerList = 32 << 10
  public var headerFields = 100
  /// Connections at once; one more is told 503.
  public var connections = 10_000
  /// Requests at once that could not be answered at once; one more is told 503.
  public var waiting = 2_000
  /// The same for one caller (a token's name, else an address); one more is told 429 (RFC 6585 section 4).
  public var waitingOfOne = 500
  /// Requests on one connection, after which it is closed.
  public var requestsOfConnection = 1_000_000
  /// From the opening, or the last answer, to the end of the next request head.
  public var idle = TimeAmount.seconds(60)
  /// From the opening to the end of the first request head, the TLS handshake included.
  public var firstHead = TimeAmount.seconds(15)
  /// From the end of a head to the end of its body.
  public var bodyArrival = TimeAmount.seconds(30)
  /// How long the peer may take nothing of what is sent to it.
  public var stalledWrite = TimeAmount.seconds(30)
  /// How long the rest of a refused request is taken in, so that the peer can read the refusal (RFC 9112 section 9.6).
  public var linger = TimeAmount.seconds(2)
  /// The longest deadline that a caller can set.
  public var deadline = Duration.seconds(86_400)

  public init() {}

  var decoder: NIOHTTPDecoderLimitConfiguration {
    var limits = NIOHTTPDecoderLimitConfiguration()
    limits.maxHeaderFieldSize = headerField
    limits.maxHeaderListSize = headerList
    limits.maxHeaderFieldCount = headerFields
    return limits
  }
}
