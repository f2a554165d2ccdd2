import Glibc

/// What the system says of a socket.
public struct SocketError: Error, Hashable, CustomStringConvertible {
  /// An errno.
  public let code: Int32
  /// What was tried.
  public let operation: String

  public var description: String { "\(operation): \(String(cString: strerror(code)))" }

  /// - Returns: what was returned.
  /// - Throws: where that is negative.
  @discardableResult
  static func check(_ result: Int32, _ operation: String) throws(SocketError) -> Int32 {
    guard result >= 0 else { throw SocketError(code: errno, operation: operation) }
    return result
  }
}
