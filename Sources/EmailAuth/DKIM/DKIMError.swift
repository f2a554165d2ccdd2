/// Why a DKIM key record, or the set of them at a selector, is of no use.
public struct DKIMError: Error, Hashable, Sendable {
  public enum Reason: String, Hashable, Sendable, CaseIterable {
    /// Not a tag list (RFC 6376 section 3.2).
    case syntax = "syntax"
    /// A tag stands twice (RFC 6376 section 3.2).
    case duplicateTag = "duplicate-tag"
    /// `v` is not "DKIM1", or not the first tag (RFC 6376 section 3.6.1).
    case version = "version"
    case unknownKeyType = "unknown-key-type"
    /// No `p` tag (RFC 6376 section 3.6.1).
    case missingKey = "missing-key"
    /// `p` is not base 64 (RFC 6376 section 3.6.1).
    case invalidBase64 = "invalid-base64"
    /// What `p` holds is no key of its type (RFC 6376 section 3.6.1, RFC 8463 section 4.2).
    case invalidKey = "invalid-key"
    /// More than one key at a selector, whose result is undefined (RFC 6376 section 3.6.2.2).
    case severalRecords = "several-records"
    /// TXT records stand there, and none is meant to be a key: a wildcard's, or the target of a CNAME that became a
    /// text.
    case notAKey = "not-a-key"
  }

  /// The most octets of a term that are kept as evidence.
  public static let maximumTermLength = 256

  public let reason: Reason
  /// The tag at fault as published, cut to `maximumTermLength` octets; hostile text. Empty where no one tag is at
  /// fault.
  public let term: String

  public init(_ reason: Reason, term: String = "") {
    self.reason = reason
    self.term = term
  }

  init(_ reason: Reason, quoting octets: some Collection<UInt8>) {
    self.init(reason, term: String(decoding: octets.prefix(DKIMError.maximumTermLength), as: UTF8.self))
  }
}

extension DKIMError: CustomStringConvertible {
  /// The reason's phrase; nothing of the hostile term.
  public var description: String { reason.description }
}

extension DKIMError.Reason: CustomStringConvertible {
  /// A phrase for people, without a full stop.
  public var description: String {
    switch self {
    case .syntax: "the record is not a list of tags"
    case .duplicateTag: "a tag stands in the record twice"
    case .version: "the version must be DKIM1, and come first"
    case .unknownKeyType: "there is no such key type"
    case .missingKey: "the record has no p tag, which holds the key"
    case .invalidBase64: "the key is not base 64"
    case .invalidKey: "the p tag does not hold a public key of its type"
    case .severalRecords: "the selector has more than one key record"
    case .notAKey: "what stands there is no key record"
    }
  }
}
