import DNS
import EmailAuth

/// What is known of one MX host: its addresses, DANE, and what its endpoints showed.
public struct HostFacts: Sendable {
  /// The most addresses of one host that are looked at. RFC 5321 section 5.1 sets no bound.
  public static let maximumAddresses = 16
  /// How long a host may answer nobody before it no longer holds a domain's verdict up, in seconds: seven days.
  public static let deadAfter: Int64 = 7 * 86_400

  public enum Addresses: Hashable, Sendable {
    case found
    /// Proved to have none.
    case none
    case unknown(LookupFailure)
    case pending
  }

  public let host: DomainName
  public let preference: UInt16
  public let addresses: Addresses
  /// The host's name is an alias, which RFC 5321 section 5.1 and RFC 2181 section 10.3 forbid.
  public let aliasOf: DomainName?
  public let dane: DANEPosture
  public let daneReason: String?
  public let endpoints: [EndpointFacts]
  /// How many addresses were left out by `maximumAddresses`.
  public let leftOut: Int

  /// The endpoints that answered: a host is judged by these.
  public var answering: [EndpointFacts] { endpoints.filter { $0.state != .unanswered && $0.state != .noRoute } }

  /// Whether a DANE record stands in the place of the certificate checks at every endpoint that answered.
  public var isAuthenticatedByDANE: Bool {
    dane.status == .secure && dane.usable > 0 && dane.matches == true
  }

  /// Whether nobody answered, for a week without a break.
  public func isDead(at now: Timestamp) -> Bool {
    !endpoints.isEmpty
      && endpoints.allSatisfy { endpoint in
        endpoint.state == .unanswered && endpoint.failingSince.map { now - $0 >= HostFacts.deadAfter } ?? false
      }
  }
}

/// What one address of an MX host showed.
///
/// A reference, since every check goes over all endpoints and each holds a certificate's worth of texts.
public final class EndpointFacts: Sendable {
  public enum State: Hashable, Sendable {
    case pending
    /// No connection, or a connection on which nothing came.
    case unanswered
    /// This machine cannot reach that family; no evidence.
    case noRoute
    /// It answered, and whether TLS works there could not be told.
    case undetermined
    /// Proof that STARTTLS does not work.
    case noTLS
    case tls
  }

  public let key: EndpointKey
  public let state: State
  public let observation: EndpointObservation?
  public let failingSince: Timestamp?
  public let versions: VersionsObservation?
  /// The versions of TLS that a handshake came about with, oldest first.
  public let offered: [TLSVersion]
  public let daneMatch: DANEMatch?
  /// A usable TLSA record of an all-secure chain of look-ups matched here, and so stands in the certificate's place.
  public let isAuthenticatedByDANE: Bool

  public var session: TLSSession? { observation?.session }
  public var certificate: CertificateFacts? { session?.certificate }
  /// The host and address, as findings name them.
  public var name: String { "\(key.serverName) [\(key.address)]" }

  init(
    _ key: EndpointKey, _ state: State, _ observed: Observed<EndpointObservation>? = nil,
    versions: VersionsObservation? = nil, daneMatch: DANEMatch? = nil, isAuthenticatedByDANE: Bool = false
  ) {
    self.key = key
    self.state = state
    observation = observed?.value
    failingSince = observed?.failingSince
    self.versions = versions
    self.daneMatch = daneMatch
    self.isAuthenticatedByDANE = isAuthenticatedByDANE
    let best = observed?.value.session?.version
    offered =
      best == nil ? [] : TLSVersion.allCases.filter { $0 == best || versions?.offered.contains($0) == true }
  }

  static func state(of observation: EndpointObservation) -> State {
    // RFC 3207 section 4.2: whatever became of the handshake, text was in the clear where none may be.
    if observation.injectedPlaintext { return .noTLS }
    if observation.session != nil { return .tls }
    guard let failure = observation.failure else { return .undetermined }
    if failure.kind == .noRoute { return .noRoute }
    switch failure.stage {
    case .connect: return .unanswered
    case .banner:
      // Nothing came, or the connection went away: it answers nobody. Any reply, 421 and 554 included, is an answer, which
      // may be meant for us alone; it says nothing about STARTTLS.
      return failure.reply == nil && failure.kind == .temporary ? .unanswered : .undetermined
    case .ehlo where failure.kind == .refused:
      // Neither EHLO nor HELO was taken: it will not talk to us, which says nothing about STARTTLS.
      return .undetermined
    case .ehlo, .starttls, .handshake:
      return failure.kind == .refused || failure.kind == .protocolViolation ? .noTLS : .undetermined
    }
  }
}
