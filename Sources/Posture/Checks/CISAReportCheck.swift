import DNS

extension Requirement {
  static let cisaReports = Requirement("dmarc-reports-cisa", .verification)
}

/// DMARC reports of United States federal domains go to CISA (BOD 18-01).
enum CISAReportCheck: Check {
  static let requirements: [Requirement] = [.cisaReports]

  /// Where BOD 18-01 has reports sent, among others.
  static let cisaAddress = "mailto:reports@dmarc.cyber.dhs.gov"

  static func observe(_ facts: Facts) -> [Observation] {
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
}
