import DNS

/// Which DMARC policy applies to a domain: the tree walk, and what follows from it (RFC 9989 section 4.10).
public struct DMARCDiscovery: Hashable, Sendable {
  /// RFC 9989 section 4.10: no more than eight queries.
  public static let maximumQueries = 8
  /// RFC 9989 section 4.10 step 4: a longer name is cut to seven labels behind the first query.
  public static let labelsAfterCut = 7

  public enum Status: String, Hashable, Sendable {
    /// Some answer is not at hand: get what the source was asked for, then discover again.
    case pending
    case valid
    /// A record was found that leads to no DMARC processing (section 4.10.1).
    case invalid
    case none
    /// A look-up failed on which it depends; never taken as absence (section 4.10.1).
    case unknown
  }

  public let status: Status
  /// The record that applies, also when it is invalid.
  public let record: DMARCRecord?
  /// The text of that record.
  public let text: String?
  /// The domain below whose `_dmarc` it stands.
  public let foundAt: DomainName?
  /// The Organizational Domain (section 4.10.2); nil where the walk could not tell.
  public let organizationalDomain: DomainName?
  /// What the domain's own record says of `psd`, also where it leads to no processing; undeclared where there is none.
  public let ownPublicSuffix: DMARCRecord.PublicSuffix
  /// The policy that applies to the domain.
  public let policy: DMARCPolicy?
  /// The tag that it came from: `p`, `sp` or `np`.
  public let tag: String?
  public let fault: DMARCRecord.Fault?
  /// What could not be found out.
  public let failure: Failure?
  /// Names on the walk that hold more than one DMARC record: all of those are discarded (section 4.10 steps 2 and 6).
  public let severalAt: [DomainName]
  /// The domains that the walk asked, in order.
  public let walked: [DomainName]

  public struct Failure: Hashable, Sendable {
    public let question: Question
    public let reason: LookupFailure
  }

  /// The policy as receivers take it: one level lower while the record is a test (section 4.7, `t`).
  public var effectivePolicy: DMARCPolicy? {
    policy.map { record?.isTesting == true ? $0.whileTesting : $0 }
  }

  public static func find(_ domain: DomainName, in source: inout some AnswerSource) -> DMARCDiscovery {
    let walk = DMARCWalk(domain, in: &source)
    if walk.isPending { return DMARCDiscovery(.pending, walk) }
    guard let first = walk.steps.first else { return DMARCDiscovery(.none, walk) }
    switch first.outcome {
    case .failed: return DMARCDiscovery(.unknown, walk, failure: walk.failure)
    case .record(let record): return own(record, at: domain, walk)
    // The record was retrieved, so that section 4.10.1 ends here; other readings walk on.
    case .broken(let fault, let text, _):
      return DMARCDiscovery(.invalid, walk, foundAt: domain, text: text, fault: fault)
    case .nothing: return inherited(domain, walk, in: &source)
    }
  }

  /// The domain's own record says `p`, whatever stands above (section 4.10.1).
  private static func own(_ record: DMARCRecord, at domain: DomainName, _ walk: DMARCWalk) -> DMARCDiscovery {
    DMARCDiscovery(.valid, walk, record: record, foundAt: domain, policy: record.policy, tag: "p")
  }

  /// The record of the Organizational Domain, else of the public suffix; those between are ignored (section 4.10.1).
  private static func inherited(
    _ domain: DomainName, _ walk: DMARCWalk, in source: inout some AnswerSource
  ) -> DMARCDiscovery {
    // Where part of the walk failed, which domain is the Organizational one cannot be told.
    if let failure = walk.failure { return DMARCDiscovery(.unknown, walk, failure: failure) }
    guard let step = walk.step(at: walk.organizationalDomain) ?? walk.publicSuffix else {
      return DMARCDiscovery(.none, walk)
    }
    switch step.outcome {
    // A public suffix that says no policy leaves the domain without one, and has nothing that the domain could mend.
    case .nothing, .failed, .broken(_, _, .yes): return DMARCDiscovery(.none, walk)
    case .broken(let fault, let text, _):
      return DMARCDiscovery(.invalid, walk, foundAt: step.domain, text: text, fault: fault)
    case .record(let record): return subdomain(domain, record, at: step.domain, walk, in: &source)
    }
  }

  private static func subdomain(
    _ domain: DomainName, _ record: DMARCRecord, at place: DomainName, _ walk: DMARCWalk,
    in source: inout some AnswerSource
  ) -> DMARCDiscovery {
    let existing = DMARCDiscovery(
      .valid, walk, record: record, foundAt: place, policy: record.subdomainPolicy,
      tag: record.subdomainTag == nil ? "p" : "sp")
    guard let np = record.nonexistentTag else { return existing }
    // RFC 9989 section 3.2.13: only NXDOMAIN makes a name non-existent. Any type tells; MX is asked for anyway.
    guard let answer = source.answer(Question(domain, .mx)) else { return DMARCDiscovery(.pending, walk) }
    if let reason = answer.failure {
      guard np != record.subdomainPolicy else { return existing }
      return DMARCDiscovery(
        .unknown, walk, record: record, foundAt: place, failure: Failure(question: answer.question, reason: reason))
    }
    guard answer.outcome == .noSuchName else { return existing }
    return DMARCDiscovery(.valid, walk, record: record, foundAt: place, policy: np, tag: "np")
  }

  private init(
    _ status: Status, _ walk: DMARCWalk, record: DMARCRecord? = nil, foundAt: DomainName? = nil, text: String? = nil,
    policy: DMARCPolicy? = nil, tag: String? = nil, fault: DMARCRecord.Fault? = nil, failure: Failure? = nil
  ) {
    self.status = status
    self.record = record
    self.text = text ?? record?.text
    self.foundAt = foundAt
    self.policy = policy
    self.tag = tag
    self.fault = fault
    self.failure = failure
    organizationalDomain = walk.failure == nil && !walk.isPending ? walk.organizationalDomain : nil
    ownPublicSuffix = walk.steps.first?.publicSuffix ?? .undeclared
    severalAt = walk.steps.filter(\.hasSeveral).map(\.domain)
    walked = walk.steps.map(\.domain)
  }
}
