import DNS

extension Requirement {
  static let assurance = Requirement("assurance-missing", .assurance)
  static let assuranceExpired = Requirement("assurance-expired", .assurance)
  static let assuranceEndsSoon = Requirement("assurance-ends-soon", .assurance)
}

/// Who has been assessed to look after the mail, and until when.
enum AssuranceCheck: Check {
  static let requirements: [Requirement] = [.assurance, .assuranceExpired, .assuranceEndsSoon]

  static func observe(_ facts: Facts) -> [Observation] {
    let domain = facts.subject.domain.description
    guard let assurance = facts.assurance.assurance else {
      return [
        Observation(
          .assurance, .unmet, subject: domain, message: "No assessment of \(domain) is on record.",
          remedy: Remedy("Have the service assessed, and its result entered."))
      ]
    }
    if facts.assurance.verdict == .expired {
      return [
        Observation(
          .assuranceExpired, .unmet, subject: domain,
          message: "The assessment of \(domain) ended at \(assurance.validUntil).",
          remedy: Remedy("Renew the assessment, and have its result entered."))
      ]
    }
    guard EndNotice.assurance.isDue(assurance.validUntil, at: facts.now) else { return [] }
    return [
      Observation(
        .assuranceEndsSoon, .unmet, subject: domain,
        message: "The assessment of \(domain) ends at \(assurance.validUntil).",
        remedy: Remedy("Renew the assessment before then."))
    ]
  }
}
