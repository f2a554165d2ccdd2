import DNS
import EmailAuth

extension Requirement {
  static let dmarc = Requirement("dmarc-missing", .verification)
  static let dmarcInvalid = Requirement("dmarc-invalid", .verification)
  static let dmarcPolicy = Requirement("dmarc-policy", .verification)
  static let dmarcReject = Requirement("dmarc-reject", .verification)
  static let dmarcSubdomains = Requirement("dmarc-subdomains", .verification)
  static let dmarcTesting = Requirement("dmarc-testing", .verification)
  static let dmarcReports = Requirement("dmarc-reports", .verification)
  static let dmarcHygiene = Requirement("dmarc-hygiene", .verification)
}

/// A DMARC policy has forgeries refused, and reports tell the owner (RFC 9989).
enum DMARCCheck: Check {
  static let requirements: [Requirement] = [
    .dmarc, .dmarcInvalid, .dmarcPolicy, .dmarcReject, .dmarcSubdomains, .dmarcTesting, .dmarcReports, .dmarcHygiene,
  ]

  static func observe(_ facts: Facts) -> [Observation] {
    let domain = facts.subject.domain.description
    let posture = facts.dmarc
    switch posture.status {
    case .none:
      let reason = posture.error.map { ": \($0)" } ?? ""
      return [
        Observation(
          .dmarc, .unmet, subject: domain, message: "No DMARC policy applies to \(domain)\(reason).",
          remedy: Remedy(
            facts.sendsAndTakesNothing
              ? "\(domain) sends no mail that a strict policy could harm, so publish one, alone at its name."
              : "Publish one record that asks for reports, alone at its name, then tighten it to quarantine and to reject.",
            record: DMARCRemedy.first(facts)))
      ]
    case .invalid:
      return [
        Observation(
          .dmarcInvalid, .unmet, subject: domain,
          message:
            "The DMARC record that applies to \(domain) is not valid: \(posture.error ?? "it breaks the grammar").",
          remedy: Remedy("Publish the record in this form, with the policy you mean.", record: DMARCRemedy.mend(facts)))
      ]
    case .unknown:
      return [
        Observation(
          .dmarc, .undetermined, subject: domain,
          message: "DMARC of \(domain) could not be found out: \(posture.error ?? "no answer").",
          remedy: Remedy("See that the name servers answer for _dmarc.\(domain)."))
      ]
    case .valid:
      let notes = facts.dmarcNotes.map {
        Observation(.dmarcHygiene, .unmet, subject: domain, message: $0, remedy: Remedy("Tidy the DMARC record."))
      }
      return strength(facts) + reports(facts) + notes
    }
  }

  private static func strength(_ facts: Facts) -> [Observation] {
    let domain = facts.subject.domain.description
    let posture = facts.dmarc
    let place = posture.foundAt.map { "_dmarc.\($0)" } ?? "_dmarc.\(domain)"
    var observations: [Observation] = []
    if posture.testing == true {
      observations.append(
        Observation(
          .dmarcTesting, .unmet, subject: domain,
          message:
            "The DMARC policy that applies to \(domain) is marked as a test (t=y at \(place)), so that it is taken one level lower.",
          remedy: Remedy(
            "Take t=y out of the record at \(place) when the reports show that your own mail passes.",
            record: DMARCRemedy.edit(facts) { $0["t"] = nil })))
    }
    if posture.policy == DMARCPolicy.none || posture.policy == nil {
      let next = facts.sendsAndTakesNothing ? "reject" : "quarantine"
      observations.append(
        Observation(
          .dmarcPolicy, .unmet, subject: domain,
          message: "The DMARC policy for \(domain) is none (\(place)): forgeries are delivered.",
          remedy: Remedy(
            next == "reject"
              ? "\(domain) sends no mail that a strict policy could harm, so publish p=reject."
              : "When the reports show that your own mail passes, publish p=quarantine, then p=reject.",
            record: DMARCRemedy.edit(facts) { $0["p"] = next })))
    }
    if posture.effectivePolicy != .reject { observations.append(reject(facts)) }
    let weakest = [posture.subdomainPolicy, posture.nonexistentPolicy].compactMap { $0 }.min()
    if let weakest, let policy = posture.policy, weakest < policy {
      observations.append(
        Observation(
          .dmarcSubdomains, .unmet, subject: domain,
          message: "Names below \(domain) have the weaker DMARC policy \(weakest.rawValue).",
          remedy: Remedy(
            "Take sp and np out of the record at \(place), or make them as strong as p.",
            record: DMARCRemedy.edit(facts) {
              $0["sp"] = nil
              $0["np"] = nil
            })))
    }
    return observations
  }

  /// The last step: from none it leads over quarantine, and a test is ended first.
  private static func reject(_ facts: Facts) -> Observation {
    let domain = facts.subject.domain.description
    let isNext = facts.dmarc.policy == .quarantine && facts.dmarc.testing != true
    return Observation(
      .dmarcReject, .unmet, subject: domain, message: "The DMARC policy for \(domain) does not reject forgeries.",
      remedy: Remedy(
        "Publish p=reject when quarantine shows no loss.",
        record: isNext ? DMARCRemedy.edit(facts) { $0["p"] = "reject" } : nil))
  }

  private static func reports(_ facts: Facts) -> [Observation] {
    guard facts.dmarc.rua.isEmpty else { return [] }
    let domain = facts.subject.domain.description
    return [
      Observation(
        .dmarcReports, .unmet, subject: domain,
        message: "The DMARC record that applies to \(domain) asks for no reports.",
        remedy: Remedy(
          "Add an address that takes the reports.",
          record: DMARCRemedy.ownAddress(facts).flatMap { address in DMARCRemedy.edit(facts) { $0["rua"] = address } }))
    ]
  }
}
