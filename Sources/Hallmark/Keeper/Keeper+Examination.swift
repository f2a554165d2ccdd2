import DNS
import JSON
import Posture

extension Keeper {
  /// Keeps an examination: evidence, record, due time, whitelist and history in one write.
  ///
  /// - Parameter replaced: when the record was checked that this one is to replace; where another stands there by now, nothing
  ///   is kept.
  /// - Returns: whether it was kept.
  @discardableResult
  func keep(_ examination: Examination, replacing replaced: Timestamp? = nil) async -> Bool {
    let domain = examination.facts.subject.domain
    do {
      let outcomes = try await store.commit([.assessment(try write(of: examination, replacing: replaced))])
      guard case .assessed(let revision, let isNew, let listing)? = outcomes.first else { return false }
      if isNew { bell.ring() }
      note(listing, of: domain, revision)
      noteDue()
      return true
    } catch {
      log.error("a check could not be kept", metadata: ["domain": "\(domain)", "reason": "\(error)"])
      return false
    }
  }

  /// What mail gateways will go by from now on is worth a line.
  func note(_ listing: ListingChange, of domain: DomainName, _ revision: UInt64) {
    guard listing != .none else { return }
    metrics.whitelistChanges.add(listing.rawValue)
    let entry = reading { try store.record(of: domain) }
    log.info(
      listing == .joined ? "a domain joins the whitelist" : "a domain leaves the whitelist",
      metadata: [
        "domain": "\(domain)", "revision": "\(revision)", "verdict": "\(entry?.header.verdict ?? "none")",
      ])
  }

  private func write(of examination: Examination, replacing replaced: Timestamp?) throws -> Assessment {
    let domain = examination.facts.subject.domain
    let record = examination.record(by: standards.preferred)
    let old = try store.record(of: domain)
    let decision = decision(record)
    let header = RecordHeader(
      verdict: record.verdict.rawValue, standard: standards.preferred.identity, programVersion: Version.current,
      checkedAt: record.checkedAt, expiresAt: record.expiresAt, dueAt: dueTime(examination, decision, old?.header))
    return Assessment(
      domain: domain, header: header,
      evidence: EvidenceBlob(octets: examination.evidence.serialized(), expiresAt: record.expiresAt),
      endpoints: endpoints(examination), whitelist: decision, digest: RecordDigest(record), replaces: replaced,
      change: history(record, old),
      render: { revision in record.json(stale: false, revision: revision).serialized() })
  }

  private func history(
    _ record: PostureRecord, _ old: StoredRecord?
  ) -> (@Sendable (_ revision: UInt64) -> [UInt8])? {
    guard let change = RecordChange(record, old: old, at: clock.now) else { return nil }
    return { revision in change.json(revision).serialized() }
  }

  /// Before the expiry by a part of the lifetime, so that a record is renewed while it holds, and herds part; at the moment
  /// when time alone changes the judgement, or what a stale entry means. Never at once, whatever a TTL says.
  ///
  /// What a renewal before the expiry did not prolong is not asked before it (old versions of TLS, a server that wants to be left
  /// alone), and there is no use in coming back at nine tenths of what is left, and again of what is left then.
  private func dueTime(
    _ examination: Examination, _ decision: WhitelistDecision, _ old: RecordHeader?
  ) -> Timestamp {
    let now = clock.now
    let lifetime = max(examination.expiresAt - now, 1)
    let isTurn = examination.expiresAt == examination.turnsAt
    let isFixed = old.map { $0.dueAt <= now && $0.expiresAt == examination.expiresAt } ?? false
    let early = isTurn || isFixed ? 0 : Int64.random(in: lifetime / 20...lifetime * Keeper.earliestRenewal / 100)
    var due = now + max(1, lifetime - early)
    if case .entry(_, let expiresAt, isStale: true) = decision {
      let end = expiresAt + Store.graceTime
      let turns = [end + -WhitelistCheck.noticeTime, end].filter { $0 > now }
      due = turns.reduce(due) { min($0, $1) }
    }
    return due
  }

  /// What was observed for this examination; the rest is kept already.
  private func endpoints(_ examination: Examination) -> [(key: [UInt8], blob: EvidenceBlob)] {
    let endpoints = examination.evidence.endpoints.filter { $0.value.observedAt >= examination.startedAt }
      .map { ($0.key.storeKey, EvidenceBlob(octets: $0.value.serialized(), expiresAt: $0.value.expiresAt)) }
    let versions = examination.evidence.versions.filter { $0.value.observedAt >= examination.startedAt }
      .map { ($0.key.storeKey, EvidenceBlob(octets: $0.value.serialized(), expiresAt: $0.value.expiresAt)) }
    return endpoints + versions
  }

  /// Secure: on it. Proved otherwise: off it at once. Unknown: it stays as it was, marked stale, for three days.
  private func decision(_ record: PostureRecord) -> WhitelistDecision {
    switch record.verdict {
    case .secure:
      guard let listing = Listing(record) else { return .remove }
      return .entry(listing.fields.serialized(), expiresAt: listing.expiresAt, isStale: false)
    case .insecure, .noMail: return .remove
    case .unknown:
      guard let present = reading({ try store.whitelistEntry(of: record.domain) }) else { return .unchanged }
      guard present.isServed(at: clock.now) else { return .remove }
      return .entry(present.octets, expiresAt: present.expiresAt, isStale: true)
    }
  }
}

extension Listing {
  /// The fields that stay the same while nothing changes; expiry, staleness and revision are put in when it goes out.
  fileprivate var fields: JSONValue {
    [
      "domain": .string(domain.description), "mx": JSONValue(texts: hosts.map(\.description)),
      "policy": .string(policy.rawValue), "basis": .string(basis.rawValue), "match": JSONValue(texts: match),
    ]
  }
}
