import DNS

extension Requirement {
  static let spf = Requirement("spf-missing", .verification)
  static let spfInvalid = Requirement("spf-invalid", .verification)
  static let spfAll = Requirement("spf-all", .verification)
  static let spfSoftFail = Requirement("spf-softfail", .verification)
  static let spfHygiene = Requirement("spf-hygiene", .verification)
}

/// SPF says who may send, and refuses the others (RFC 7208).
enum SPFCheck: Check {
  static let requirements: [Requirement] = [.spf, .spfInvalid, .spfAll, .spfSoftFail, .spfHygiene]

  static func observe(_ facts: Facts) -> [Observation] {
    let domain = facts.subject.domain.description
    let posture = facts.spf
    var observations = facts.spfNotes.map { note in
      Observation(
        .spfHygiene, .unmet, subject: domain, message: note, remedy: Remedy("Tidy the SPF record of \(domain)."))
    }
    switch posture.status {
    case .none: observations.append(missing(facts))
    case .invalid:
      let term = posture.errorTerm.map { " (\($0))" } ?? ""
      observations.append(
        Observation(
          .spfInvalid, .unmet, subject: domain,
          message: "The SPF record of \(domain) is not valid: \(posture.error ?? "it breaks the grammar")\(term).",
          remedy: Remedy("Mend the term; receivers take the whole record as an error (RFC 7208 section 4.6).")))
    case .unknown:
      observations.append(
        Observation(
          .spf, .undetermined, subject: domain,
          message: "SPF of \(domain) could not be evaluated: \(posture.error ?? "no answer").",
          remedy: Remedy("See that the name servers answer for \(domain) and for what its record includes.")))
    case .valid: observations += ending(posture, domain)
    }
    return observations
  }

  private static func ending(_ posture: SPFPosture, _ domain: String) -> [Observation] {
    switch posture.all {
    case "-": return []
    case "~":
      return [
        Observation(
          .spfSoftFail, .unmet, subject: domain,
          message: "The SPF record of \(domain) ends in ~all, which asks for mistrust and not refusal.",
          remedy: remedy(posture, domain, "-all"))
      ]
    default:
      guard posture.allDetermined else {
        return [
          Observation(
            .spfAll, .undetermined, subject: domain,
            message: "How the SPF record of \(domain) ends depends on a redirect that could not be followed.",
            remedy: Remedy("End the record in ~all or -all, without redirect."))
        ]
      }
      let what = posture.all.map { "ends in \($0)all" } ?? "has no all at its end"
      return [
        Observation(
          .spfAll, .unmet, subject: domain,
          message: "The SPF record of \(domain) \(what): other senders are not refused.",
          remedy: remedy(posture, domain, "~all"))
      ]
    }
  }

  private static func remedy(_ posture: SPFPosture, _ domain: String, _ all: String) -> Remedy {
    let text = "End the record in \(all), once every server that sends for \(domain) is named."
    guard let record = posture.record else { return Remedy(text) }
    var terms = record.split(separator: " ")
    let endings = ["all", "+all", "?all", "~all", "-all"]
    if let place = terms.firstIndex(where: { endings.contains($0.lowercased()) }) {
      // In its place: what stands behind it is dead, and would come alive if all went to the end.
      terms[place] = Substring(all)
    } else if terms.contains(where: { $0.lowercased().hasPrefix("redirect=") }) {
      // RFC 7208 section 6.1: the record that it names is the one that ends; all beside it would undo the redirect.
      return Remedy("End the record that redirect= names in \(all).")
    } else {
      terms.append(Substring(all))
    }
    return Remedy(text, record: RemedyRecord(name: domain, type: "TXT", value: terms.joined(separator: " ")))
  }

  private static func missing(_ facts: Facts) -> Observation {
    let domain = facts.subject.domain.description
    let value: String
    let text: String
    if facts.encryption.takesMail == false {
      value = "v=spf1 -all"
      text =
        "If \(domain) sends no mail, as it takes none, say so; else name every server that sends for it before -all."
    } else {
      // RFC 7208 section 5.4: mx finds nothing where there are no MX records.
      value = facts.route.kind == .implicit ? "v=spf1 a ~all" : "v=spf1 mx ~all"
      text = "Publish one that names every server that sends for \(domain)."
    }
    return Observation(
      .spf, .unmet, subject: domain, message: "\(domain) has no SPF record.",
      remedy: Remedy(text, record: RemedyRecord(name: domain, type: "TXT", value: value)))
  }
}
