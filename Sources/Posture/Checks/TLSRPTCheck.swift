import DNS

extension Requirement {
  static let tlsRPT = Requirement("tls-rpt-missing", .encryption)
  static let tlsRPTInvalid = Requirement("tls-rpt-invalid", .encryption)
}

/// Senders are told where to report failures of TLS (RFC 8460).
enum TLSRPTCheck: Check {
  static let requirements: [Requirement] = [.tlsRPT, .tlsRPTInvalid]

  static func observe(_ facts: Facts) -> [Observation] {
    guard facts.encryption.takesMail != false else { return [] }
    let domain = facts.subject.domain.description
    var record: RemedyRecord { self.record(facts.subject.domain) }
    let posture = facts.encryption.tlsRPT
    switch posture.status {
    case .valid: return []
    case .none where facts.encryption.takesMail == nil:
      return [
        Observation(
          .tlsRPT, .undetermined, subject: domain,
          message:
            "\(domain) does not ask for reports of failed TLS, and whether it takes mail could not be found out.",
          remedy: Remedy("If it takes mail, publish a TLS-RPT record whose address takes the reports.", record: record))
      ]
    case .none:
      let reason = posture.error.map { ": \($0)" } ?? ""
      return [
        Observation(
          .tlsRPT, .unmet, subject: domain, message: "\(domain) does not ask for reports of failed TLS\(reason).",
          remedy: Remedy("Publish one TLS-RPT record, whose address takes the reports.", record: record))
      ]
    case .invalid:
      return [
        Observation(
          .tlsRPTInvalid, .unmet, subject: domain,
          message: "The TLS-RPT record of \(domain) is not valid: \(posture.error ?? "it breaks the grammar").",
          remedy: Remedy("Publish it in this form, with an address that takes the reports.", record: record))
      ]
    case .unknown:
      return [
        Observation(
          .tlsRPT, .undetermined, subject: domain,
          message: "Whether \(domain) asks for TLS reports could not be found out: \(posture.error ?? "no answer").",
          remedy: Remedy("See that the name servers answer for \(record.name)."))
      ]
    }
  }

  /// A record that sends reports to the addresses; to one of the domain's own where none is given.
  static func record(_ domain: DomainName, rua: [String] = []) -> RemedyRecord {
    let addresses = rua.isEmpty ? "mailto:tls-reports@\(domain)" : rua.joined(separator: ",")
    return RemedyRecord(name: "_smtp._tls.\(domain)", type: "TXT", value: "v=TLSRPTv1; rua=\(addresses)")
  }
}
