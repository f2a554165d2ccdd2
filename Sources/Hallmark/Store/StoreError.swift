import LMDB

/// Why the store did not do what it was asked.
public enum StoreError: Error, Hashable, Sendable {
  /// Another process writes this store; its number where it is known.
  case inUse(path: String, process: Int32?)
  /// There is no store in the directory.
  case absent(path: String)
  /// The directory or the lock in it cannot be made or opened.
  case inaccessible(path: String, reason: String)
  /// The store was written in another form than this program knows.
  case schema(path: String, found: UInt32, expected: UInt32)
  /// The file is cut off, or no store at all, or a value in it breaks its form.
  case damaged(String)
  /// A value is not the one that was written. It is never served, and a store that is open for writing soon mends it.
  case broken(table: String)
  /// The disk, or the largest map that is allowed, is full; nothing of the write was kept.
  case full(String)
  /// A name, an organisation or a key is empty or too long.
  case invalid(String)
  /// The changes since that revision are no longer kept; those after `floor` are.
  case compacted(floor: UInt64)
  /// No such revision has been given out; `head` is the last one.
  case unknownRevision(head: UInt64)
  /// The store was opened for reading alone, or has been closed.
  case notWritable
  case failed(String)

  /// The one place where an error of the database becomes one of the store.
  init(_ error: LMDBError) {
    if error.isDamaged {
      self = .damaged(error.description)
    } else if error.isNoSpace || error.isMapFull {
      self = .full(error.description)
    } else {
      self = .failed(error.description)
    }
  }

  /// Runs the body, and lets an error of its own through as it is.
  static func translating<Result>(_ body: () throws -> Result) throws -> Result {
    do {
      return try body()
    } catch let error as LMDBError {
      throw StoreError(error)
    }
  }
}

extension StoreError: CustomStringConvertible {
  /// One line for people.
  public var description: String {
    switch self {
    case .inUse(let path, let process):
      "the store \(path) is in use by another process" + (process.map { " (\($0))" } ?? "")
    case .absent(let path): "there is no store in \(path)"
    case .inaccessible(let path, let reason): "\(path) cannot be opened: \(reason)"
    case .schema(let path, let found, let expected) where found < expected:
      "the store \(path) has the earlier form \(found); start the service on it once, which brings it to form \(expected)"
    case .schema(let path, let found, let expected):
      "the store \(path) has the form \(found) of a later program, and this one knows forms up to \(expected)"
    case .damaged(let what): "the store is damaged: \(what)"
    case .broken(let table): "the store is damaged: a value of \(table) does not match its seal"
    case .full(let what): "the store is full: \(what)"
    case .invalid(let what): what
    case .compacted(let floor): "changes up to revision \(floor) are no longer kept"
    case .unknownRevision(let head): "there is no such revision; the last is \(head)"
    case .notWritable: "the store is not open for writing"
    case .failed(let what): "the store failed: \(what)"
    }
  }
}
