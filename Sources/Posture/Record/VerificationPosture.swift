import DNS
import EmailAuth

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
  public var status: RecordStatus
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
  public var status: RecordStatus
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
