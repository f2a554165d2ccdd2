import DNS
import EmailAuth

extension Requirement {
  static let retiredReportAddress = Requirement("report-address-retired", .verification)
}

/// Report addresses of services that no longer exist: reports sent there are lost.
enum ReportAddressCheck: Check {
  static let requirements: [Requirement] = [.retiredReportAddress]

  /// Hosts of retired services: NCSC Mail Check ended on 31 March 2026, the GDS report service before it.
  static let retiredHosts = ["mailcheck.service.ncsc.gov.uk", "dmarc.service.gov.uk"]

  static func observe(_ facts: Facts) -> [Observation] {
    observe(facts.dmarc.rua, facts, record: DMARCRemedy.edit(facts) { _ in })
      + observe(facts.encryption.tlsRPT.rua, facts, record: tlsRecord(facts))
  }

  /// The record is only made where an address is retired, which hardly ever happens.
  private static func observe(
    _ rua: [String], _ facts: Facts, record: @autoclosure () -> RemedyRecord?
  ) -> [Observation] {
    let retired = rua.filter(isRetired)
    guard !retired.isEmpty else { return [] }
    let record = record()
    return retired.map { address in
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
    let uri = String(Substring(address.utf8.prefix { $0 != UInt8(ascii: "!") }))
    return DMARCReportAuthorisation.host(of: uri).map { retiredHosts.contains($0.description) } ?? false
  }
}
