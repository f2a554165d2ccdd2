import DNS
import EmailAuth

/// Where mail for a domain goes (RFC 5321 section 5.1).
public struct MailRoute: Hashable, Sendable {
  /// The most MX hosts that are looked at. RFC 5321 sets no bound; a sender tries a handful, and each host costs connections.
  public static let maximumExchangers = 20

  public enum Kind: Hashable, Sendable {
    case explicit
    /// No MX record: the domain's own addresses (RFC 5321 section 5.1).
    case implicit
    /// RFC 7505: the domain takes no mail.
    case null
    /// Neither MX nor address; `exists` tells NODATA from NXDOMAIN.
    case none(exists: Bool)
    case unknown(LookupFailure)
    /// The evidence is not at hand yet.
    case pending
  }

  public struct Exchanger: Hashable, Sendable {
    public let host: DomainName
    public let preference: UInt16
  }

  public let kind: Kind
  /// By preference, then by name; each host once.
  public let exchangers: [Exchanger]
  /// How many were left out by `maximumExchangers`.
  public let leftOut: Int
  public let security: SecurityStatus

  private init(_ kind: Kind, _ exchangers: [Exchanger] = [], leftOut: Int = 0, security: SecurityStatus) {
    self.kind = kind
    self.exchangers = exchangers
    self.leftOut = leftOut
    self.security = security
  }

  /// - Parameter mx: the answer to the domain's MX question; nil while it is not at hand.
  static func find(_ domain: DomainName, mx answer: Answer?, in reader: inout EvidenceReader) -> MailRoute {
    guard let answer else {
      return MailRoute(.pending, security: .indeterminate)
    }
    switch answer.outcome {
    case .failure(let failure): return MailRoute(.unknown(failure), security: answer.security)
    case .noSuchName: return MailRoute(.none(exists: false), security: answer.security)
    case .noSuchType: return implicit(domain, mx: answer, in: &reader)
    case .found(let records): return explicit(records, security: answer.security)
    }
  }

  private static func explicit(_ records: [RecordData], security: SecurityStatus) -> MailRoute {
    let best = bestOfEach(records)
    // RFC 7505 section 3: the null MX stands alone. Beside others it names no host, and the others are used.
    if best.count == 1, best[0].host.isRoot { return MailRoute(.null, security: security) }
    let sorted = best.filter { !$0.host.isRoot }.sorted { ($0.preference, $0.host) < ($1.preference, $1.host) }
    return MailRoute(
      .explicit, Array(sorted.prefix(maximumExchangers)), leftOut: max(0, sorted.count - maximumExchangers),
      security: security)
  }

  /// Each host once, with its best preference.
  private static func bestOfEach(_ records: [RecordData]) -> [Exchanger] {
    var exchangers: [Exchanger] = []
    exchangers.reserveCapacity(records.count)
    for case .mx(let preference, let exchange) in records {
      exchangers.append(Exchanger(host: exchange, preference: preference))
    }
    // Those of one host stand together, the best first.
    exchangers.sort { ($0.host.description, $0.preference) < ($1.host.description, $1.preference) }
    exchangers.removeRepetitions(of: \.host)
    return exchangers
  }

  private static func implicit(_ domain: DomainName, mx: Answer, in reader: inout EvidenceReader) -> MailRoute {
    let answers = AddressAnswers(of: domain, in: &reader)
    if answers.haveAddresses {
      return MailRoute(.implicit, [Exchanger(host: domain, preference: 0)], security: mx.security)
    }
    guard answers.areWhole else { return MailRoute(.pending, security: .indeterminate) }
    if let failure = answers.failure { return MailRoute(.unknown(failure), security: mx.security) }
    return MailRoute(.none(exists: true), security: mx.security)
  }
}
