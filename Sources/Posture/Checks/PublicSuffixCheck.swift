import DNS

extension Requirement {
  static let publicSuffix = Requirement("name-public-suffix", .verification)
  static let dmarcPublicSuffix = Requirement("dmarc-psd", .verification)
}

/// A public suffix, such as gov.uk, is judged like any domain; what it publishes does not speak for the names below it.
enum PublicSuffixCheck: Check {
  static let requirements: [Requirement] = [.publicSuffix, .dmarcPublicSuffix]

  static func observe(_ facts: Facts) -> [Observation] {
    guard facts.subject.isPublicSuffix else { return [] }
    return [suffix(facts)] + declaration(facts)
  }

  private static func suffix(_ facts: Facts) -> Observation {
    let domain = facts.subject.domain.description
    return Observation(
      .publicSuffix, .unmet, subject: domain,
      message: "\(domain) is a public suffix: names right below it belong to others, of whom this says nothing.",
      remedy: Remedy(
        "Check those names by themselves; with psd=y the DMARC record of \(domain) applies to the ones without."))
  }

  /// RFC 9989 section 4.10.2: without psd=y the record at the top makes one organisation of all names below, so that
  /// relaxed alignment (section 4.4) lets each of them pass for another; RFC 7489 does not look at it for them at all.
  private static func declaration(_ facts: Facts) -> [Observation] {
    guard facts.dmarc.status == .valid, facts.dmarc.foundAt == facts.subject.domain, !facts.dmarcDeclaresPublicSuffix
    else { return [] }
    let domain = facts.subject.domain.description
    return [
      Observation(
        .dmarcPublicSuffix, .unmet, subject: domain,
        message:
          "The DMARC record of \(domain) does not say psd=y, so that receivers may take all names below it for "
          + "one organisation, and let one pass for another.",
        remedy: Remedy(
          "Say psd=y, so that each name right below is an organisation of its own.",
          record: DMARCRemedy.edit(facts) { $0["psd"] = "y" }))
    ]
  }
}
