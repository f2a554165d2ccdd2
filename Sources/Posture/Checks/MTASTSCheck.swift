import DNS
import EmailAuth

extension Requirement {
  static let mtaSTS = Requirement("mta-sts-missing", .encryption)
  static let mtaSTSInvalid = Requirement("mta-sts-invalid", .encryption)
  static let mtaSTSNotEnforced = Requirement("mta-sts-not-enforced", .encryption)
  static let mtaSTSCoversMX = Requirement("mta-sts-mx-uncovered", .encryption)
  static let mtaSTSSameID = Requirement("mta-sts-id-unchanged", .encryption)
  static let mtaSTSCertificateEndsSoon = Requirement("mta-sts-certificate-ends-soon", .encryption)
  static let downgradeProtection = Requirement("downgrade-protection", .encryption)
}

/// A policy tells senders to insist on TLS (RFC 8461), or DANE does; without either a man in the middle can strip STARTTLS.
enum MTASTSCheck: Check {
  static let requirements: [Requirement] = [
    .mtaSTS, .mtaSTSInvalid, .mtaSTSNotEnforced, .mtaSTSCoversMX, .mtaSTSSameID, .mtaSTSCertificateEndsSoon,
    .downgradeProtection,
  ]

  static func observe(_ facts: Facts) -> [Observation] {
    guard facts.encryption.takesMail != false else { return [] }
    return [
      policy(facts), enforcement(facts), coverage(facts), sameID(facts), certificate(facts), protection(facts),
    ].compactMap { $0 }
  }

  private static func policy(_ facts: Facts) -> Observation? {
    let domain = facts.subject.domain.description
    let posture = facts.encryption.mtaSTS
    var record: RemedyRecord {
      RemedyRecord(name: "_mta-sts.\(domain)", type: "TXT", value: "v=STSv1; id=\(policyID(facts.now))")
    }
    switch posture.status {
    case .valid where posture.mode == MTASTSPolicy.Mode.none:
      // RFC 8461 section 5: senders take it that there is no policy.
      return Observation(
        .mtaSTS, .unmet, subject: domain,
        message: "The MTA-STS policy of \(domain) is in mode none, which says that there is none.",
        remedy: Remedy(publication(facts), record: record))
    case .valid: return nil
    case .none where facts.encryption.takesMail == nil:
      return Observation(
        .mtaSTS, .undetermined, subject: domain,
        message: "\(domain) has no MTA-STS policy, and whether it takes mail could not be found out.",
        remedy: Remedy("If it takes mail, publish a policy."))
    case .none:
      let reason = posture.error.map { ": \($0)" } ?? ""
      return Observation(
        .mtaSTS, .unmet, subject: domain, message: "\(domain) has no MTA-STS policy\(reason).",
        remedy: Remedy(publication(facts), record: record))
    case .invalid:
      return Observation(
        .mtaSTSInvalid, .unmet, subject: domain,
        message:
          "MTA-STS of \(domain) is not valid, so that senders ignore it: \(posture.error ?? "it breaks the grammar").",
        remedy: Remedy(
          "Mend the record and the policy at https://mta-sts.\(domain)/.well-known/mta-sts.txt, and give the record a new id.",
          record: record))
    case .unknown:
      return Observation(
        .mtaSTS, .undetermined, subject: domain,
        message: "The MTA-STS policy of \(domain) could not be found out: \(posture.error ?? "no answer").",
        remedy: Remedy("See that \(record.name) and https://mta-sts.\(domain) answer."))
    }
  }

  private static func publication(_ facts: Facts) -> String {
    let domain = facts.subject.domain
    let hosts = facts.hosts.map { "mx: \($0.host), " }.joined()
    return "Serve a policy (version: STSv1, mode: testing at first, \(hosts)max_age: 604800, a line each) at "
      + "https://mta-sts.\(domain)/.well-known/mta-sts.txt, then publish this record alone at its name."
  }

  private static func enforcement(_ facts: Facts) -> Observation? {
    let posture = facts.encryption.mtaSTS
    guard posture.status == .valid, posture.mode == .testing else { return nil }
    let domain = facts.subject.domain
    return Observation(
      .mtaSTSNotEnforced, .unmet, subject: domain.description,
      message: "The MTA-STS policy of \(domain) is in mode testing: senders deliver without TLS all the same.",
      remedy: Remedy("When the TLS reports show no failures, set mode: enforce and publish a new id."))
  }

  private static func coverage(_ facts: Facts) -> Observation? {
    let posture = facts.encryption.mtaSTS
    guard posture.status == .valid, posture.mode == .enforce || posture.mode == .testing, posture.coversEveryMX == false
    else { return nil }
    let domain = facts.subject.domain
    let enforced = posture.mode == .enforce
    return Observation(
      .mtaSTSCoversMX, .unmet, subject: domain.description,
      message: "The MTA-STS policy of \(domain) leaves an MX host out: senders that validate "
        + (enforced ? "cannot deliver there." : "will not be able to deliver there once it is enforced."),
      remedy: Remedy("Name every MX host in the policy, and publish a new id."))
  }

  private static func sameID(_ facts: Facts) -> Observation? {
    let posture = facts.encryption.mtaSTS
    guard posture.status == .valid, posture.changedUnderID else { return nil }
    let domain = facts.subject.domain
    return Observation(
      .mtaSTSSameID, .unmet, subject: domain.description,
      message: "The MTA-STS policy of \(domain) changed and its id did not: senders go on by the policy they have"
        + (posture.maxAge.map { ", for up to \($0) seconds." } ?? "."),
      remedy: Remedy(
        "Publish a new id.",
        record: RemedyRecord(
          name: "_mta-sts.\(domain)", type: "TXT", value: "v=STSv1; id=\(policyID(facts.now))")))
  }

  /// RFC 8461 section 3.3: over a certificate that has ended no policy is fetched, and who has none yet goes without.
  private static func certificate(_ facts: Facts) -> Observation? {
    let posture = facts.encryption.mtaSTS
    guard posture.status == .valid, posture.mode == .enforce || posture.mode == .testing,
      let end = posture.certificateEnd, EndNotice.certificate.isDue(end, at: facts.now)
    else { return nil }
    let domain = facts.subject.domain
    return Observation(
      .mtaSTSCertificateEndsSoon, .unmet, subject: domain.description,
      message:
        "The certificate of the policy host mta-sts.\(domain) ends at \(end): then no sender can fetch the policy.",
      remedy: Remedy("Renew the certificate of mta-sts.\(domain) before then."))
  }

  private static func protection(_ facts: Facts) -> Observation? {
    let posture = facts.encryption.mtaSTS
    if posture.status == .valid, posture.mode == .enforce { return nil }
    let domain = facts.subject.domain
    guard !facts.hosts.isEmpty, !facts.hosts.allSatisfy(\.isAuthenticatedByDANE) else { return nil }
    let unknown = posture.status == .unknown || facts.hosts.contains { $0.dane.status == .unknown }
    return Observation(
      .downgradeProtection, unknown ? .undetermined : .unmet, subject: domain.description,
      message: unknown
        ? "Whether TLS to \(domain) can be stripped could not be told."
        : "\(domain) has neither MTA-STS in mode enforce nor DANE: who sits on the path can strip TLS.",
      remedy: Remedy("Publish an MTA-STS policy in mode enforce, or DANE records for every MX host."))
  }

  /// A policy id that grows with time, as RFC 8461 section 3.1 suggests: at most 32 letters and digits.
  static func policyID(_ now: Timestamp) -> String {
    String(now.description.filter { $0.isNumber }) + "Z"
  }
}
