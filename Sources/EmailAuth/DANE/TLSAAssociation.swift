import DNS

/// A TLSA record that a client for SMTP can use (RFC 6698 section 2.1, RFC 7672 section 3.1).
public struct TLSAAssociation: Hashable, Sendable {
  /// RFC 7672 section 3.1: usages 0 and 1, PKIX-TA and PKIX-EE, are not usable for SMTP.
  public enum Usage: UInt8, Hashable, Sendable {
    /// DANE-TA: the record names a trust anchor; names and dates count (RFC 7672 section 3.1.2).
    case trustAnchor = 2
    /// DANE-EE: the record names the server's own certificate or key; names and dates do not count (RFC 7672 section
    /// 3.1.1).
    case endEntity = 3
  }

  public enum Selector: UInt8, Hashable, Sendable {
    case certificate = 0
    /// The SubjectPublicKeyInfo.
    case publicKey = 1
  }

  public enum MatchingType: UInt8, Hashable, Sendable {
    case full = 0
    case sha256 = 1
    case sha512 = 2
  }

  /// Why a record cannot be used. A client must treat it as if it were not there, except that TLS stays mandatory
  /// (RFC 7672 section 2.2).
  public enum Unusable: String, Error, Hashable, Sendable, CaseIterable {
    /// PKIX-TA or PKIX-EE (RFC 7672 section 3.1.3).
    case pkixUsage = "pkix-usage"
    case unknownUsage = "unknown-usage"
    case unknownSelector = "unknown-selector"
    case unknownMatchingType = "unknown-matching-type"
    /// A digest of the wrong length (RFC 6698 section 2.1.4).
    case digestLength = "digest-length"
    /// Full data that is not one DER SEQUENCE, as certificates and keys are (RFC 6698 section 2.1.4).
    case malformedData = "malformed-data"
  }

  public let usage: Usage
  public let selector: Selector
  public let matchingType: MatchingType
  /// The record itself, for whatever does the matching.
  public let data: TLSAData

  /// Takes a record that a client for SMTP can use.
  public init(_ data: TLSAData) throws(Unusable) {
    // RFC 7672 section 3.1.3.
    guard data.usage > 1 else { throw .pkixUsage }
    // RFC 6698 section 4.1: what a client does not know, it cannot use.
    guard let usage = Usage(rawValue: data.usage) else { throw .unknownUsage }
    guard let selector = Selector(rawValue: data.selector) else { throw .unknownSelector }
    guard let matchingType = MatchingType(rawValue: data.matchingType) else { throw .unknownMatchingType }
    if let length = matchingType.digestLength {
      guard data.association.count == length else { throw .digestLength }
    } else {
      guard DERReader.only(.sequence, in: data.association[...])?.isEmpty == false else { throw .malformedData }
    }
    self.usage = usage
    self.selector = selector
    self.matchingType = matchingType
    self.data = data
  }
}

extension TLSAAssociation.MatchingType {
  /// In octets (FIPS 180-4); nil where the data stand in full.
  fileprivate var digestLength: Int? {
    switch self {
    case .full: nil
    case .sha256: 32
    case .sha512: 64
    }
  }
}

extension TLSAAssociation.Unusable: CustomStringConvertible {
  /// A phrase for people, without a full stop.
  public var description: String {
    switch self {
    case .pkixUsage: "usages 0 and 1 are not usable for SMTP"
    case .unknownUsage: "there is no such certificate usage"
    case .unknownSelector: "there is no such selector"
    case .unknownMatchingType: "there is no such matching type"
    case .digestLength: "the digest does not have the length of its matching type"
    case .malformedData: "the data are neither a certificate nor a key"
    }
  }
}
