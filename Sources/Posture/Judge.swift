import DNS
import EmailAuth

/// The pure function at the heart: evidence, a standard and a time go in, a record comes out.
///
/// It never waits. What it would have needed and did not find stands in the reader's `wanted`, and the caller finds that out
/// and judges again; a record is only worth keeping when nothing was wanted.
public struct Judge: Sendable {
  /// Matches TLSA records against the chain that an endpoint showed. Computed from its arguments alone; handed in because
  /// it takes an X.509 library, which the pure part does not see.
  public typealias DANEMatching =
    @Sendable (_ chain: [[UInt8]], _ tlsa: [TLSAData], _ names: [DomainName], _ at: Timestamp) -> DANEMatch

  let matchDANE: DANEMatching

  public init(matchDANE: @escaping DANEMatching) { self.matchDANE = matchDANE }

  /// Evidence to facts. Several standards can weigh the same facts.
  public func evaluate(_ subject: Subject, _ reader: inout EvidenceReader, at now: Timestamp) -> Facts {
    let mx = reader.answer(Question(subject.domain, .mx))
    let route = MailRoute.find(subject.domain, mx: mx, in: &reader)
    let hosts = route.exchangers.map { HostFacts.find($0, mx: mx, subject, in: &reader, judge: self, at: now) }
    // All of it is asked before anything is concluded, so that one pass wants as much as can be wanted at one time.
    let sts = MTASTSFacts.find(subject.domain, exchangers: route.exchangers.map(\.host), in: &reader)
    let rpt = TLSRPTPosture.find(subject.domain, in: &reader)
    let spf = SPFFacts.find(subject.domain, in: &reader)
    let dmarc = DMARCFacts.find(subject.domain, in: &reader)
    let dkim = DKIMFacts.find(subject, sendsNothing: spf.posture.sendsNothing, in: &reader)
    return Facts(
      subject: subject, now: now, route: route,
      encryption: EncryptionPosture(route: route, hosts: hosts, mtaSTS: sts, tlsRPT: rpt, at: now),
      hosts: hosts, endpoints: hosts.flatMap(\.endpoints), spf: spf.posture, spfNotes: spf.notes, dmarc: dmarc.posture,
      dmarcNotes: dmarc.notes,
      dmarcAlignmentStrict: dmarc.isAlignmentStrict, dmarcDeclaresPublicSuffix: dmarc.declaresPublicSuffix,
      dkim: dkim.known, dkimFound: dkim.found, dkimPublished: dkim.published,
      dkimWildcardRevoked: dkim.isWildcardRevoked,
      assurance: AssurancePosture(subject.assurance, at: now), dnssec: DNSSECState(route))
  }

  /// Facts to a record, held against a standard.
  ///
  /// - Parameters:
  ///   - facts: what the evidence says, complete or not.
  ///   - standard: decides which of what is unmet counts, and how much.
  ///   - checkedAt: when the newest of the evidence was observed.
  ///   - expiresAt: when the first of it expires.
  public static func weigh(
    _ facts: Facts, by standard: Standard, checkedAt: Timestamp, expiresAt: Timestamp
  ) -> PostureRecord {
    let noMail = facts.isNoMail
    var scales = Scales(standard: standard)
    for check in Checks.asked(by: standard, withMail: !noMail) {
      for observation in check.observe(facts) { scales.put(observation) }
    }
    var encryption = facts.encryption
    encryption.verdict = encryption.takesMail == false ? .notApplicable : scales.verdict(.encryption)
    let verification = VerificationPosture(
      verdict: scales.verdict(.verification), spf: facts.spf, dmarc: facts.dmarc, dkim: facts.dkim,
      dkimPublished: facts.dkimPublished)
    let isUnknown = !noMail && scales.failed.isEmpty && !scales.undetermined.isEmpty
    // What is proved decides by itself.
    if !isUnknown { scales.findings.removeAll { $0.id == Requirement.whitelistEndsSoon.id } }
    scales.findings.sort()
    return PostureRecord(
      domain: facts.subject.domain, unicodeDomain: facts.subject.unicodeDomain, standard: standard.name,
      verdict: noMail ? .noMail : !scales.failed.isEmpty ? .insecure : isUnknown ? .unknown : .secure,
      encryption: encryption, verification: verification, assurance: facts.assurance, dnssec: facts.dnssec,
      findings: scales.findings, checkedAt: checkedAt, expiresAt: expiresAt)
  }
}

/// Observations as a standard weighs them, one after the other.
private struct Scales {
  let standard: Standard
  var findings: [Finding] = []
  /// The sections of which something is proved not to be so that the standard wants.
  private(set) var failed: [Section] = []
  /// The sections of which something that it wants could not be told.
  private(set) var undetermined: [Section] = []

  /// Most domains have no more findings: room for them is made at once.
  private static let usualFindings = 8

  init(standard: Standard) {
    self.standard = standard
    findings.reserveCapacity(Scales.usualFindings)
  }

  mutating func put(_ observation: Observation) {
    if observation.state == .undetermined, standard.rules[observation.requirement]?.level == .error {
      undetermined.append(observation.requirement.section)
    }
    guard let finding = Finding(observation, by: standard) else { return }
    if finding.severity == .error { failed.append(finding.section) }
    findings.append(finding)
  }

  func verdict(_ section: Section) -> SectionVerdict {
    if failed.contains(section) { return .fail }
    return undetermined.contains(section) ? .unknown : .pass
  }
}

extension Facts {
  /// The domain takes no mail and sends none: SPF is `-all` alone, and DMARC rejects. That meets every standard.
  var isNoMail: Bool {
    encryption.takesMail == false && spf.sendsNothing && dmarc.effectivePolicy == .reject
  }
}

extension Finding: Comparable {
  /// The worst first, then by section, id and subject, so that equal facts give equal records.
  public static func < (lhs: Finding, rhs: Finding) -> Bool {
    guard lhs.severity == rhs.severity else { return lhs.severity < rhs.severity }
    guard lhs.section == rhs.section else { return lhs.section.order < rhs.section.order }
    guard lhs.id == rhs.id else { return lhs.id < rhs.id }
    return (lhs.subject, lhs.message) < (rhs.subject, rhs.message)
  }
}

extension Section {
  var order: Int {
    switch self {
    case .encryption: 0
    case .verification: 1
    case .assurance: 2
    }
  }
}

extension DNSSECState {
  init(_ route: MailRoute) {
    switch route.security {
    case .secure: self = .secure
    case .insecure: self = .insecure
    case .bogus: self = .bogus
    case .indeterminate: self = .unknown
    }
  }
}

extension AssurancePosture {
  init(_ assurance: Assurance?, at now: Timestamp) {
    guard let assurance else {
      self.init(verdict: .none, assurance: nil)
      return
    }
    self.init(verdict: assurance.validUntil > now ? .current : .expired, assurance: assurance)
  }
}
