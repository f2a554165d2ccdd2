import COpenSSL

/// The one way from a return code of OpenSSL to a Swift error.
///
/// OpenSSL keeps its errors in a queue that belongs to the thread: what one call left behind would be read as the
/// reason of the next. So the queue is cleared, the call made and the queue read, with nothing between that could
/// move to another thread.
public struct OpenSSLError: Error, Hashable, Sendable, CustomStringConvertible {
  /// The codes of the queue, the earliest first; that is the one nearest to the cause.
  let codes: [UInt]
  /// What was tried.
  let operation: String

  /// The most codes that are read; a call leaves a handful.
  static let maximumCodes = 16

  init(operation: String, codes: [UInt]) {
    self.operation = operation
    self.codes = codes
  }

  /// Empties the queue and keeps what was in it.
  init(draining operation: String) {
    var codes: [UInt] = []
    while codes.count < OpenSSLError.maximumCodes {
      let code = ERR_get_error()
      if code == 0 { break }
      codes.append(UInt(code))
    }
    ERR_clear_error()
    self.init(operation: operation, codes: codes)
  }

  /// Runs one call on a clean queue, and throws what it left where it gave no positive number.
  static func check(_ operation: String, _ call: () -> Int32) throws(OpenSSLError) {
    ERR_clear_error()
    guard call() > 0 else { throw OpenSSLError(draining: operation) }
  }

  /// Runs one call on a clean queue, and throws what it left where it gave no handle.
  static func handle(_ operation: String, _ call: () -> OpaquePointer?) throws(OpenSSLError) -> OpaquePointer {
    ERR_clear_error()
    guard let pointer = call() else { throw OpenSSLError(draining: operation) }
    return pointer
  }

  /// The reason of the earliest error, in OpenSSL's words.
  var reason: String? {
    guard let code = codes.first, let text = ERR_reason_error_string(.init(code)) else { return nil }
    return RemoteText.escaped(String(cString: text), limit: 200)
  }

  public var description: String { "\(operation): \(reason ?? "no reason is known")" }
}
