import DNS
import JSON
import Posture

extension Keeper {
  /// Keeps an examination: evidence, record, due time, whitelist and history in one write.
  func keep(_ examination: Examination) async {
    let domain = examination.facts.subject.domain
    do {
      let wasListed = try store.whitelistEntry(of: domain) != nil
      let outcomes = try await store.commit([.assessment(try write(of: examination))])
      if case .assessed(let revision, isNew: true)? = outcomes.first {
        let isListed = try store.whitelistEntry(of: domain) != nil
        if wasListed != isListed {
          log.notice(
            isListed ? "a domain joins the whitelist" : "a domain leaves the whitelist",
            metadata: ["domain": "\(domain)", "revision": "\(revision)"])
        }
        bell.ring()
      }
      noteDue()
    } catch {
      log.error("a check could not be kept", metadata: ["domain": "\(domain)", "reason": "\(error)"])
    }
  }

  private func write(of examination: Examination) throws -> Assessment {
    let domain = examination.facts.subject.domain
    let record = examination.record(by: standards.preferred)
    let old = try store.record(of: domain)
    let header = RecordHeader(
      verdict: record.verdict.rawValue, standard: standards.preferred.identity, programVersion: Version.current,
      checkedAt: record.checkedAt, expiresAt: record.expiresAt, dueAt: dueTime(record))
    return Assessment(
      domain: domain, header: header,
      evidence: EvidenceBlob(octets: examination.evidence.serialized(), expiresAt: record.expiresAt),
      endpoints: endpoints(examination), whitelist: decision(record), change: history(record, old),
      render: { revision in record.json(stale: false, revision: revision).serialized() })
  }

  private func history(
    _ record: PostureRecord, _ old: StoredRecord?
  ) -> (@Sendable (_ revision: UInt64) -> [UInt8])? {
    guard let change = RecordChange(record, old: old) else { return nil }
    return { revision in change.json(revision).serialized() }
  }

  /// Before the expiry by a part of the lifetime, so that a record is renewed while it holds, and herds part. Never at
  /// once, whatever a TTL says.
  private func dueTime(_ record: PostureRecord) -> Timestamp {
    let now = clock.now
    let lifetime = max(record.expiresAt - now, 1)
    let early = Int64.random(in: lifetime / 20...lifetime * Keeper.earliestRenewal / 100)
    return now + max(1, lifetime - early)
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
      guard let entry = Posture.WhitelistEntry(record) else { return .remove }
      return .entry(entry.fields.serialized(), expiresAt: entry.expiresAt, isStale: false)
    case .insecure, .noMail: return .remove
    case .unknown:
      guard let present = reading({ try store.whitelistEntry(of: record.domain) }) else { return .unchanged }
      guard clock.now - present.expiresAt < Keeper.graceTime else { return .remove }
      return .entry(present.octets, expiresAt: present.expiresAt, isStale: true)
    }
  }
}

extension Posture.WhitelistEntry {
  /// The fields that stay the same while nothing changes; expiry, staleness and revision are put in when it goes out.
  fileprivate var fields: JSONValue {
    [
      "domain": .string(domain.description), "mx": JSONValue(texts: hosts.map(\.description)),
      "policy": .string(policy.rawValue), "basis": .string(basis.rawValue), "match": JSONValue(texts: match),
    ]
  }
}

/// What is different between a record and the one before it.
struct RecordChange: Sendable {
  private let domain: String
  private let at: Timestamp
  private let verdict: String
  private let previous: String?
  private let appeared: [String]
  private let resolved: [String]

  /// Keys that change with every check though nothing did.
  private static let passing: Set<String> = ["checkedAt", "expiresAt", "stale", "revision"]

  /// nil where the records say the same.
  init?(_ record: PostureRecord, old: StoredRecord?) {
    let new = record.json(stale: false, revision: 0)
    let before = old.flatMap { try? JSONValue(parsing: $0.json, limits: .evidence) }
    if let before, RecordChange.lasting(before) == RecordChange.lasting(new) { return nil }
    domain = record.domain.description
    at = record.checkedAt
    verdict = record.verdict.rawValue
    previous = before?["verdict"]?.stringValue
    let oldIDs = Set((before?["findings"]?.arrayValue ?? []).compactMap { $0["id"]?.stringValue })
    let newIDs = Set(record.findings.map(\.id))
    appeared = newIDs.subtracting(oldIDs).sorted()
    resolved = oldIDs.subtracting(newIDs).sorted()
  }

  private static func lasting(_ record: JSONValue) -> JSONObject {
    var object = record.objectValue ?? [:]
    for key in passing { object[key] = nil }
    return object
  }

  func json(_ revision: UInt64) -> JSONValue {
    [
      "domain": .string(domain), "at": .string(at.description), "revision": .integer(Int64(clamping: revision)),
      "verdict": .string(verdict), "previous": JSONValue(previous), "appeared": JSONValue(texts: appeared),
      "resolved": JSONValue(texts: resolved),
    ]
  }
}
