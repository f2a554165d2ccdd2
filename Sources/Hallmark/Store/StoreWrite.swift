import DNS
import Posture

/// One change of the store; a batch of them is kept whole or not at all.
public enum StoreWrite: Sendable {
  case assessment(Assessment)
  /// Adds to the organisations and the selectors of a domain; a new one is due at `dueAt`.
  case watch(DomainName, organisation: String, selectors: [String], at: Timestamp, dueAt: Timestamp)
  /// Takes one organisation off a domain, or with nil all of them; without any left the domain is no longer watched,
  /// and leaves the whitelist.
  case unwatch(DomainName, organisation: String?)
  case setAssurance(DomainName, Assurance?)
  /// Moves a watched domain within the due queue, and nothing else.
  case reschedule(DomainName, dueAt: Timestamp)
  /// Takes entries off the whitelist that are past their grace at the time, so many at most.
  case lapse(at: Timestamp, limit: Int)
  /// Forgets evidence of an endpoint that expired before the time.
  case forgetEndpoint([UInt8], expiredBefore: Timestamp)
  /// Forgets changes of all domains that are too old, some at a time.
  case forgetChanges
  /// Forgets changes of single domains by their keys; `upTo`: up to that revision no more are left.
  case forgetHistory([[UInt8]], upTo: UInt64?)
  /// Forgets all about a domain that nobody watches and whose record expired before the time.
  case forgetDomain(DomainName, expiredBefore: Timestamp)
  /// Sets the tallies of a day, since 1970, and forgets those of days long past; "" stands for no organisation, nil for
  /// all domains.
  case tally(day: Int64, [String?: VerdictTally])
  /// All records are about to be gone through for those that something else judged.
  case beginJudging(Judgement, at: Timestamp)
  /// There were none, the last of them looked at then; nothing changes where one was written meanwhile.
  case endJudging(Judgement, at: Timestamp)
}

/// All that one check brings.
public struct Assessment: Sendable {
  public let domain: DomainName
  public let header: RecordHeader
  public let evidence: EvidenceBlob
  /// Evidence that other domains share, by the caller's keys of at most 511 octets.
  public let endpoints: [(key: [UInt8], blob: EvidenceBlob)]
  public let whitelist: WhitelistDecision
  /// When the record was checked that this one replaces; where another stands there by now, nothing is kept. nil: whatever stands there.
  public let replaces: Timestamp?
  public let digest: RecordDigest?
  /// Renders the record's JSON. Within the transaction, so it must be quick and have no effect; it may run more than
  /// once.
  public let render: @Sendable (_ revision: UInt64) -> [UInt8]
  /// Renders the change for the history, where the record changed; as `render`.
  public let change: (@Sendable (_ revision: UInt64) -> [UInt8])?

  /// A new revision is given out when the record is the first of its domain, when `change` is not nil, or when the
  /// whitelist changes; otherwise the record keeps the one that it has.
  public init(
    domain: DomainName, header: RecordHeader, evidence: EvidenceBlob,
    endpoints: [(key: [UInt8], blob: EvidenceBlob)] = [], whitelist: WhitelistDecision = .unchanged,
    digest: RecordDigest? = nil, replaces: Timestamp? = nil, change: (@Sendable (_ revision: UInt64) -> [UInt8])? = nil,
    render: @escaping @Sendable (_ revision: UInt64) -> [UInt8]
  ) {
    self.domain = domain
    self.header = header
    self.evidence = evidence
    self.endpoints = endpoints
    self.whitelist = whitelist
    self.replaces = replaces
    self.digest = digest
    self.render = render
    self.change = change
  }
}

/// What became of one write.
public enum StoreOutcome: Hashable, Sendable {
  /// The record's revision, and whether it is a new one.
  case assessed(revision: UInt64, isNew: Bool, listing: ListingChange = .none)
  /// Whether the domain, or its membership in the organisation, is new.
  case watched(added: Bool)
  /// Whether there was something to take off.
  case unwatched(removed: Bool, listing: ListingChange = .none)
  /// What was taken off the whitelist, and whether there is more.
  case lapsed([Lapse], isMore: Bool)
  case done(changed: Bool)
}

/// Whether a write brought its domain onto the whitelist, or took it off.
public enum ListingChange: String, Hashable, Sendable {
  case none, joined, left
}

extension StoreWrite {
  /// Refuses what has no key, before it can spoil a transaction that it shares with others.
  func check() throws(StoreError) {
    switch self {
    case .assessment(let assessment):
      try StoreKey.check(assessment.domain)
      for (key, _) in assessment.endpoints where !(1...StoreKey.maximumLength).contains(key.count) {
        throw .invalid("the key of an endpoint has 1 to \(StoreKey.maximumLength) octets")
      }
    case .watch(let domain, let organisation, let selectors, _, _):
      try StoreKey.check(domain)
      try StoreKey.check(organisation: organisation)
      guard selectors.count <= StoreWrite.maximumSelectors else {
        throw .invalid("a domain has at most \(StoreWrite.maximumSelectors) selectors")
      }
    case .unwatch(let domain, _), .setAssurance(let domain, _), .reschedule(let domain, _),
      .forgetDomain(let domain, _):
      try StoreKey.check(domain)
    case .tally(_, let tallies):
      for case let organisation? in tallies.keys { try StoreKey.check(organisation: organisation) }
    case .forgetEndpoint, .forgetChanges, .forgetHistory, .lapse, .beginJudging, .endJudging: return
    }
  }

  /// Of one domain; no published use comes near it.
  static let maximumSelectors = 1000
}
