import DNS
import EmailAuth

extension Requirement {
  static let retiredReportAddress = Requirement("report-address-retired", .verification)
  static let cisaReports = Requirement("dmarc-reports-cisa", .verification)
}

/// Report addresses of services that no longer exist: reports sent there are lost.
enum ReportAddressCheck: Check {
  static let requirements: [Requirement] = [.retiredReportAddress, .cisaReports]

  /// Hosts of retired services: NCSC Mail Check ended on 31 March 2026, the GDS report service before it.
  static let retiredHosts = ["mailcheck.service.ncsc.gov.uk", "dmarc.service.gov.uk"]

  /// Where BOD 18-01 has reports of federal domains sent, among others.
  static let cisaAddress = "mailto:reports@dmarc.cyber.dhs.gov"

  static func observe(_ facts: Facts) -> [Observation] {
    retired(facts) + cisa(facts)
  }

  private static func cisa(_ facts: Facts) -> [Observation] {
    guard facts.dmarc.status == .valid, !facts.dmarc.rua.contains(where: { $0.lowercased() == cisaAddress }) else {
      return []
    }
    let domain = facts.subject.domain.description
    let record = DMARCRemedy.edit(facts) { $0["rua"] = ($0["rua"].map { $0 + "," } ?? "") + cisaAddress }
    return [
      Observation(
        .cisaReports, .unmet, subject: domain, message: "DMARC reports of \(domain) do not go to CISA.",
        remedy: Remedy("Add \(cisaAddress) to rua in the DMARC record.", record: record))
    ]
  }

  private static func retired(_ facts: Facts) -> [Observation] {
    let tls = facts.encryption.tlsRPT
    return observe(facts.dmarc.rua, facts, record: DMARCRemedy.edit(facts) { _ in })
      + observe(tls.rua, facts, record: tlsRecord(facts))
  }

  private static func observe(_ rua: [String], _ facts: Facts, record: RemedyRecord?) -> [Observation] {
    rua.filter(isRetired).map { address in
      Observation(
        .retiredReportAddress, .unmet, subject: facts.subject.domain.description,
        message: "Reports go to \(address), an address of a service that was retired.",
        remedy: Remedy(
          "Put an address of your own, or of a service that still runs, in its place.", record: record))
    }
  }

  /// The TLS-RPT record without the retired addresses.
  private static func tlsRecord(_ facts: Facts) -> RemedyRecord {
    let kept = facts.encryption.tlsRPT.rua.filter { !isRetired($0) }
    return TLSRPTCheck.record(facts.subject.domain, rua: kept)
  }

  /// Whether a report address is one of a retired service.
  static func isRetired(_ address: String) -> Bool {
    // RFC 9989 section 4.8 obs-dmarc-uri: a size may stand behind the address.
    let uri = String(address.prefix { $0 != "!" })
    return DMARCReportAuthorisation.host(of: uri).map { retiredHosts.contains($0.description) } ?? false
  }
}
