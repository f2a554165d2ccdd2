import DNS

/// What an endpoint's evidence is shared by: a thousand domains with one MX host have one piece of evidence.
public struct EndpointKey: Hashable, Sendable {
  public let address: IPAddress
  public let port: UInt16
  /// The name given as SNI, against which the certificate is verified.
  public let serverName: DomainName

  public init(address: IPAddress, port: UInt16, serverName: DomainName) {
    self.address = address
    self.port = port
    self.serverName = serverName
  }
}

extension EndpointKey: CustomStringConvertible {
  public var description: String { "\(serverName) [\(address)]:\(port)" }
}

/// The versions of TLS that can be told apart from outside, oldest first.
public enum TLSVersion: String, Hashable, Sendable, CaseIterable, Comparable {
  case tls10 = "TLSv1"
  case tls11 = "TLSv1.1"
  case tls12 = "TLSv1.2"
  case tls13 = "TLSv1.3"

  private var order: Int {
    switch self {
    case .tls10: 0
    case .tls11: 1
    case .tls12: 2
    case .tls13: 3
    }
  }

  public static func < (lhs: TLSVersion, rhs: TLSVersion) -> Bool { lhs.order < rhs.order }
}

/// Where a dialogue with an MX endpoint ended before its end.
public enum ProbeStage: String, Hashable, Sendable, CaseIterable {
  case connect, banner, ehlo, starttls, handshake
}

/// Why a dialogue ended early. The kind says what follows from it; the reason is for people.
public struct ProbeFailure: Hashable, Sendable {
  public enum Kind: String, Hashable, Sendable, CaseIterable {
    /// The endpoint says that it does not do this: a 5xx answer, STARTTLS not offered, a fatal TLS alert. Proof.
    case refused
    /// A time-out, a reset, a 4xx answer, a close: it may well be otherwise next time. No proof.
    case temporary
    /// This machine has no route of that family. No evidence about the endpoint at all.
    case noRoute
    /// The address is special-purpose and the address policy forbids to contact it.
    case forbiddenAddress
    /// What came is not SMTP or not TLS, or went beyond a bound: a working endpoint does not do that. Proof.
    case protocolViolation
  }

  public let stage: ProbeStage
  public let kind: Kind
  /// A phrase without a full stop; remote text in it is escaped and bounded.
  public let reason: String
  /// The reply that ended the dialogue, where there was one, escaped and bounded.
  public let reply: String?

  public init(stage: ProbeStage, kind: Kind, reason: String, reply: String? = nil) {
    self.stage = stage
    self.kind = kind
    self.reason = reason
    self.reply = reply
  }
}

/// How the certificate of an authority below the anchor is signed.
public struct AuthoritySignature: Hashable, Sendable {
  /// The authority's name in RFC 2253 form, escaped and bounded.
  public let subject: String
  /// The signature algorithm, such as `sha1WithRSAEncryption`.
  public let signature: String

  public init(subject: String, signature: String) {
    self.subject = subject
    self.signature = signature
  }
}

/// What the first certificate says and how the chain did, as OpenSSL saw it when the endpoint was probed.
public struct CertificateFacts: Hashable, Sendable {
  /// A subjectAltName of type dNSName names the server name (RFC 9525 section 6.3; the common name never counts).
  public let matchesName: Bool
  /// The chain ends at a trusted authority, dates left aside.
  public let chainTrusted: Bool
  /// Why the chain is not trusted, in OpenSSL's words.
  public let chainError: String?
  /// The subjectAltName dNSNames, escaped, at most 100.
  public let subjectNames: [String]
  /// The issuer's name in RFC 2253 form, escaped and bounded.
  public let issuer: String
  /// The subject's name in RFC 2253 form, escaped and bounded.
  public let subject: String
  public let notBefore: Timestamp
  public let notAfter: Timestamp
  /// The earliest notAfter among the certificates of the chain that was verified; the leaf's where none was.
  public let chainNotAfter: Timestamp
  /// The kind of key, such as `RSA`, `EC`, `Ed25519`.
  public let key: String
  public let bits: Int
  /// The signature algorithm, such as `ecdsa-with-SHA256`.
  public let signature: String
  /// How the authorities between the certificate and the anchor are signed, in the order of the path that was verified; where
  /// there is none, of the certificates that were sent. The anchor's own signature is nobody's to check (RFC 5280 section 6.1).
  /// nil where it was not looked at.
  public let authorities: [AuthoritySignature]?
  public let selfSigned: Bool

