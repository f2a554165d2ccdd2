import DNS

/// Whether another domain consents to take a domain's reports (RFC 9990 section 4: `DOMAIN._report._dmarc.HOST`).
public enum DMARCReportAuthorisation: String, Hashable, Sendable {
  case authorised
  /// No such record, or one that sends the reports on to yet another host: receivers send none.
  case refused
  case unknown
  case pending

  /// The host to which a `mailto` or `https` URI sends reports; nil for other schemes, and where it is no host name.
  public static func host(of uri: String) -> DomainName? { DMARCReportAddress.host(of: uri) }

  /// The name that is asked; nil where the host needs no consent, being the domain's own, or where the name would be
  /// too long.
  public static func question(domain: DomainName, host: DomainName) -> Question? {
    guard host != domain else { return nil }
    return host.prepending("_report._dmarc")?.prepending(domain).map { Question($0, .txt) }
  }

  /// Asks whether a host that is not the domain's own has agreed to take its reports.
  ///
  /// - Parameters:
  ///   - domain: where the record stands, without `_dmarc`.
  ///   - host: of one of its report addresses.
  ///   - organization: the Organizational Domain of `domain`; a host that has the same needs no consent. Without it
  ///     every host but the domain itself does.
  ///   - source: is asked everything in one pass.
  public static func find(
    domain: DomainName, host: DomainName, organization: DomainName? = nil, in source: inout some AnswerSource
  ) -> DMARCReportAuthorisation {
    guard host != domain else { return .authorised }
    // Only a host below it can share an Organizational Domain.
    if let organization, host.isAtOrBelow(organization) {
      let walk = DMARCWalk(host, in: &source)
      if walk.isPending { return .pending }
      if walk.failure != nil { return .unknown }
      if walk.organizationalDomain == organization { return .authorised }
    }
    // RFC 9990 section 4 step 4: a name that is too long cannot give consent.
    guard let question = question(domain: domain, host: host) else { return .refused }
    guard let answer = source.answer(question) else { return .pending }
    guard answer.failure == nil, answer.security != .bogus else { return .unknown }
    return consents(answer, host) ? .authorised : .refused
  }

  /// Steps 6 to 9: at least one record that can be read as a DMARC record, and none whose `rua` names another host.
  private static func consents(_ answer: Answer, _ host: DomainName) -> Bool {
    var consents = false
    for text in answer.texts {
      let octets = text.joined
      guard DMARCRecord.isRecord(octets), let tags = try? DMARCTags(octets) else { continue }
      consents = true
      let addresses = DMARCReportAddress.read(tags["rua"]).addresses
      guard addresses.allSatisfy({ DMARCReportAddress.host(of: $0) == host }) else { return false }
    }
    return consents
  }
}
