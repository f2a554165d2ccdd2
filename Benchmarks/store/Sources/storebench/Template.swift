import DNS
import IDNA
import Posture

@testable import Hallmark

/// What a real check keeps of a domain, turned into what it would keep of another of the same provider.
struct Template: Sendable {
  private let header: RecordHeader
  private let digest: RecordDigest
  private let record: Pattern
  private let evidence: Pattern
  private let entry: Pattern
  private let change: Pattern

  /// Octets in which the digits of a name stand, and where.
  private struct Pattern: Sendable {
    private let octets: [UInt8]
    private let places: [Int]

    init(_ octets: [UInt8], of index: Int) {
      self.octets = octets
      let digits = Array(Country.name(index).utf8.prefix(8))
      places = octets.indices.dropLast(7).filter { octets[$0] == digits[0] && octets[$0...].starts(with: digits) }
    }

    func of(_ index: Int) -> [UInt8] {
      var octets = self.octets
      let digits = Country.name(index).utf8.prefix(8)
      for place in places { octets.replaceSubrange(place..<place + 8, with: digits) }
      return octets
    }
  }

  /// Checks a domain through the desk, so that its provider's endpoints are kept too.
  init(_ index: Int, _ bureau: Bureau) async throws {
    let domain = Country.domain(index)
    let now = bureau.keeper.clock.now
    try await bureau.store.commit([.watch(domain, organisation: "", selectors: [], at: now, dueAt: now)])
    let request = CheckRequest(domain: try MailDomain(validating: domain.description))
    let examination = try await bureau.desk.renew(request)
    let record = examination.record(by: bureau.keeper.standards.preferred)
    guard let stored = try bureau.store.record(of: domain), let entry = try bureau.store.whitelistEntry(of: domain),
      let change = RecordChange(record, old: nil, at: now)
    else { throw Unexpected("\(domain) is \(record.verdict): \(record.findings.map { "\($0.id) \($0.message)" })") }
    header = stored.header
    digest = RecordDigest(record)
    self.record = Pattern(stored.json, of: index)
    evidence = Pattern(examination.evidence.serialized(), of: index)
    self.entry = Pattern(entry.octets, of: index)
    self.change = Pattern(change.json(0).serialized(), of: index)
  }

  /// - Parameters:
  ///   - isFirst: it comes with its change, as the first check of a domain does.
  func assessment(_ index: Int, expiresAt: Timestamp, dueAt: Timestamp, isFirst: Bool) -> StoreWrite {
    var header = self.header
    header.expiresAt = expiresAt
    header.dueAt = dueAt
    var digest = self.digest
    digest.expiresAt = expiresAt
    let json = record.of(index)
    let change = self.change.of(index)
    var hook: (@Sendable (UInt64) -> [UInt8])?
    if isFirst { hook = { _ in change } }
    return .assessment(
      Assessment(
        domain: Country.domain(index), header: header,
        evidence: EvidenceBlob(octets: evidence.of(index), expiresAt: expiresAt),
        whitelist: .entry(entry.of(index), expiresAt: expiresAt, isStale: false), digest: digest,
        change: hook, render: { _ in json }))
  }
}

struct Unexpected: Error, CustomStringConvertible {
  let description: String

  init(_ description: String) { self.description = description }
}
