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

  /// Whether it answered: a host is judged by the endpoints that did.
  public var answers: Bool { state != .unanswered && state != .noRoute }
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
    offered = EndpointFacts.offered(best: observed?.value.session?.version, versions)
  }

  private static func offered(best: TLSVersion?, _ versions: VersionsObservation?) -> [TLSVersion] {
    guard let best else { return [] }
    guard let told = versions?.offeredInOrder else { return [best] }
    return told.contains(best) ? told : (told + [best]).sorted()
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
