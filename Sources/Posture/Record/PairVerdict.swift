import DNS

/// Whether mail from one domain to another would be secure.
public struct PairVerdict: Hashable, Sendable {
  public enum TransportGrade: String, Hashable, Sendable {
    /// Every MX proves itself, and no one on the path can force plaintext.
    case authenticated
    /// TLS 1.2 or better at every MX, but a downgrade is possible.
    case encrypted
    /// TLS below 1.2, or a broken cipher, at some MX.
    case weak
    /// Some MX has no working STARTTLS.
    case plaintext
    /// No MX takes the mail, or a policy forbids them all.
    case undeliverable
    case unknown
  }

  public enum Mechanism: String, Hashable, Sendable {
    case dane
    case mtaSTS = "mta-sts"
  }

  public enum VerificationGrade: String, Hashable, Sendable {
    /// A forgery of the sender would be refused or put aside.
    case enforced
    /// It would be reported at the most.
    case monitored
    case none
    case unknown
  }

  public struct Transport: Hashable, Sendable {
    public let grade: TransportGrade
    public let mechanism: Mechanism?
    /// The lowest of the best versions of the hosts; nil where some host has none.
    public let tls: TLSVersion?
    public let hosts: [DomainName]
    public let reason: String
  }

  public struct Verification: Hashable, Sendable {
    public let grade: VerificationGrade
    public let reason: String
  }

  public let sender: DomainName
  public let recipient: DomainName
  public let standard: String
  /// nil: it could not be determined.
  public let secure: Bool?
  public let transport: Transport
  public let verification: Verification
  public let assurance: AssurancePosture.Verdict
  public let findings: [Finding]
  public let checkedAt: Timestamp
  public let expiresAt: Timestamp

  public init(
    sender: PostureRecord, recipient: PostureRecord, transport: Transport, verification: Verification
  ) {
    self.sender = sender.domain
    self.recipient = recipient.domain
    standard = recipient.standard
    self.transport = transport
    self.verification = verification
    assurance = recipient.assurance.verdict
    secure = PairVerdict.secure(recipient.encryption.verdict, verification.grade)
    // What matters to the pair: how the recipient's servers take mail, and whether the sender can be forged.
    findings =
      recipient.findings.filter { $0.section != .verification } + sender.findings.filter { $0.section == .verification }
    checkedAt = min(sender.checkedAt, recipient.checkedAt)
    expiresAt = min(sender.expiresAt, recipient.expiresAt)
  }

  private static func secure(_ encryption: SectionVerdict, _ verification: VerificationGrade) -> Bool? {
    if encryption == .fail || encryption == .notApplicable { return false }
    if verification == .monitored || verification == .none { return false }
    return encryption == .pass && verification == .enforced ? true : nil
  }
}
