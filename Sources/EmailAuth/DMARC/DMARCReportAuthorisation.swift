import DNS

/// Whether another domain consents to take a domain's reports (RFC 9990 section 4: `DOMAIN._report._dmarc.HOST`).
public enum DMARCReportAuthorisation: String, Hashable, Sendable {
  case authorised
  /// No such record: receivers send no reports there.
  case refused
  case unknown
  case pending

  /// The name that is asked; nil where the host needs no consent, being the domain's own, or where the name would be too long.
  public static func question(domain: DomainName, host: DomainName) -> Question? {
    guard host != domain else { return nil }
    return host.prepending("\(domain)._report._dmarc").map { Question($0, .txt) }
  }

  public static func find(
    domain: DomainName, host: DomainName, in source: inout some AnswerSource
  ) -> DMARCReportAuthorisation {
    guard host != domain else { return .authorised }
    guard let question = question(domain: domain, host: host) else { return .refused }
    guard let answer = source.answer(question) else { return .pending }
    if answer.failure != nil { return .unknown }
    return answer.texts.contains { DMARCRecord.isRecord($0.joined) } ? .authorised : .refused
  }
}
