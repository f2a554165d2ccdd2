import DNS

/// Why a domain has no MTA-STS policy that a sender could use.
public struct MTASTSError: VersionedRecordFault {
  public enum Reason: Hashable, Sendable {
    // The record.
    case lookupFailed(LookupFailure)
    /// Not exactly one record (RFC 8461 section 3.1).
    case severalRecords
    /// No semicolon behind `v=STSv1` (RFC 8461 section 3.1).
    case missingDelimiter
    case malformedField
    case missingID
    case repeatedID
    /// Not 1 to 32 letters and digits (RFC 8461 section 3.1).
    case malformedID

    // The answer to the fetch.
    /// Not 200 (RFC 8461 section 3.3).
    case httpStatus(Int)
    /// Not `text/plain` (RFC 8461 section 3.2).
    case contentType

    // The policy.
    case tooLarge
    case notUTF8
    case blankLine
    case malformedLine
    /// A field that must be there; the term is its name (RFC 8461 section 3.2).
    case missingField
    case unsupportedVersion
    case unknownMode
    case malformedMaxAge
    /// Above `MTASTSPolicy.maximumMaxAge` (RFC 8461 section 3.2).
    case maxAgeTooLong
    /// Neither a host name nor `*.` and one (RFC 8461 section 3.2).
    case malformedPattern
  }

  public let reason: Reason
  /// What is at fault as published, escaped and bounded; empty where no one part is.
  public let term: String
  /// The line of the policy at fault, from 1; nil for what is no matter of one line.
  public let line: Int?

  init(_ reason: Reason, term: some Collection<UInt8> = [UInt8](), line: Int? = nil) {
    self.reason = reason
    self.term = PublishedTerm.text(term)
    self.line = line
  }

  /// It may well be otherwise next time: it says nothing about whether there is a policy.
  public var isTemporary: Bool {
    switch reason {
    case .lookupFailed: true
    // RFC 9110 sections 15.5.9 and 15.6, RFC 8470 section 5.2, RFC 6585 section 4: the server asks to come again,
    // or cannot work.
    case .httpStatus(let status): [408, 425, 429].contains(status) || (500...599).contains(status)
    default: false
    }
  }
}

extension MTASTSError {
  public static let severalRecords = MTASTSError(.severalRecords)

  public static func lookupFailed(_ failure: LookupFailure) -> MTASTSError { MTASTSError(.lookupFailed(failure)) }
}

extension MTASTSError: CustomStringConvertible {
  /// A phrase for people, without a full stop.
  public var description: String {
    let quotation = term.isEmpty ? "" : ": \"\(term)\""
    return reason.description + quotation + (line.map { " (line \($0))" } ?? "")
  }
}

extension MTASTSError.Reason: CustomStringConvertible {
  public var description: String {
    switch self {
    case .lookupFailed(let failure): failure.description
    case .severalRecords: "there is more than one _mta-sts record, so that senders use none"
    case .missingDelimiter: "v=STSv1 must be followed by a semicolon"
    case .malformedField: "a field of the _mta-sts record breaks the grammar"
    case .missingID: "the _mta-sts record has no id"
    case .repeatedID: "the _mta-sts record has more than one id"
    case .malformedID: "the id must be 1 to 32 letters and digits"
    case .httpStatus(let status) where (300...399).contains(status):
      "the policy host answered with HTTP status \(status), and senders must not follow redirects"
    case .httpStatus(let status): "the policy host answered with HTTP status \(status)"
    case .contentType: "the policy is not served as text/plain"
    default: policyDescription
    }
  }

  private var policyDescription: String {
    switch self {
    case .tooLarge: "the policy is larger than \(MTASTSPolicy.maximumBodyLength) octets"
    case .notUTF8: "the policy is not UTF-8"
    case .blankLine: "the policy has a blank line"
    case .malformedLine: "a line of the policy is no key and value"
    case .missingField: "the policy lacks a field"
    case .unsupportedVersion: "the version of the policy must be STSv1"
    case .unknownMode: "the mode must be enforce, testing or none"
    case .malformedMaxAge: "max_age must be 1 to 10 digits"
    case .maxAgeTooLong: "max_age must be at most \(MTASTSPolicy.maximumMaxAge) seconds"
    case .malformedPattern: "an mx must be a host name, or *. and a host name"
    default: "the policy is not valid"
    }
  }
}
