import DNS

/// Under which names the TLSA records of a host may stand (RFC 7672 section 2.2.2 and 2.2.3, RFC 7671 section 7).
enum TLSABase: Hashable {
  case pending
  case failed(DANEPolicy.Status, reason: String)
  /// The host's zone is not signed, or the host has no address: TLSA records must not be asked for.
  case unprotected
  /// In the order in which they are tried.
  case candidates([DomainName])

  static func find(
    _ host: DomainName, _ addresses: AddressAnswers, in source: inout some AnswerSource
  ) -> TLSABase {
    guard let four = addresses.a, let six = addresses.aaaa else { return .pending }
    // One family suffices to deliver; only what has addresses is judged.
    let first = four.hasAddresses ? four : six
    guard first.hasAddresses else { return withoutAddress([four, six]) }
    let isSecure = first.security == .secure && (six.security == .secure || !six.hasAddresses)
    guard let canonical = first.canonicalName, canonical != host else {
      return isSecure ? .candidates([host]) : .unprotected
    }
    return isSecure ? .candidates([canonical, host]) : alias(host, in: &source)
  }

  private static func withoutAddress(_ answers: [Answer]) -> TLSABase {
    // RFC 7672 section 2.1.3.
    if let bogus = answers.first(where: { $0.isBogus || $0.security == .bogus }) {
      return .failed(.bogus, reason: DANEPolicy.failed(bogus.question.type.mnemonic, bogus))
    }
    if let failed = answers.first(where: { $0.failure != nil }) {
      return .failed(.unknown, reason: DANEPolicy.failed(failed.question.type.mnemonic, failed))
    }
    return .unprotected
  }

  /// RFC 7672 section 2.2.2: the alias itself may be signed though its target is not; then the records at the alias
  /// count.
  private static func alias(_ host: DomainName, in source: inout some AnswerSource) -> TLSABase {
    guard let answer = source.answer(Question(host, .cname)) else { return .pending }
    if answer.isBogus || answer.security == .bogus {
      return .failed(.bogus, reason: DANEPolicy.failed("CNAME", answer))
    }
    if answer.failure != nil { return .failed(.unknown, reason: DANEPolicy.failed("CNAME", answer)) }
    return answer.security == .secure ? .candidates([host]) : .unprotected
  }
}
