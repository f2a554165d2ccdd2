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
    // A record is only made where an address is retired, which hardly ever happens.
    let dmarc = facts.dmarc.rua.filter(isRetired)
    let tls = facts.encryption.tlsRPT.rua.filter(isRetired)
    return (dmarc.isEmpty ? [] : observe(dmarc, facts, record: DMARCRemedy.edit(facts) { _ in }))
      + (tls.isEmpty ? [] : observe(tls, facts, record: tlsRecord(facts)))
  }

  private static func observe(_ retired: [String], _ facts: Facts, record: RemedyRecord?) -> [Observation] {
    retired.map { address in
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
    guard mayNameRetiredHost(address) else { return false }
    let host = DMARCReportAuthorisation.host(of: address) ?? hostBeforeSize(address)
    return host.map { retiredHosts.contains($0.description) } ?? false
  }

  /// Hardly any address does, and to see that takes less time than to read its host.
  private static func mayNameRetiredHost(_ address: String) -> Bool {
    let octets = address.utf8.span
    for index in octets.indices where octets[index] == UInt8(ascii: "@") || octets[index] == UInt8(ascii: "/") {
      let rest = octets.extracting((index + 1)...)
      for host in retiredHosts where rest.begins(with: host.utf8.span) { return true }
    }
    return false
  }

  /// RFC 9989 section 4.8 obs-dmarc-uri: a size may stand behind the address, and an exclamation mark before it.
  private static func hostBeforeSize(_ address: String) -> DomainName? {
    guard let mark = address.utf8.lastIndex(of: UInt8(ascii: "!")) else { return nil }
    return DMARCReportAuthorisation.host(of: String(address[..<mark]))
  }
}
