import DNS

/// Why check_host() ends in "permerror", and the text at fault (RFC 7208 section 2.6.7).
public struct SPFError: Error, Hashable, Sendable {
  /// The most octets of a term that are kept as evidence; a term may be as long as a TXT record, 65,535 octets.
  public static let maximumTermLength = 256

  public enum Reason: String, Error, Hashable, Sendable {
    case invalidCharacter = "invalid-character"
    case unknownMechanism = "unknown-mechanism"
    case unexpectedArgument = "unexpected-argument"
    case missingArgument = "missing-argument"
    case invalidDomainSpec = "invalid-domain-spec"
    case invalidMacro = "invalid-macro"
    case macroForExplanationOnly = "macro-for-explanation-only"
    case invalidIP4 = "invalid-ip4"
    case invalidIP6 = "invalid-ip6"
    case invalidPrefixLength = "invalid-prefix-length"
    case invalidModifierName = "invalid-modifier-name"
    case qualifiedModifier = "qualified-modifier"
    case repeatedModifier = "repeated-modifier"
    case severalRecords = "several-records"
    case tooManyLookups = "too-many-lookups"
    case tooManyVoidLookups = "too-many-void-lookups"
    case tooManyMXNames = "too-many-mx-names"
    case loop = "loop"
    case noRecordAtTarget = "no-record-at-target"
    case malformedTarget = "malformed-target"
  }

  public let reason: Reason
  /// The term at fault as published, at most `maximumTermLength` octets; hostile text. For several records, the second.
  public let term: String
  /// The domain whose record holds the term; nil where only a record's text was read.
  public let domain: DomainName?

  public init(_ reason: Reason, term: String, domain: DomainName? = nil) {
    self.reason = reason
    self.term = term
    self.domain = domain
  }

  func found(at domain: DomainName) -> SPFError { SPFError(reason, term: term, domain: domain) }

  /// The first `maximumTermLength` octets as text, never cut inside a UTF-8 sequence.
  static func quote(_ octets: ArraySlice<UInt8>) -> String {
    guard octets.count > maximumTermLength else { return String(decoding: octets, as: UTF8.self) }
    var end = octets.startIndex + maximumTermLength
    // A UTF-8 sequence has at most three continuation octets (RFC 3629 section 3).
    for _ in 0..<3 where octets[end] & 0xc0 == 0x80 { end -= 1 }
    return String(decoding: octets[..<end], as: UTF8.self)
  }
}

extension SPFError.Reason: CustomStringConvertible {
  /// A phrase for people, without a full stop.
  public var description: String {
    switch self {
    case .invalidCharacter: "it holds an octet that is not printable ASCII"
    case .unknownMechanism: "there is no such mechanism"
    case .unexpectedArgument: "this mechanism takes no such argument"
    case .missingArgument: "what should follow the name is missing"
    case .invalidDomainSpec: "it names no domain: a dot and a top label that is not a number must end it"
    case .invalidMacro: "a macro is malformed"
    case .macroForExplanationOnly: "the macros c, r and t belong in explanation texts alone"
    case .invalidIP4: "it holds no IPv4 address"
    case .invalidIP6: "it holds no IPv6 address"
    case .invalidPrefixLength: "the prefix length is out of range or has a leading zero"
    case .invalidModifierName: "a modifier's name must begin with a letter"
    case .qualifiedModifier: "a modifier takes no qualifier"
    case .repeatedModifier: "this modifier stands in the record twice"
    case .severalRecords: "the domain publishes more than one SPF record"
    case .tooManyLookups: "the record causes more than \(SPFLimits.maximumLookups) look-ups"
    case .tooManyVoidLookups: "too many look-ups find nothing"
    case .tooManyMXNames: "the name has more than \(SPFLimits.maximumMXNames) MX records"
    case .loop: "the record leads back to itself"
    case .noRecordAtTarget: "the name that it refers to has no SPF record"
    case .malformedTarget: "what it refers to cannot be a DNS name"
    }
  }
}
