/// What the evidence amounts to, before any standard weighs it.
public struct Facts: Sendable {
  public let subject: Subject
  /// The moment that dates are held against.
  public let now: Timestamp
  public let route: MailRoute
  public var encryption: EncryptionPosture
  public let hosts: [HostFacts]
  /// Those of all hosts.
  public let endpoints: [EndpointFacts]
  public var spf: SPFPosture
  public var spfNotes: [String]
  public var dmarc: DMARCPosture
  public var dmarcNotes: [String]
  /// Both alignments of the DMARC record that applies are strict; nil where none applies.
  public var dmarcAlignmentStrict: Bool?
  /// The domain's own DMARC record says psd=y.
  public var dmarcDeclaresPublicSuffix: Bool
  public var dkim: [DKIMKeyPosture]
  public var dkimFound: [DKIMKeyPosture]
  public var dkimPublished: Bool?
  /// Every selector answers with a revoked key; nil where it could not be told.
  public var dkimWildcardRevoked: Bool?
  public var assurance: AssurancePosture
  public var dnssec: DNSSECState
}
