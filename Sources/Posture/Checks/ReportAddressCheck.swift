import DNS

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
    return [
      Observation(
        .cisaReports, .unmet, subject: domain, message: "DMARC reports of \(domain) do not go to CISA.",
        remedy: Remedy("Add \(cisaAddress) to rua in the DMARC record."))
    ]
  }

  private static func retired(_ facts: Facts) -> [Observation] {
    (facts.dmarc.rua + facts.encryption.tlsRPT.rua).compactMap { address in
      guard let host = host(of: address), retiredHosts.contains(host) else { return nil }
      return Observation(
        .retiredReportAddress, .unmet, subject: facts.subject.domain.description,
        message: "Reports go to \(address), an address of a service that was retired.",
        remedy: Remedy("Put an address of your own, or of a service that still runs, in its place."))
    }
  }

  /// The domain of a mailto address, without a size limit behind it; whole names are compared, never parts.
  private static func host(of address: String) -> String? {
    guard address.lowercased().hasPrefix("mailto:"), let at = address.lastIndex(of: "@") else { return nil }
    let rest = address[address.index(after: at)...].prefix { $0 != "!" && $0 != "?" }
    return rest.lowercased()
  }
}
