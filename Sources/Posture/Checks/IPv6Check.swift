import DNS

extension Requirement {
  static let mxIPv6 = Requirement("mx-ipv6", .encryption)
}

/// Some MX host can be reached over IPv6.
enum IPv6Check: Check {
  static let requirements: [Requirement] = [.mxIPv6]

  static func observe(_ facts: Facts) -> [Observation] {
    guard facts.encryption.takesMail == true, facts.hosts.allSatisfy({ $0.addresses == .found }),
      !facts.hosts.contains(where: { $0.endpoints.contains { $0.key.address.isIPv6 } })
    else { return [] }
    let domain = facts.subject.domain.description
    return [
      Observation(
        .mxIPv6, .unmet, subject: domain, message: "No MX host of \(domain) has an IPv6 address.",
        remedy: Remedy("Give the MX hosts AAAA records."))
    ]
  }
}
