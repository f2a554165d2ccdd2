import DNS

/// The results of check_host() (RFC 7208 section 2.6).
public enum SPFResult: String, Hashable, Sendable {
  case none
  case neutral
  case pass
  case fail
  case softfail
  /// A failure that a later try may not meet.
  case temperror
  /// The published records could not be interpreted.
  case permerror

  init(_ qualifier: SPFRecord.Qualifier) {
    switch qualifier {
    case .pass: self = .pass
    case .fail: self = .fail
    case .softfail: self = .softfail
    case .neutral: self = .neutral
    }
  }
}

/// The result of check_host() and what led to it.
public struct SPFVerdict: Hashable, Sendable {
  public let result: SPFResult
  /// For "fail" the domain's own words, macros expanded (RFC 7208 section 6.2); hostile text. nil where it has none.
  public let explanation: String?
  /// The directive that matched, in the record that gave the result; nil where none did.
  public let matched: String?
  /// For "permerror".
  public let error: SPFError?
  /// For "temperror".
  public let failure: LookupFailure?
  /// Terms that caused look-ups until the result stood (RFC 7208 section 4.6.4).
  public let lookups: Int
  public let voidLookups: Int
}

/// What a pass of the evaluation came to: a verdict, or questions that must be answered first.
public enum SPFOutcome: Hashable, Sendable {
  /// Some answer is not at hand: get what the source was asked for, then evaluate again.
  case pending
  case result(SPFVerdict)
}
