import DNS
import EmailAuth

/// DMARC as it applies to the domain, and what is worth a word though it is no error.
struct DMARCFacts {
  let posture: DMARCPosture
  let notes: [String]
  /// Both alignments are strict; nil where no record applies.
  let isAlignmentStrict: Bool?
  /// The domain's own record says psd=y.
  let declaresPublicSuffix: Bool

  static func find(_ domain: DomainName, in reader: inout EvidenceReader) -> DMARCFacts {
    let found = DMARCDiscovery.find(domain, in: &reader)
    return DMARCFacts(found, notes: notes(found) + externalReports(found, domain, in: &reader))
  }

  private init(_ found: DMARCDiscovery, notes: [String]) {
    let status: RecordStatus =
      switch found.status {
      case .valid: .valid
      case .invalid: .invalid
      case .none: .none
      case .unknown, .pending: .unknown
      }
    let record = found.status == .valid ? found.record : nil
    posture = DMARCPosture(
      status: status, record: found.text, foundAt: found.foundAt, policy: found.policy, testing: record?.isTesting,
      effectivePolicy: found.effectivePolicy, subdomainPolicy: record?.subdomainPolicy,
      nonexistentPolicy: record?.nonexistentPolicy, rua: found.record?.rua ?? [], error: DMARCFacts.error(found))
    isAlignmentStrict = record.map { $0.dkimAlignment == .strict && $0.spfAlignment == .strict }
    declaresPublicSuffix = found.ownPublicSuffix == .yes
    self.notes = notes
  }

  private static func error(_ found: DMARCDiscovery) -> String? {
    if let fault = found.fault { return fault.description }
    if let failure = found.failure { return "\(failure.reason) (\(failure.question))" }
    guard found.status == .none, let place = found.severalAt.first else { return nil }
    return "more than one DMARC record at _dmarc.\(place), so that none of them counts"
  }

  private static func notes(_ found: DMARCDiscovery) -> [String] {
    let several = found.severalAt.map { "_dmarc.\($0) holds more than one DMARC record, so that none of them counts." }
    let faults = (found.record?.notes ?? []).compactMap { note -> String? in
      switch note {
      // What follows from one stands among the differences to RFC 7489.
      case .removedTag: nil
      case .unreadableTag(let text): "The DMARC record holds a part that is no tag, which receivers ignore: \(text)"
      case .unreadableReportAddress(let text): "The DMARC record names a report address that cannot be read: \(text)"
      case .takenAsNone(let tag): "The DMARC record is taken as p=none, because \(tag) is missing or no policy."
      }
    }
    return several + faults + found.differencesUnderRFC7489.compactMap(sentence)
  }

  /// What receivers that still read RFC 7489 make of the record; where they only may look elsewhere, nothing is said.
  private static func sentence(_ difference: RFC7489Difference) -> String? {
    switch difference {
    case .percentage(let part):
      "The DMARC tag pct=\(part) is gone since RFC 9989; receivers that still read RFC 7489 apply the policy to so many per cent."
    case .testingUnknown: "Receivers that still read RFC 7489 do not know the DMARC tag t, and apply the whole policy."
    case .nonexistentUnknown:
      "Receivers that still read RFC 7489 do not know the DMARC tag np, and apply sp or p to names that do not exist."
    case .policyNotSecond: "Receivers that still read RFC 7489 want p right behind v, and may ignore the DMARC record."
    case .placeByPublicSuffixList: nil
    }
  }

  /// RFC 9990 section 4: reports go to another domain only with its consent.
  private static func externalReports(
    _ found: DMARCDiscovery, _ domain: DomainName, in reader: inout EvidenceReader
  ) -> [String] {
    guard found.status == .valid, let record = found.record, let place = found.foundAt else { return [] }
    let hosts = record.rua.compactMap(DMARCReportAuthorisation.host).uniqued()
    return hosts.compactMap { host in
      let consent = DMARCReportAuthorisation.find(
        domain: place, host: host, organization: found.organizationalDomain, in: &reader)
      guard consent == .refused else { return nil }
      return "\(host) does not consent to take DMARC reports of \(place): receivers send none there."
    }
  }
}