  public init(
    matchesName: Bool, chainTrusted: Bool, chainError: String?, subjectNames: [String], issuer: String,
    subject: String, notBefore: Timestamp, notAfter: Timestamp, chainNotAfter: Timestamp, key: String, bits: Int,
    signature: String, authorities: [AuthoritySignature]? = nil, selfSigned: Bool
  ) {
    self.matchesName = matchesName
    self.chainTrusted = chainTrusted
    self.chainError = chainError
    self.subjectNames = subjectNames
    self.issuer = issuer
    self.subject = subject
    self.notBefore = notBefore
    self.notAfter = notAfter
    self.chainNotAfter = chainNotAfter
    self.key = key
    self.bits = bits
    self.signature = signature
    self.authorities = authorities
    self.selfSigned = selfSigned
  }

  /// The last second at which the certificate and those above it hold.
  public var end: Timestamp { min(notAfter, chainNotAfter) }
}

/// A TLS session that came about.
public struct TLSSession: Hashable, Sendable {
  public let version: TLSVersion
  /// The cipher suite by its IANA name.
  public let cipher: String
  /// The key exchange was ephemeral (RFC 9325 section 4.1).
  public let forwardSecrecy: Bool
  /// The suite is anonymous, or of a broken cipher (NULL, EXPORT, RC4, DES, 3DES, MD5).
  public let weakCipher: Bool
  /// The certificates in the order they came, DER; at most 10 and 64 KiB in all. They stay, so that a new TLSA record can be
  /// matched without asking the endpoint again. Empty for an anonymous suite.
  public let chain: [[UInt8]]
  /// nil for an anonymous suite.
  public let certificate: CertificateFacts?

  public init(
    version: TLSVersion, cipher: String, forwardSecrecy: Bool, weakCipher: Bool, chain: [[UInt8]],
    certificate: CertificateFacts?
  ) {
    self.version = version
    self.cipher = cipher
    self.forwardSecrecy = forwardSecrecy
    self.weakCipher = weakCipher
    self.chain = chain
    self.certificate = certificate
  }
}

/// What one ordinary connection to an MX endpoint showed.
public struct EndpointObservation: Hashable, Sendable {
  /// The TCP connection came about.
  public let connected: Bool
  /// The greeting and what EHLO said of itself, first lines, escaped and bounded.
  public let greeting: String?
  /// EHLO offered STARTTLS; nil when the dialogue did not come so far.
  public let starttlsOffered: Bool?
  public let session: TLSSession?
  /// Octets came in the clear behind the answer to STARTTLS (RFC 3207 section 4.2; CVE-2011-0411).
  public let injectedPlaintext: Bool
  public let failure: ProbeFailure?

  public init(
    connected: Bool, greeting: String? = nil, starttlsOffered: Bool? = nil, session: TLSSession? = nil,
    injectedPlaintext: Bool = false, failure: ProbeFailure? = nil
  ) {
    self.connected = connected
    self.greeting = greeting
    self.starttlsOffered = starttlsOffered
    self.session = session
    self.injectedPlaintext = injectedPlaintext
    self.failure = failure
  }
}

extension ProbeFailure {
  /// The server says that it has had enough of us for now: a 4yz reply (RFC 5321 section 4.2.1), 421 above all.
  public var isRequestToWait: Bool { kind == .temporary && reply?.hasPrefix("4") == true }

  /// It came before the server could know which of its names was meant, so that it holds for all of them.
  public var isOfTheAddress: Bool {
    switch stage {
    case .connect: kind == .temporary || kind == .refused
    case .banner: true
    case .ehlo, .starttls, .handshake: false
    }
  }
}
