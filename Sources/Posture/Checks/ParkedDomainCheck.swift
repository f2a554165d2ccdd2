import DNS
import EmailAuth

extension Requirement {
  static let spfSends = Requirement("spf-sends", .verification)
  static let nullMXMissing = Requirement("null-mx-missing", .encryption)
  static let dmarcAlignment = Requirement("dmarc-alignment", .verification)
  static let dkimRevokedWildcard = Requirement("dkim-revoked-wildcard", .verification)
}

/// What a domain that sends nothing publishes, for the standards that are written for such domains.
enum ParkedDomainCheck: Check {
  static let requirements: [Requirement] = [.spfSends, .nullMXMissing, .dmarcAlignment, .dkimRevokedWildcard]

  static func observe(_ facts: Facts) -> [Observation] {
    let domain = facts.subject.domain.description
    var observations: [Observation] = []
    if facts.spf.status == .valid, !facts.spf.sendsNothing {
      observations.append(
        Observation(
          .spfSends, .unmet, subject: domain, message: "The SPF record of \(domain) lets someone send for it.",
          remedy: Remedy(
            "If \(domain) sends no mail, say so.", record: RemedyRecord(name: domain, type: "TXT", value: "v=spf1 -all")
          )))
    }
    // RFC 7505 section 3. Where it could not be found out, mx-lookup says so.
    switch facts.route.kind {
    case .explicit, .implicit, .none(exists: true):
      observations.append(
        Observation(
          .nullMXMissing, .unmet, subject: domain, message: "\(domain) has no null MX.",
          remedy: Remedy(
            "If \(domain) takes no mail, say so.", record: RemedyRecord(name: domain, type: "MX", value: "0 ."))))
    case .null, .none, .unknown, .pending: break
    }
    if facts.dmarc.status == .valid, facts.dmarcAlignmentStrict == false {
      observations.append(
        Observation(
          .dmarcAlignment, .unmet, subject: domain,
          message: "The DMARC record that applies to \(domain) does not ask for strict alignment.",
          remedy: Remedy(
            "Add adkim=s and aspf=s to the record.",
            record: DMARCRemedy.edit(facts) {
              $0["adkim"] = "s"
              $0["aspf"] = "s"
            })))
    }
    if facts.dkimWildcardRevoked == false {
      observations.append(
        Observation(
          .dkimRevokedWildcard, .unmet, subject: domain,
          message: "\(domain) does not revoke DKIM keys at every selector.",
          remedy: Remedy(
            "Publish an empty key for every selector.",
            record: RemedyRecord(name: "*._domainkey.\(domain)", type: "TXT", value: "v=DKIM1; p="))))
    }
    return observations
  }
}
