import DNS
import EmailAuth

/// What keeps mail to the domain from being read on its way.
public struct EncryptionPosture: Equatable, Sendable {
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
public struct MXHostPosture: Equatable, Sendable {
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
public struct EndpointPosture: Equatable, Sendable {
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
  public var status: RecordStatus
  public var id: String?
  public var mode: MTASTSPolicy.Mode?
  public var maxAge: Int?
  public var patterns: [String]
  public var coversEveryMX: Bool?
  public var error: String?
  /// Of a valid policy: the last second at which the policy host's certificate holds.
  public var certificateEnd: Timestamp?
  /// The policy is another than before, and its id is the same.
  public var changedUnderID = false
}

/// Whether failures of TLS are reported to the domain, and where to (RFC 8460).
public struct TLSRPTPosture: Hashable, Sendable {
  public var status: RecordStatus
  public var record: String?
  public var rua: [String]
  public var error: String?
}
