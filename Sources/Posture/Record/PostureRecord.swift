import DNS

/// The verdict on a domain as a whole.
public enum Verdict: String, Hashable, Sendable, CaseIterable {
  /// Every requirement of the standard is met.
  case secure
  /// Some requirement is proved unmet.
  case insecure
  /// None is proved unmet, and some could not be determined.
  case unknown
  /// The domain takes no mail and sends none.
  case noMail = "no-mail"
}

/// The verdict on one section of a record.
public enum SectionVerdict: String, Hashable, Sendable, CaseIterable {
  case pass, fail, unknown
  case notApplicable = "not-applicable"
}

/// Everything that is known of a domain's e-mail security at one time, held against one standard.
public struct PostureRecord: Equatable, Sendable {
  public var domain: DomainName
  public var unicodeDomain: String?
  public var standard: String
  public var verdict: Verdict
  public var encryption: EncryptionPosture
  public var verification: VerificationPosture
  public var assurance: AssurancePosture
  public var dnssec: DNSSECState
  public var findings: [Finding]
  public var checkedAt: Timestamp
  public var expiresAt: Timestamp
}

/// What DNSSEC makes of the domain's own records.
public enum DNSSECState: String, Hashable, Sendable {
  case secure, insecure, bogus, unknown
}
