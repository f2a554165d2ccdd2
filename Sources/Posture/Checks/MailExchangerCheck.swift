import DNS

extension Requirement {
  static let mxLookup = Requirement("mx-lookup", .encryption)
  static let mxAddress = Requirement("mx-address", .encryption)
  static let mxNoAddressAtAll = Requirement("mx-undeliverable", .encryption)
  static let mxReachable = Requirement("mx-reachable", .encryption)
  static let mxDead = Requirement("mx-dead", .encryption)
  static let mxEndpoint = Requirement("mx-endpoint-unreachable", .encryption)
  static let mxNoRoute = Requirement("mx-no-route", .encryption)
  static let mxAlias = Requirement("mx-cname", .encryption)
  static let mxTooMany = Requirement("mx-too-many", .encryption)
  static let nullMX = Requirement("null-mx", .encryption)
  static let domainExists = Requirement("domain-nonexistent", .encryption)
}

/// Where mail goes, and whether anyone answers there (RFC 5321 section 5.1, RFC 7505).
enum MailExchangerCheck: Check {
  static let requirements: [Requirement] = [
    .mxLookup, .mxAddress, .mxNoAddressAtAll, .mxReachable, .mxDead, .mxEndpoint, .mxNoRoute, .mxAlias, .mxTooMany,
    .nullMX, .domainExists,
  ]

  static func observe(_ facts: Facts) -> [Observation] {
    var observations = facts.hosts.flatMap { host($0, facts) }
    let domain = facts.subject.domain.description
    switch facts.route.kind {
    case .unknown(let failure):
      observations.append(
        Observation(
          .mxLookup, .undetermined, subject: domain,
          message: "Where mail for \(domain) goes could not be found out: \(failure).",
          remedy: Remedy("See that the name servers of \(domain) answer for its MX records.")))
    case .none(exists: false):
      observations.append(
        Observation(
          .domainExists, .unmet, subject: domain, message: "\(domain) does not exist in the DNS.",
          remedy: Remedy("Check the spelling of the name, or register and delegate it.")))
    case .none(exists: true) where facts.spf.sendsNothing:
      // Advised only where the domain sends nothing: a sender without a way back is refused by many.
      observations.append(
        Observation(
          .nullMX, .unmet, subject: domain,
          message: "\(domain) takes no mail and does not say so by a null MX.",
          remedy: Remedy(
            "Publish a null MX, so that senders know at once.",
            record: RemedyRecord(name: domain, type: "MX", value: "0 ."))))
    case .explicit, .implicit, .null, .none, .pending: break
    }
    if facts.route.leftOut > 0 {
      observations.append(
        Observation(
          .mxTooMany, .undetermined, subject: domain,
          message:
            "\(facts.route.leftOut) MX hosts beyond the first \(MailRoute.maximumExchangers) were not looked at.",
          remedy: Remedy("Publish fewer MX hosts.")))
    }
    return observations + noRoute(facts) + undeliverable(facts)
  }

  /// Every host is proved to have no address: no one can deliver.
  private static func undeliverable(_ facts: Facts) -> [Observation] {
    guard facts.route.kind == .explicit, !facts.hosts.isEmpty, facts.route.leftOut == 0,
      facts.hosts.allSatisfy({ $0.addresses == .none })
    else { return [] }
    let domain = facts.subject.domain.description
    return [
      Observation(
        .mxNoAddressAtAll, .unmet, subject: domain,
        message: "No MX host of \(domain) has an address: no one can deliver.",
        remedy: Remedy("Give the MX hosts A or AAAA records, or name other hosts in the MX records."))
    ]
  }

  private static func host(_ host: HostFacts, _ facts: Facts) -> [Observation] {
    let name = host.host.description
    var observations: [Observation] = []
    if let target = host.aliasOf, facts.route.kind == .explicit {
      observations.append(
        Observation(
          .mxAlias, .unmet, subject: name,
          message: "The MX host \(name) is an alias of \(target); an MX record names a host itself.",
          remedy: Remedy("Name \(target) in the MX record, or give \(name) addresses of its own.")))
    }
    if host.leftOut > 0 {
      observations.append(
        Observation(
          .mxTooMany, .undetermined, subject: name,
          message:
            "\(host.leftOut) addresses of \(name) beyond the first \(HostFacts.maximumAddresses) were not looked at.",
          remedy: Remedy("Give \(name) fewer addresses.")))
    }
    switch host.addresses {
    case .none:
      observations.append(
        Observation(
          .mxAddress, .unmet, subject: name, message: "The MX host \(name) has no address.",
          remedy: Remedy("Give \(name) an A or AAAA record, or take it out of the MX records.")))
    case .unknown(let failure):
      observations.append(
        Observation(
          .mxReachable, .undetermined, subject: name,
          message: "The addresses of the MX host \(name) could not be found out: \(failure).",
          remedy: Remedy("See that the name servers of \(name) answer.")))
    case .found: observations += reachability(host, facts)
    case .pending: break
    }
    return observations
  }

  private static func reachability(_ host: HostFacts, _ facts: Facts) -> [Observation] {
    let name = host.host.description
    let silent = host.endpoints.filter { $0.state == .unanswered }
    if !host.answers {
      // An address without an SMTP server is no mail host, so there is nothing to reach.
      if facts.encryption.takesMail == false { return [] }
      let reasons = host.endpoints.compactMap { $0.observation?.failure?.reason }
      let othersAnswer = facts.hosts.contains(where: \.answers)
      if host.isDead(at: facts.now), othersAnswer {
        return [
          Observation(
            .mxDead, .unmet, subject: name,
            message: "The MX host \(name) has answered nobody for seven days; others take the mail.",
            remedy: Remedy("Bring \(name) back, or take it out of the MX records."))
        ]
      }
      if !host.endpoints.isEmpty, silent.isEmpty {
        return [
          Observation(
            .mxReachable, .undetermined, subject: name,
            message: "Whether the MX host \(name) answers could not be told: this service has no route to it.",
            remedy: Remedy("Nothing needs to be done at \(name)."))
        ]
      }
      return [
        Observation(
          .mxReachable, .undetermined, subject: name,
          message: "No address of the MX host \(name) answers (\(reasons.first ?? "no address was tried")).",
          remedy: Remedy("See that \(name) answers on port \(facts.subject.smtpPort)."))
      ]
    }
    return silent.map { endpoint in
      Observation(
        .mxEndpoint, .unmet, subject: endpoint.name,
        message: "\(endpoint.name) does not answer; other addresses of the host do.",
        remedy: Remedy("Bring the address back, or take it out of the DNS."))
    }
  }

  /// Said once for the whole record, since it is about this service and not about the domain.
  private static func noRoute(_ facts: Facts) -> [Observation] {
    let missed = facts.endpoints.filter { $0.state == .noRoute }
    guard let first = missed.first else { return [] }
    let domain = facts.subject.domain.description
    let families = Set(missed.map(\.key.address.isIPv6))
    let family = families.count > 1 ? "IPv4 and IPv6" : families.contains(true) ? "IPv6" : "IPv4"
    let others = missed.count > 1 ? " and \(missed.count - 1) more" : ""
    return [
      Observation(
        .mxNoRoute, .unmet, subject: domain,
        message:
          "\(first.name)\(others) could not be looked at: this service has no \(family) route. That is no fault of \(domain).",
        remedy: Remedy("Nothing needs to be done at \(domain); who runs this service may give it \(family)."))
    ]
  }
}
