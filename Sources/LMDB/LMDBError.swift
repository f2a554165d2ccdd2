import CLMDB
import Glibc

/// What LMDB, or the system below it, refused to do.
public struct LMDBError: Error, Hashable, Sendable {
  /// A code of lmdb.h (negative) or an errno (positive).
  public let code: Int32
  /// What was being done, such as "open /var/lib/hallmark".
  public let operation: String

  public init(code: Int32, operation: String) {
    self.code = code
    self.operation = operation
  }

  /// The map is full, at the largest size that is allowed.
  public var isMapFull: Bool { code == MDB_MAP_FULL }
  /// Another process has made the map larger.
  var isMapResized: Bool { code == MDB_MAP_RESIZED }
  var isReadersFull: Bool { code == MDB_READERS_FULL }
  /// The file is no LMDB environment of this version, or its pages contradict each other.
  public var isDamaged: Bool {
    [MDB_INVALID, MDB_CORRUPTED, MDB_PAGE_NOTFOUND, MDB_PANIC, MDB_VERSION_MISMATCH].contains(code)
  }
  public var isNoSpace: Bool { code == ENOSPC || code == EDQUOT || code == EFBIG }
  public var isAbsent: Bool { code == ENOENT || code == MDB_NOTFOUND }

  /// The one place where a return code becomes an error.
  static func check(_ code: Int32, _ operation: @autoclosure () -> String) throws(LMDBError) {
    guard code != MDB_SUCCESS else { return }
    throw LMDBError(code: code, operation: operation())
  }
}

extension LMDBError: CustomStringConvertible {
  /// A phrase for people with the code at its end, without a full stop.
  public var description: String {
    let reason = mdb_strerror(code).map { String(cString: $0) } ?? "unknown error"
    return "could not \(operation): \(reason) (\(code))"
  }
}
