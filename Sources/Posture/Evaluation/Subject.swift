import DNS

/// What is assessed, with what is known of it beforehand.
public struct Subject: Hashable, Sendable {
  public let domain: DomainName
  /// The U-label form, where it differs.
  public let unicodeDomain: String?
  /// Names right below it belong to others, by the Public Suffix List.
  public let isPublicSuffix: Bool
  /// DKIM selectors that the domain is known to sign with.
  public let selectors: [String]
  public let assurance: Assurance?
  /// Where MX hosts listen; 25 but in a test network (RFC 5321 section 4.5.4.2).
  public let smtpPort: UInt16
  /// Where the domain is on the whitelist: until when it stays there while its checks end `unknown`.
  public let listedUntil: Timestamp?

  public init(
    domain: DomainName, unicodeDomain: String? = nil, isPublicSuffix: Bool = false, selectors: [String] = [],
    assurance: Assurance? = nil, smtpPort: UInt16 = 25, listedUntil: Timestamp? = nil
  ) {
    self.listedUntil = listedUntil
    self.domain = domain
    self.unicodeDomain = unicodeDomain
    self.isPublicSuffix = isPublicSuffix
    self.selectors = selectors
    self.assurance = assurance
    self.smtpPort = smtpPort
  }
}
