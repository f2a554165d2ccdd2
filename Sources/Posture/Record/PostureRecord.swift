import DNS
import EmailAuth

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
public struct PostureRecord: Hashable, Sendable {
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

/// What keeps mail to the domain from being read on its way.
public struct EncryptionPosture: Hashable, Sendable {
  public var verdict: SectionVerdict
  public var nullMX: Bool
  public var implicitMX: Bool
  /// Whether mail can be sent to the domain at all; nil when it could not be determined.
  public var takesMail: Bool?
  public var hosts: [MXHostPosture]
  public var mtaSTS: MTASTSPosture
  public var tlsRPT: TLSRPTPosture
}

/// A host that takes the mail of a domain, with every address of it that was looked at.
public struct MXHostPosture: Hashable, Sendable {
  public var host: DomainName
  public var preference: UInt16
  /// It is proved that the host has no address.
  public var hasNoAddress: Bool
  /// It has answered nobody for so long that it no longer counts where another host answers.
  public var isDead: Bool
  /// Why nothing more is known of the host.
  public var error: String?
  public var dane: DANEPosture
  public var endpoints: [EndpointPosture]
}

/// Whether the TLSA records of a host bind whoever sends to it (RFC 7672).
public struct DANEPosture: Hashable, Sendable {
  public enum Status: String, Hashable, Sendable {
    case secure, insecure, bogus, none, unknown
  }
  public var status: Status
  /// Records that a client for SMTP may use (RFC 7672 section 3.1).
  public var usable: Int
  /// A usable record matched at every endpoint that answered; nil when there was nothing to match.
  public var matches: Bool?
}

/// One address of an MX host, and what a session with it showed.
public struct EndpointPosture: Hashable, Sendable {
  public var address: IPAddress
  /// Something came from there, so that the host is judged by it.
  public var answers: Bool
  /// nil where this machine has no route of that family.
  public var reachable: Bool?
  /// A TLS session came about; nil when it could not be determined.
  public var starttls: Bool?
  public var failure: ProbeFailure?
  public var session: TLSSession?
  public var offered: [TLSVersion]
  /// The certificate stands by the rules of the web's PKI: dates, chain and name (nil where there is none).
  public var certificateValid: Bool?
  public var certificateReason: String?
  /// A usable TLSA record matched here; nil where there was nothing to match.
  public var daneMatches: Bool?
}

/// The record and the policy of MTA-STS (RFC 8461).
public struct MTASTSPosture: Hashable, Sendable {
  /// The policy is another than before, and its id is the same.
  public var changedUnderID = false
  public enum Status: String, Hashable, Sendable {
    case valid, invalid, none, unknown
  }
  public var status: Status
  public var id: String?
  public var mode: MTASTSPolicy.Mode?
  public var maxAge: Int?
  public var patterns: [String]
  public var coversEveryMX: Bool?
  public var error: String?
  /// Of a valid policy: the last second at which the policy host's certificate holds.
  public var certificateEnd: Timestamp?
}

/// Whether failures of TLS are reported to the domain, and where to (RFC 8460).
public struct TLSRPTPosture: Hashable, Sendable {
  public enum Status: String, Hashable, Sendable {
    case valid, invalid, none, unknown
  }
  public var status: Status
  public var record: String?
  public var rua: [String]
  public var error: String?
}

/// What lets receivers tell the domain's mail from a forgery.
public struct VerificationPosture: Hashable, Sendable {
  public var verdict: SectionVerdict
  public var spf: SPFPosture
  public var dmarc: DMARCPosture
  public var dkim: [DKIMKeyPosture]
  public var dkimPublished: Bool?
}

/// The SPF record with all that it includes (RFC 7208).
public struct SPFPosture: Hashable, Sendable {
  public enum Status: String, Hashable, Sendable {
    case valid, invalid, none, unknown
  }
  public var status: Status
  public var record: String?
  /// The qualifier of the `all` that a receiver reaches; nil where it reaches none, which means neutral.
  public var all: String?
  /// Whether `all` is the last word; false where a redirect could not be followed.
  public var allDetermined: Bool
  public var lookups: Int?
  public var voidLookups: Int?
  public var error: String?
  public var errorTerm: String?
  /// The record is `-all` and nothing else: the domain sends no mail.
  public var sendsNothing: Bool
}

/// The DMARC record that holds for the domain, its own or inherited (RFC 9989).
public struct DMARCPosture: Hashable, Sendable {
  public enum Status: String, Hashable, Sendable {
    case valid, invalid, none, unknown
  }
  public var status: Status
  public var record: String?
  public var foundAt: DomainName?
  public var policy: DMARCPolicy?
  public var testing: Bool?
  public var effectivePolicy: DMARCPolicy?
  public var subdomainPolicy: DMARCPolicy?
  public var nonexistentPolicy: DMARCPolicy?
  public var rua: [String]
  public var error: String?
}

/// A DKIM key at a selector (RFC 6376 section 3.6).
public struct DKIMKeyPosture: Hashable, Sendable {
  public enum Status: String, Hashable, Sendable {
    case valid, revoked, invalid, none, unknown
  }
  public var selector: String
  public var status: Status
  public var keyType: String?
  public var bits: Int?
  public var testing: Bool?
  public var error: String?
}

/// An assessment that someone entered: who says that the mail is looked after, by which reference, until when.
public struct Assurance: Hashable, Sendable {
  public let scheme: String
  public let reference: String
  public let validUntil: Timestamp

  public init(scheme: String, reference: String, validUntil: Timestamp) {
    self.scheme = scheme
    self.reference = reference
    self.validUntil = validUntil
  }
}

/// What somebody vouched for, and until when.
public struct AssurancePosture: Hashable, Sendable {
  public enum Verdict: String, Hashable, Sendable {
    case current, expired, none
  }
  public var verdict: Verdict
  public var assurance: Assurance?
}
