import DNS

/// What the DNS holds at one selector (RFC 6376 section 3.6.2).
public struct DKIMKeyLookup: Hashable, Sendable {
  public enum Status: String, Hashable, Sendable {
    /// The answer is not at hand.
    case pending
    /// One key.
    case valid
    /// A record whose key is empty (RFC 6376 section 3.6.1).
    case revoked
    /// Key records, and none, or more than one, that could be used.
    case invalid
    /// No key record, said by the DNS; also where other TXT records stand there, as below a wildcard.
    case none
    /// It could not be found out.
    case unknown
  }

  public let selector: DKIMSelector
  public let status: Status
  /// The record that the status rests on; for `invalid` the first that is at fault.
  public let record: DKIMKeyRecord?
  /// Why the status is `invalid`; for `none`, what stands there in the place of a key, if anything does.
  public let error: DKIMError?
  /// Why the status is `unknown`.
  public let failure: LookupFailure?
  /// The name at the end of the CNAME chain, where the selector is an alias, as providers have it.
  public let canonicalName: DomainName?

  init(_ selector: DKIMSelector, _ outcome: Outcome, answer: Answer? = nil) {
    self.selector = selector
    status = outcome.status
    record = outcome.record
    error = outcome.error
    failure = answer?.failure
    canonicalName = answer?.canonicalName
  }

  /// Looks at the selector of a domain.
  public static func find(
    _ selector: DKIMSelector, of domain: DomainName, in source: inout some AnswerSource
  ) -> DKIMKeyLookup {
    guard let name = selector.keyName(of: domain) else { return DKIMKeyLookup(selector, .none(nil)) }
    return DKIMKeyLookup(selector, answer: source.answer(Question(name, .txt)))
  }

  /// Reads the answer to the TXT question at a selector; nil for an answer that is not at hand.
  public init(_ selector: DKIMSelector, answer: Answer?) {
    guard let answer else {
      self.init(selector, .pending)
      return
    }
    guard answer.failure == nil, answer.security != .bogus else {
      self.init(selector, .unknown, answer: answer)
      return
    }
    self.init(selector, DKIMKeyLookup.outcome(of: answer.texts), answer: answer)
  }

  /// A key that a verifier of today would use: valid, long enough (RFC 8301 section 3.2), and for e-mail.
  public var isUsable: Bool { status == .valid && record?.isUsableForMail == true }

  enum Outcome {
    case pending, unknown
    case none(DKIMError?)
    case valid(DKIMKeyRecord)
    case revoked(DKIMKeyRecord)
    case invalid(DKIMKeyRecord?, DKIMError?)

    var status: Status {
      switch self {
      case .pending: .pending
      case .none: .none
      case .unknown: .unknown
      case .valid: .valid
      case .revoked: .revoked
      case .invalid: .invalid
      }
    }

    var record: DKIMKeyRecord? {
      switch self {
      case .pending, .unknown, .none: nil
      case .valid(let record), .revoked(let record): record
      case .invalid(let record, _): record
      }
    }

    var error: DKIMError? {
      switch self {
      case .pending, .unknown, .valid, .revoked: nil
      case .none(let error), .invalid(_, let error): error
      }
    }
  }

  /// RFC 6376 section 3.6.2.2: with several records the result is undefined; verifiers take one or try each in turn. We
  /// pass over what is no key record, or a broken one, and call two that could both be used an error.
  private static func outcome(of texts: some Sequence<TXTData>) -> Outcome {
    let records = texts.lazy.map { $0.joined }.filter(DKIMKeyRecord.looksLikeKey).map(DKIMKeyRecord.init(parsing:))
    var sound: DKIMKeyRecord?
    var broken: DKIMKeyRecord?
    for record in records {
      if record.status == .invalid {
        broken = broken ?? record
      } else if let sound {
        return .invalid(sound, DKIMError(.severalRecords))
      } else {
        sound = record
      }
    }
    if let sound { return sound.status == .revoked ? .revoked(sound) : .valid(sound) }
    if let broken { return .invalid(broken, broken.error) }
    // A text without characters says nothing.
    return .none(texts.lazy.map { $0.joined }.first { !$0.isEmpty }.map { DKIMError(.notAKey, quoting: $0) })
  }
}
