import DNS
import LMDB
import Posture

/// By what records are judged: a standard, and the program that held them against it.
public struct Judgement: Hashable, Sendable {
  public let standard: String
  public let programVersion: String

  public init(standard: String, programVersion: String) {
    self.standard = standard
    self.programVersion = programVersion
  }
}

/// What all records were last judged by.
///
/// With it a start need not read every record to find that none is of another standard or program. It is put up before they
/// are gone through, and is whole once they have been; a record that another judgement wrote takes it down in the same
/// transaction, before or after. So where it stands whole, there is no such record.
struct JudgementMark: Hashable, Sendable {
  let judgement: Judgement
  /// All records have been gone through.
  var isWhole: Bool
  /// No record was checked later.
  var latest: Timestamp

  var encoded: [UInt8] {
    var writer = ByteWriter()
    writer.put(UInt8(isWhole ? 1 : 0))
    writer.put(latest.seconds)
    writer.put(text: judgement.standard)
    writer.put(text: judgement.programVersion)
    return writer.octets
  }

  init(_ judgement: Judgement, isWhole: Bool, latest: Timestamp) {
    self.judgement = judgement
    self.isWhole = isWhole
    self.latest = latest
  }

  init(_ bytes: UnsafeRawBufferPointer) throws(StoreError) {
    var reader = ByteReader(bytes)
    isWhole = try reader.number(UInt8.self) != 0
    latest = Timestamp(seconds: try reader.signed())
    judgement = Judgement(standard: try reader.text(), programVersion: try reader.text())
  }
}

extension Store {
  /// Whether it is known, without a look at them, that all records were judged by this, and that none is from a time yet to come.
  public func isJudged(by judgement: Judgement, at now: Timestamp) throws -> Bool {
    try read { transaction, layout in
      guard let mark = try layout.judgementMark(transaction) else { return false }
      return mark.isWhole && mark.judgement == judgement && mark.latest - now <= Freshness.clockTolerance
    }
  }

  /// Names of records that were judged by another standard or by another program, or that are from a time yet to come;
  /// at most `limit` of the next `maximumExamined`, after a name.
  public func outdatedRecords(
    for judgement: Judgement, at now: Timestamp, after name: DomainName? = nil, limit: Int
  ) throws -> (domains: [DomainName], next: DomainName?) {
    let start = name.map { StoreKey.name($0) + [0] } ?? []
    return try read { transaction, layout in
      var domains: [DomainName] = []
      var last: DomainName?
      var examined = 0
      var isMore = false
      try transaction.scan(layout.records, from: start) { key, value in
        isMore = domains.count >= limit || examined >= Store.maximumExamined
        guard !isMore else { return .stop }
        examined += 1
        last = try StoreKey.name(in: key)
        var reader = ByteReader(value)
        let header = try LentHeader(&reader)
        if !header.isOf(judgement) || header.isFromTheFuture(at: now), let last { domains.append(last) }
        return .more
      }
      return (domains, isMore ? last : nil)
    }
  }
}

extension StoreLayout {
  func judgementMark(_ transaction: borrowing ReadTransaction) throws -> JudgementMark? {
    try transaction.withValue(of: StoreMeta.judgement, in: meta) { try $0.map { try JudgementMark($0) } }
  }
}

extension StoreRules {
  /// The latest check is written down so many seconds ahead, so that it is not written with each.
  private static let lead = Freshness.clockTolerance / 2

  /// Puts up the mark for records that are yet to be gone through.
  func beginJudging(_ judgement: Judgement, at now: Timestamp, _ transaction: borrowing WriteTransaction) throws {
    try put(JudgementMark(judgement, isWhole: false, latest: now), transaction)
  }

  /// Makes the mark whole, if it still stands.
  ///
  /// - Parameter now: when the last of them was looked at.
  func endJudging(
    _ judgement: Judgement, at now: Timestamp, _ transaction: borrowing WriteTransaction
  ) throws -> Bool {
    guard var mark = try layout.judgementMark(transaction.reading), mark.judgement == judgement else { return false }
    mark.isWhole = true
    // None that was looked at was from later than this.
    mark.latest = max(mark.latest, now + Freshness.clockTolerance)
    try put(mark, transaction)
    return true
  }

  /// Sees that the mark holds for a record that is about to be put, or takes it down.
  func noteJudgement(of header: RecordHeader, _ transaction: borrowing WriteTransaction) throws {
    guard var mark = try layout.judgementMark(transaction.reading) else { return }
    guard mark.judgement == Judgement(standard: header.standard, programVersion: header.programVersion) else {
      try transaction.remove(StoreMeta.judgement, from: layout.meta)
      return
    }
    guard header.checkedAt > mark.latest else { return }
    mark.latest = header.checkedAt + StoreRules.lead
    try put(mark, transaction)
  }

  private func put(_ mark: JudgementMark, _ transaction: borrowing WriteTransaction) throws {
    try transaction.put(mark.encoded, for: StoreMeta.judgement, in: layout.meta)
  }
}
