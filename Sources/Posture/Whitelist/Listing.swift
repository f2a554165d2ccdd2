import DNS

/// What a whitelist tells of a domain that is set up securely, in the terms a gateway needs to hold a delivery to it.
public struct Listing: Hashable, Sendable {
  /// What a gateway must insist on.
  public enum Policy: String, Hashable, Sendable {
    /// RFC 7672 without any way around it.
    case daneOnly = "dane-only"
    /// A certificate that chains to a trusted authority and names a host that `match` admits.
    case secure
  }

  /// What the entry rests on.
  public enum Basis: String, Hashable, Sendable {
    case dane
    case mtaSTS = "mta-sts"
    /// What the hosts showed when they were looked at: no promise of the owner's.
    case observed
  }

  public let domain: DomainName
  public let hosts: [DomainName]
  public let policy: Policy
  public let basis: Basis
  /// MX host names, or MTA-STS patterns (RFC 8461 section 3.2); never empty.
  public let match: [String]
  public let expiresAt: Timestamp

  /// Makes the entry that a record supports; nil unless its verdict is secure.
  public init?(_ record: PostureRecord) {
    guard record.verdict == .secure, !record.encryption.hosts.isEmpty else { return nil }
    domain = record.domain
    hosts = record.encryption.hosts.map(\.host)
    expiresAt = record.expiresAt
    // RFC 7672 section 2.2.1: mandatory DANE needs MX, address and TLSA records that are secure at every host; anything
    // else stops mail.
    let everyHostProvesItself = record.encryption.hosts.allSatisfy {
      $0.dane.status == .secure && $0.dane.usable > 0 && $0.dane.matches == true
    }
    // RFC 8461 section 2: DANE comes before MTA-STS.
    if everyHostProvesItself {
      policy = .daneOnly
      basis = .dane
      match = hosts.map(\.description)
      return
    }
    let sts = record.encryption.mtaSTS
    guard Listing.certificatesStand(record) else { return nil }
    policy = .secure
    if sts.status == .valid, sts.mode == .enforce, sts.coversEveryMX == true, !sts.patterns.isEmpty {
      basis = .mtaSTS
      match = sts.patterns
    } else {
      basis = .observed
      match = hosts.map(\.description)
    }
  }

  /// `secure` asks the web's PKI of every host: a host that passes by DANE alone while another has none cannot be put into
  /// one line that keeps mail flowing, so such a domain has no entry.
  private static func certificatesStand(_ record: PostureRecord) -> Bool {
    record.encryption.hosts.allSatisfy { host in
      host.endpoints.allSatisfy { $0.session == nil || $0.certificateValid == true }
    }
  }
}
