/// One check: it looks at the facts and says what is not met. What that weighs is the standard's to say.
public protocol Check: Sendable {
  /// The requirements that it may find unmet, so that a standard which names another is refused.
  static var requirements: [Requirement] { get }
  static func observe(_ facts: Facts) -> [Observation]
}

/// All checks. A new one is a file beside this one, its name here, and a line in a standard.
public enum Checks {
  public static let all: [any (Check & SendableMetatype).Type] = [
    MailExchangerCheck.self,
    STARTTLSCheck.self,
    TLSVersionCheck.self,
    CipherCheck.self,
    CertificateCheck.self,
    CertificateKeyCheck.self,
    DANECheck.self,
    MTASTSCheck.self,
    TLSRPTCheck.self,
    DNSSECCheck.self,
    SPFCheck.self,
    DMARCCheck.self,
    ReportAddressCheck.self,
    CISAReportCheck.self,
    DKIMCheck.self,
    PublicSuffixCheck.self,
    ParkedDomainCheck.self,
    IPv6Check.self,
    AssuranceCheck.self,
    WhitelistCheck.self,
  ]

  /// What is worth saying of a name even though no mail goes there or comes from there.
  static let withoutMail: [any (Check & SendableMetatype).Type] = [PublicSuffixCheck.self]

  /// The places in `all` of those that may find something which the rules name; what the others find would be dropped.
  static func places(askedBy rules: [Requirement: Standard.Rule]) -> [Int] {
    all.indices.filter { all[$0].requirements.contains { rules[$0] != nil } }
  }

  /// What is to be looked at.
  static func asked(by standard: Standard, withMail: Bool) -> [any (Check & SendableMetatype).Type] {
    withMail ? standard.checks.map { all[$0] } : withoutMail
  }

  /// Every requirement by its id.
  public static let requirements: [String: Requirement] = {
    let pairs = all.flatMap { $0.requirements }.map { ($0.id, $0) }
    return Dictionary(pairs, uniquingKeysWith: { first, _ in first })
  }()
}
