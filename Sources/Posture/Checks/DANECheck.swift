import DNS

extension Requirement {
  static let daneBogus = Requirement("dane-bogus", .encryption)
  static let daneMatch = Requirement("dane-mismatch", .encryption)
  static let daneUnusable = Requirement("dane-unusable", .encryption)
  static let dane = Requirement("dane-missing", .encryption)
}

/// TLSA records hold, and match what the hosts show (RFC 7672).
enum DANECheck: Check {
  static let requirements: [Requirement] = [.daneBogus, .daneMatch, .daneUnusable, .dane]

  static func observe(_ facts: Facts) -> [Observation] {
    guard facts.encryption.takesMail != false else { return [] }
    return facts.hosts.compactMap { observe($0, facts) }
  }

  private static func observe(_ host: HostFacts, _ facts: Facts) -> Observation? {
    let name = host.host.description
    var owner: String { "_\(facts.subject.smtpPort)._tcp.\(name)" }
    switch host.dane.status {
    case .bogus:
      // RFC 7672 section 2.1.3: such a host must not be used.
      return Observation(
        .daneBogus, .unmet, subject: name,
        message:
          "The look-up of DANE records for \(name) failed (\(host.daneReason ?? "bogus")): senders that use DANE will not deliver.",
        remedy: Remedy("Mend the DNSSEC signatures of the zone that holds \(owner)."))
    case .unknown:
      return Observation(
        .dane, .undetermined, subject: name, message: "Whether \(name) has DANE records could not be found out.",
        remedy: Remedy("See that the name servers answer for \(owner)."))
    case .secure where host.dane.usable == 0:
      return Observation(
        .daneUnusable, .unmet, subject: name,
        message: "No TLSA record of \(name) is usable for SMTP: senders encrypt and do not authenticate.",
        remedy: Remedy("Publish a record of usage 3 or 2 at \(owner) (RFC 7672 section 3.1)."))
    case .secure where host.dane.matches == false:
      return Observation(
        .daneMatch, .unmet, subject: name,
        message: "No TLSA record of \(name) matches what it shows: senders that use DANE will not deliver.",
        remedy: Remedy(
          "Publish the TLSA record of the new certificate at \(owner) before the host shows it (RFC 7671 section 8.4).")
      )
    case .secure: return nil
    case .none where facts.encryption.takesMail == nil, .insecure where facts.encryption.takesMail == nil:
      return Observation(
        .dane, .undetermined, subject: name,
        message: "\(name) has no DANE records that DNSSEC protects, and whether it takes mail could not be found out.",
        remedy: Remedy("If it takes mail, sign the zones and publish a TLSA record of usage 3 at \(owner)."))
    case .none, .insecure:
      return Observation(
        .dane, .unmet, subject: name, message: "\(name) has no DANE records that DNSSEC protects.",
        remedy: Remedy(
          "Sign the zones of the domain and of the host, and publish a TLSA record of usage 3 at \(owner)."))
    }
  }
}
