import DNS

@testable import Posture

extension Requirement {
  static let spfHeadroom = Requirement("spf-headroom", .verification)
}

/// An SPF record leaves room for one more service before it breaks.
enum SPFHeadroomCheck: Check {
  static let requirements: [Requirement] = [.spfHeadroom]

  /// Of the ten look-ups that RFC 7208 section 4.6.4 allows, a new service's include takes two as a rule.
  static let comfortableLookups = 8

  static func observe(_ facts: Facts) -> [Observation] {
    guard facts.spf.status == .valid, let lookups = facts.spf.lookups, lookups > comfortableLookups else { return [] }
    let domain = facts.subject.domain.description
    return [
      Observation(
        .spfHeadroom, .unmet, subject: domain,
        message: "The SPF record of \(domain) needs \(lookups) look-ups of the 10 that receivers follow.",
        remedy: Remedy("Take out the includes of services that \(domain) no longer uses."))
    ]
  }
}
