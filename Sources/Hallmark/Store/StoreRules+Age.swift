import LMDB
import Posture

/// Changes that are too old to be kept.
///
/// What a change says is the caller's, so that the store knows revisions and no dates. It marks the first revision of each day
/// instead: what was given out before the first day that is kept is too old, all of it in one comparison. That is done by the
/// transaction that gives out a revision; and by `forgetChanges`, once an hour, where no revision is given out and for domains that no
/// longer change.
extension StoreRules {
  /// Marks the day of a revision by the last one before it.
  func noteDay(after last: UInt64, _ transaction: borrowing WriteTransaction) throws {
    let today = clock.now.day
    let mark = StoreMeta.day(today)
    guard try !transaction.reading.contains(mark, in: layout.meta) else { return }
    // What was given out before there were marks counts as of the first of them.
    let isFirst = try layout.firstMark(transaction.reading) == nil
    // A clock that was set back makes nothing older than what it said ahead.
    let next = try layout.firstMark(from: today, transaction.reading)
    try layout.set(mark, to: isFirst ? 0 : min(last, next?.last ?? last), transaction)
    try age(transaction)
  }

  /// Finds what is too old today, and lets go of the marks that are.
  private func age(_ transaction: borrowing WriteTransaction) throws {
    let today = clock.now.day
    while let mark = try layout.firstMark(transaction.reading), mark.day <= today - keptDays {
      try transaction.remove(StoreMeta.day(mark.day), from: layout.meta)
    }
    let head = try layout.number(StoreMeta.head, transaction.reading)
    let old = try layout.firstMark(transaction.reading)?.last ?? head
    // What once was too old stays so.
    guard old > (try layout.number(StoreMeta.tooOld, transaction.reading)) else { return }
    try layout.set(StoreMeta.tooOld, to: old, transaction)
  }

  /// Clears changes of all domains away, up to a revision and as far as they are too old; some at a time.
  ///
  /// - Returns: whether there were any.
  @discardableResult
  func clearChanges(upTo revision: UInt64, _ transaction: borrowing WriteTransaction) throws -> Bool {
    let floor = try layout.number(StoreMeta.floor, transaction.reading)
    let wanted = max(revision, try layout.number(StoreMeta.tooOld, transaction.reading))
    guard wanted > floor else { return false }
    let reached = min(wanted, floor + UInt64(StoreRules.clearedPerRevision))
    for old in (floor + 1)...reached {
      let key = StoreKey.revision(old)
      try transaction.remove(key, from: layout.whitelistLog)
      try transaction.remove(key, from: layout.changes)
    }
    try layout.set(StoreMeta.floor, to: reached, transaction)
    return true
  }

  /// What is too old goes, though no revision is given out.
  func forgetOldChanges(_ transaction: borrowing WriteTransaction) throws -> StoreOutcome {
    if try layout.firstMark(transaction.reading) != nil { try age(transaction) }
    return .done(changed: try clearChanges(upTo: 0, transaction))
  }

  func forgetHistory(
    _ keys: [[UInt8]], upTo revision: UInt64?, _ transaction: borrowing WriteTransaction
  ) throws -> StoreOutcome {
    for key in keys { try transaction.remove(key, from: layout.history) }
    if let revision { try layout.set(StoreMeta.historyFloor, to: revision, transaction) }
    return .done(changed: !keys.isEmpty)
  }
}

extension StoreLayout {
  /// The earliest day that is marked, of all or from one on, and the last revision before it.
  func firstMark(
    from day: Int64? = nil, _ transaction: borrowing ReadTransaction
  ) throws -> (day: Int64, last: UInt64)? {
    var mark: (day: Int64, last: UInt64)?
    try transaction.scan(meta, from: day.map(StoreMeta.day) ?? StoreMeta.dayPrefix) { key, value in
      guard key.starts(with: StoreMeta.dayPrefix) else { return .stop }
      var reader = ByteReader(value)
      mark = (try StoreKey.day(endOf: key), try reader.number())
      return .stop
    }
    return mark
  }

  /// Keys of the history that are too old, at most `limit`, and up to which revision none is left behind them; nil where there
  /// is nothing to do since they were last gone through, which is once a day.
  func oldHistory(
    _ limit: Int, _ transaction: borrowing ReadTransaction
  ) throws -> (keys: [[UInt8]], upTo: UInt64?)? {
    let old = try number(StoreMeta.tooOld, transaction)
    guard old > (try number(StoreMeta.historyFloor, transaction)) else { return nil }
    var keys: [[UInt8]] = []
    try transaction.scanKeys(of: history) { key in
      if try StoreKey.revision(endOf: key) <= old { keys.append([UInt8](key)) }
      return keys.count <= limit ? .more : .stop
    }
    return keys.count > limit ? (Array(keys.prefix(limit)), nil) : (keys, old)
  }
}

extension Timestamp {
  /// In seconds.
  static let dayLength: Int64 = 86_400

  /// Days since 1970.
  var day: Int64 {
    seconds >= 0 ? seconds / Timestamp.dayLength : (seconds - Timestamp.dayLength + 1) / Timestamp.dayLength
  }
}
