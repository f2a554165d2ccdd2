import DNS

/// Why a domain has no TLS-RPT record that a sender could use.
public struct TLSRPTError: VersionedRecordFault {
  public enum Reason: Hashable, Sendable {
    case lookupFailed(LookupFailure)
    /// Not exactly one record (RFC 8460 section 3).
    case severalRecords
    /// No semicolon behind `v=TLSRPTv1` (RFC 8460 section 3).
    case missingDelimiter
    case malformedField
    /// No `rua` (RFC 8460 section 3).
    case missingDestination
    /// Not a URI, or a part that its scheme asks for is missing.
    case malformedDestination
    /// Neither `mailto` nor `https`, and no other destination stands beside it (RFC 8460 section 3).
    case unknownScheme
  }

  public let reason: Reason
  /// What is at fault as published, escaped and bounded; empty where no one part is.
  public let term: String

  init(_ reason: Reason, term: some Collection<UInt8> = [UInt8]()) {
    self.reason = reason
    self.term = PublishedTerm.text(term)
  }

  /// It may well be otherwise next time: it says nothing about whether there is a record.
  public var isTemporary: Bool {
    if case .lookupFailed = reason { true } else { false }
  }
}

extension TLSRPTError {
  public static let severalRecords = TLSRPTError(.severalRecords)

  public static func lookupFailed(_ failure: LookupFailure) -> TLSRPTError { TLSRPTError(.lookupFailed(failure)) }
}

extension TLSRPTError: CustomStringConvertible {
  /// A phrase for people, without a full stop.
  public var description: String { reason.description + (term.isEmpty ? "" : ": \"\(term)\"") }
}

extension TLSRPTError.Reason: CustomStringConvertible {
  public var description: String {
    switch self {
    case .lookupFailed(let failure): failure.description
    case .severalRecords: "there is more than one _smtp._tls record, so that senders use none"
    case .missingDelimiter: "v=TLSRPTv1 must be followed by a semicolon"
    case .malformedField: "a field of the record breaks the grammar"
    case .missingDestination: "the record has no rua, which says where reports go"
    case .malformedDestination: "rua must hold URIs, with commas between them"
    case .unknownScheme: "reports go to mailto or https URIs alone"
    }
  }
}
