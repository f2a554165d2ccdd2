import Glibc

/// The right to write a store: a lock on a file beside the environment, which ends with the process however it ends.
final class StoreLock: Sendable {
  private let descriptor: Int32

  /// - Throws: `StoreError.inUse` while another process has it.
  init(directory: String) throws(StoreError) {
    let path = directory + "/writer.lock"
    let opened = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
    guard opened >= 0 else { throw .inaccessible(path: path, reason: String(cString: strerror(errno))) }
    guard flock(opened, LOCK_EX | LOCK_NB) == 0 else {
      let reason = errno
      let holder = StoreLock.processNumber(opened)
      close(opened)
      guard reason == EWOULDBLOCK else { throw .inaccessible(path: path, reason: String(cString: strerror(reason))) }
      throw .inUse(path: directory, process: holder)
    }
    descriptor = opened
    // For people alone, so it does not matter when it cannot be written.
    let line = Array("\(getpid())\n".utf8)
    if ftruncate(opened, 0) == 0 { _ = pwrite(opened, line, line.count, 0) }
  }

  deinit { close(descriptor) }

  private static func processNumber(_ descriptor: Int32) -> Int32? {
    var octets = [UInt8](repeating: 0, count: 16)
    let count = pread(descriptor, &octets, octets.count, 0)
    guard count > 0 else { return nil }
    return Int32(String(decoding: octets[..<count].prefix { $0 != 10 }, as: UTF8.self))
  }

  /// Makes the directory and those above it, for the owner alone.
  static func makeDirectory(_ path: String) throws(StoreError) {
    guard !path.isEmpty else { throw .inaccessible(path: "the store", reason: "no directory is named") }
    var position = path.startIndex
    while position < path.endIndex {
      position = path[path.index(after: position)...].firstIndex(of: "/") ?? path.endIndex
      let part = String(path[..<position])
      guard mkdir(part, 0o700) == 0 || errno == EEXIST || errno == EISDIR else {
        throw .inaccessible(path: part, reason: String(cString: strerror(errno)))
      }
    }
  }
}
