import DNS

/// What fetching `https://mta-sts.DOMAIN/.well-known/mta-sts.txt` brought (RFC 8461 section 3.3).
public struct PolicyFetch: Hashable, Sendable {
  public enum Outcome: Hashable, Sendable {
    /// An answer came over a verified connection, whatever its status.
    case response(status: Int, contentType: String?, body: [UInt8])
    case failure(Failure)
  }

  public struct Failure: Hashable, Sendable {
    public enum Kind: String, Hashable, Sendable, CaseIterable {
      /// No such host, a refused certificate, a body too large, an answer that is not HTTP: there is no valid policy.
      case invalid
      /// A time-out, a reset, a refused connection, a DNS failure: it could not be found out.
      case temporary
    }
    public let kind: Kind
    /// A phrase without a full stop; remote text in it is escaped and bounded.
    public let reason: String

    public init(kind: Kind, reason: String) {
      self.kind = kind
      self.reason = reason
    }
  }

  public let outcome: Outcome
  /// The last second at which the host's certificate and those above it hold; nil where no answer came over one, or where that
  /// was not noted yet.
  public let certificateEnd: Timestamp?

  public init(outcome: Outcome, certificateEnd: Timestamp? = nil) {
    self.outcome = outcome
    self.certificateEnd = certificateEnd
  }
}

/// What a policy fetch is done to: the host that the domain's policy lives at, at one of its addresses.
public struct PolicyFetchKey: Hashable, Sendable {
  /// `mta-sts.DOMAIN`.
  public let host: DomainName
  /// The addresses that the host resolved to, in the order they are tried.
  public let addresses: [IPAddress]

  public init(host: DomainName, addresses: [IPAddress]) {
    self.host = host
    self.addresses = addresses
  }
}
