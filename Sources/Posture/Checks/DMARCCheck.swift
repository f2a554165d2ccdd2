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
    let first = RemedyRecord(
      name: "_dmarc.\(domain)", type: "TXT", value: "v=DMARC1; p=none; rua=mailto:dmarc-reports@\(domain)")
    switch posture.status {
    case .none:
      return [
        Observation(
          .dmarc, .unmet, subject: domain, message: "No DMARC policy applies to \(domain).",
          remedy: Remedy(
            "Publish one that asks for reports, then tighten it to quarantine and to reject.", record: first))
      ]
    case .invalid:
      return [
        Observation(
          .dmarcInvalid, .unmet, subject: domain,
          message:
            "The DMARC record that applies to \(domain) is not valid: \(posture.error ?? "it breaks the grammar").",
          remedy: Remedy("Publish one record in this form, with the policy you mean.", record: first))
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
            record: edit(facts) { $0["t"] = nil })))
    }
    if posture.policy == DMARCPolicy.none || posture.policy == nil {
      observations.append(
        Observation(
          .dmarcPolicy, .unmet, subject: domain,
          message: "The DMARC policy for \(domain) is none (\(place)): forgeries are delivered.",
          remedy: Remedy(
            "When the reports show that your own mail passes, publish p=quarantine, then p=reject.",
            record: edit(facts) { $0["p"] = "quarantine" })))
    }
    if posture.effectivePolicy != .reject {
      observations.append(
        Observation(
          .dmarcReject, .unmet, subject: domain, message: "The DMARC policy for \(domain) does not reject forgeries.",
          remedy: Remedy("Publish p=reject when quarantine shows no loss.")))
    }
    if let subdomains = posture.subdomainPolicy, let policy = posture.policy, subdomains < policy {
      observations.append(
        Observation(
          .dmarcSubdomains, .unmet, subject: domain,
          message: "Subdomains of \(domain) have the weaker DMARC policy \(subdomains.rawValue).",
          remedy: Remedy(
            "Take sp out of the record at \(place), or make it as strong as p.", record: edit(facts) { $0["sp"] = nil })
        ))
    }
    return observations
  }

  private static func reports(_ facts: Facts) -> [Observation] {
    guard facts.dmarc.rua.isEmpty else { return [] }
    let domain = facts.subject.domain.description
    return [
      Observation(
        .dmarcReports, .unmet, subject: domain,
        message: "The DMARC record that applies to \(domain) asks for no reports.",
        remedy: Remedy(
          "Add an address that takes the reports.", record: edit(facts) { $0["rua"] = "mailto:dmarc-reports@\(domain)" }
        ))
    ]
  }

  /// The record as it stands, with tags changed; nil where it stands at another name and a record here would take its place.
  private static func edit(_ facts: Facts, _ change: (inout [String: String]) -> Void) -> RemedyRecord? {
    guard let text = facts.dmarc.record, facts.dmarc.foundAt == facts.subject.domain else { return nil }
    var order: [String] = []
    var tags: [String: String] = [:]
    for part in text.split(separator: ";") {
      let pair = part.split(separator: "=", maxSplits: 1).map { $0.trimmed }
      guard pair.count == 2, tags[pair[0].lowercased()] == nil else { continue }
      order.append(pair[0].lowercased())
      tags[pair[0].lowercased()] = pair[1]
    }
    change(&tags)
    order += tags.keys.filter { !order.contains($0) }.sorted()
    // RFC 9989 section 4.8: v comes first.
    let value = order.compactMap { tag in tags[tag].map { "\(tag)=\($0)" } }.joined(separator: "; ")
    return RemedyRecord(name: "_dmarc.\(facts.subject.domain)", type: "TXT", value: value)
  }
}

extension Substring {
  fileprivate var trimmed: String {
    var rest = self
    while let first = rest.first, first == " " || first == "\t" { rest = rest.dropFirst() }
    while let last = rest.last, last == " " || last == "\t" { rest = rest.dropLast() }
    return String(rest)
  }
}
