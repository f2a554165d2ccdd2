import DNS

extension Requirement {
  static let dnssec = Requirement("dnssec-missing", .encryption)
  static let dnssecBogus = Requirement("dnssec-bogus", .encryption)
}

/// The domain's own records are signed and the signatures hold (RFC 4033 section 5).
enum DNSSECCheck: Check {
  static let requirements: [Requirement] = [.dnssec, .dnssecBogus]

  static func observe(_ facts: Facts) -> [Observation] {
    let domain = facts.subject.domain.description
    switch facts.dnssec {
    case .secure, .unknown: return []
    case .insecure:
      return [
        Observation(
          .dnssec, .unmet, subject: domain, message: "\(domain) is not signed with DNSSEC.",
          remedy: Remedy("Sign the zone, and have its DS record put into the parent zone."))
      ]
    case .bogus:
      return [
        Observation(
          .dnssecBogus, .unmet, subject: domain,
          message: "The DNSSEC signatures of \(domain) do not hold: resolvers that validate see no records at all.",
          remedy: Remedy("Sign the zone anew, and see that the DS record in the parent zone fits its key."))
      ]
    }
  }
}
