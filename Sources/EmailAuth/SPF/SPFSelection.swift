import DNS

/// What a TXT answer holds of SPF (RFC 7208 section 4.5).
public enum SPFSelection: Hashable, Sendable {
  case none
  /// The text, its strings joined without blanks (section 3.3).
  case one([UInt8])
  /// More than one record: "permerror". All of them, in the order of the answer.
  case several([[UInt8]])

  public init(_ texts: some Sequence<TXTData>) {
    var first: [UInt8]?
    var others: [[UInt8]] = []
    for text in texts {
      let octets = text.joined
      guard SPFRecord.hasVersion(octets) else { continue }
      if first == nil { first = octets } else { others.append(octets) }
    }
    self = first.map { others.isEmpty ? .one($0) : .several([$0] + others) } ?? .none
  }
}

/// What asking for a domain's SPF record gave.
enum SPFLookup: Hashable, Sendable {
  /// The answer is not at hand.
  case pending
  case failure(LookupFailure)
  /// No SPF record; `isVoid` where there is no TXT record at all (RFC 7208 section 4.6.4).
  case none(isVoid: Bool)
  case several([[UInt8]])
  case record(SPFRecord, text: [UInt8])

  init(_ domain: DomainName, from source: inout some AnswerSource) {
    guard let answer = source.answer(Question(domain, .txt)) else {
      self = .pending
      return
    }
    if let failure = answer.failure {
      self = .failure(failure)
      return
    }
    switch SPFSelection(answer.texts) {
    case .none: self = .none(isVoid: answer.isAbsent)
    case .several(let texts): self = .several(texts)
    case .one(let text):
      // A selected text has the version section, so it reads.
      self = SPFRecord(text).map { .record($0, text: text) } ?? .none(isVoid: false)
    }
  }
}
