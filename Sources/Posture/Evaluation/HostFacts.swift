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

  /// Whether one endpoint answered at least.
  public var answers: Bool { endpoints.contains(where: \.answers) }

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
