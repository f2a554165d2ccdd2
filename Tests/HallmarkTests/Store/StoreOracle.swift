import DNS
import Foundation
import LMDB
import Posture
import Testing

@testable import Hallmark

/// What must be in a store, by what its writer said before it was killed: kept outside of the store, and by rules that are
/// written anew here.
struct StoreOracle {
  struct Domain: Equatable {
    var organisations: Set<String> = []
    var dueAt: Int64?
    var version: Int64?
    var verdict: String?
    var entry: String?
  }

  private(set) var domains: [String: Domain] = [:]
  /// Revisions that were acknowledged, of all rounds.
  private(set) var revisions: Set<UInt64> = []
  /// Batches that were acknowledged.
  private(set) var acknowledged = 0
  /// Batches that were under way when the writer died, and of these how many had been kept.
  private(set) var unanswered = (all: 0, kept: 0)

  /// Takes in what one writer said; gives the batches to which it had no answer.
  mutating func listen(_ text: String) throws -> [[String]] {
    var open: [Substring: [String]] = [:]
    // A last line that was cut short was not said.
    for line in text.split(separator: "\n", omittingEmptySubsequences: false).dropLast() {
      let words = line.split(separator: " ", maxSplits: 2)
      switch words.first {
      case "try": open[words[1]] = words[2].split(separator: ";").map(String.init)
      case "ack":
        let said = open.removeValue(forKey: words[1])
        let batch = try #require(said)
        for write in batch { apply(write, to: &domains) }
        acknowledged += 1
        for revision in words[2].split(separator: " ").compactMap({ UInt64($0) }) {
          #expect(revisions.insert(revision).inserted, "revision \(revision) was given out twice")
        }
      default: break
      }
    }
    return Array(open.values)
  }

  private func apply(_ write: String, to domains: inout [String: Domain]) {
    let words = write.split(separator: " ").map(String.init)
    var domain = domains[words[1]] ?? Domain()
    switch words[0] {
    case "watch":
      if domain.organisations.isEmpty { domain.dueAt = 0 }
      domain.organisations.insert(words[2])
    case "unwatch":
      if words[2] == "*" { domain.organisations = [] } else { domain.organisations.remove(words[2]) }
      if domain.organisations.isEmpty { (domain.dueAt, domain.entry) = (nil, nil) }
    default:
      domain.version = Int64(words[2])
      domain.verdict = words[3]
      let isWatched = !domain.organisations.isEmpty
      if isWatched { domain.dueAt = domain.version }
      if words[3] == "insecure" { domain.entry = nil }
      if words[3] == "secure" { domain.entry = isWatched ? words[4] : nil }
    }
    domains[words[1]] = domain
  }

  /// Holds the store against what was said. A batch without an answer is there whole or not at all, and from then on it
  /// counts as what it is.
  mutating func examine(_ store: Store, unanswered batches: [[String]]) throws {
    var found: [String: Domain] = [:]
    let names = Set(domains.keys).union(batches.joined().map { String($0.split(separator: " ")[1]) })
    for name in names { found[name] = try StoreOracle.domain(name, in: store) }
    for batch in batches {
      unanswered.all += 1
      var whole = domains
      for write in batch { apply(write, to: &whole) }
      let touched = Set(batch.map { String($0.split(separator: " ")[1]) })
      let isKept = touched.allSatisfy { found[$0] == whole[$0] ?? Domain() }
      let isAbsent = touched.allSatisfy { found[$0] == domains[$0] ?? Domain() }
      #expect(isKept || isAbsent, "half of \(batch): \(touched.map { (found[$0], whole[$0], domains[$0]) })")
      if isKept, !isAbsent { unanswered.kept += 1 }
      if isKept { domains = whole }
    }
    for (name, domain) in domains { #expect(found[name] == domain, "\(name)") }
    let head = try store.headRevision()
    #expect(head >= revisions.max() ?? 0, "an acknowledged revision is gone")
  }

  /// What the store says of a domain; all that hangs together must agree.
  private static func domain(_ name: String, in store: Store) throws -> Domain {
    let key = DomainName(name) ?? .root
    var domain = Domain()
    if let entry = try store.watchEntry(of: key) {
      domain.organisations = entry.organisations
      domain.dueAt = entry.dueAt - epoch
    }
    domain.entry = try store.whitelistEntry(of: key).map { String(decoding: $0.octets, as: UTF8.self) }
    guard let record = try store.record(of: key) else { return domain }
    let words = String(decoding: record.json, as: UTF8.self).split(separator: " ", omittingEmptySubsequences: false)
    domain.version = Int64(words[0])
    domain.verdict = record.header.verdict
    #expect(UInt64(words[1]) == record.header.revision && record.header.checkedAt - epoch == domain.version)
    #expect(try store.evidence(of: key)?.octets == Array(words[2].utf8))
    let endpoint = try store.endpoints([Array(name.utf8)]).values.first
    #expect(endpoint.map { String(decoding: $0.octets, as: UTF8.self) } == "\(words[0])")
    return domain
  }
}

extension Store {
  /// Whether the tables agree with one another; nothing of it needs to be known of what they ought to hold.
  func expectAgreement(keptRevisions: UInt64) throws {
    try verify()
    try read { transaction, layout in
      var (due, organisations, watched): (Set<[UInt8]>, Set<[UInt8]>, Set<[UInt8]>) = ([], [], [])
      try transaction.scan(layout.watch) { key, value in
        let (name, entry) = ([UInt8](key), try WatchEntry(try StoreKey.name(in: key), value))
        watched.insert(name)
        due.insert(StoreKey.due(entry.dueAt, name))
        organisations.formUnion(entry.organisations.map { StoreKey.organisation($0, name) })
        return .more
      }
      #expect(try transaction.keys(of: layout.due) == due)
      #expect(try transaction.keys(of: layout.organisations) == organisations)
      #expect(try transaction.keys(of: layout.whitelist).isSubset(of: watched))
      var verdicts: [String: UInt64] = [:]
      try transaction.scan(layout.records) { _, value in
        var reader = ByteReader(value)
        verdicts[try RecordHeader(&reader).verdict, default: 0] += 1
        return .more
      }
      for verdict in ["secure", "insecure", "unknown"] {
        #expect(try layout.number(StoreMeta.verdict(verdict), transaction) == verdicts[verdict] ?? 0)
      }
      let head = try layout.number(StoreMeta.head, transaction)
      let floor = try layout.number(StoreMeta.floor, transaction)
      #expect(floor == (head > keptRevisions ? head - keptRevisions : 0))
      let logged = try transaction.keys(of: layout.changes).union(transaction.keys(of: layout.whitelistLog))
      #expect(logged == Set((floor..<head).map { StoreKey.revision($0 + 1) }), "the revisions have gaps")
    }
  }
}

extension ReadTransaction {
  fileprivate borrowing func keys(of table: StoreTable) throws -> Set<[UInt8]> {
    var keys: Set<[UInt8]> = []
    try scan(table) { key, _ in
      keys.insert([UInt8](key))
      return .more
    }
    return keys
  }
}
