import DNS

/// What an endpoint's evidence is shared by: a thousand domains with one MX host have one piece of evidence.
public struct EndpointKey: Hashable, Sendable {
  public let address: IPAddress
  public let port: UInt16
  /// The name given as SNI, against which the certificate is verified.
  public let serverName: DomainName

  public init(address: IPAddress, port: UInt16, serverName: DomainName) {
    self.address = address
    self.port = port
    self.serverName = serverName
  }
}

extension EndpointKey: CustomStringConvertible {
  public var description: String { "\(serverName) [\(address)]:\(port)" }
}

/// What one ordinary connection to an MX endpoint showed.
///
/// A reference to what never changes, since it goes through many hands and each copy would count a dozen texts.
public final class EndpointObservation: Equatable, Sendable {
  /// The TCP connection came about.
  public let connected: Bool
  /// The greeting and what EHLO said of itself, first lines, escaped and bounded.
  public let greeting: String?
  /// EHLO offered STARTTLS; nil when the dialogue did not come so far.
  public let starttlsOffered: Bool?
  public let session: TLSSession?
  /// Octets came in the clear behind the answer to STARTTLS (RFC 3207 section 4.2; CVE-2011-0411).
  public let injectedPlaintext: Bool
  public let failure: ProbeFailure?

  public init(
    connected: Bool, greeting: String? = nil, starttlsOffered: Bool? = nil, session: TLSSession? = nil,
    injectedPlaintext: Bool = false, failure: ProbeFailure? = nil
  ) {
    self.connected = connected
    self.greeting = greeting
    self.starttlsOffered = starttlsOffered
    self.session = session
    self.injectedPlaintext = injectedPlaintext
    self.failure = failure
  }

  public static func == (lhs: EndpointObservation, rhs: EndpointObservation) -> Bool {
    lhs === rhs
      || (lhs.connected, lhs.greeting, lhs.starttlsOffered, lhs.session, lhs.injectedPlaintext, lhs.failure)
        == (rhs.connected, rhs.greeting, rhs.starttlsOffered, rhs.session, rhs.injectedPlaintext, rhs.failure)
  }
}
