#if canImport(Glibc)
  import Glibc
#endif

/// Text to standard output, past any buffer, so that a pipe sees each record as it is done.
enum StandardOutput {
  static func write(_ text: String) {
    // A reader that went away wants no more.
    guard writeAll(text, to: STDOUT_FILENO) else { exit(2) }
  }
}

/// Text to standard error, past any buffer. Where nobody reads it nothing can be done about it.
enum StandardError {
  static func write(_ text: String) { _ = writeAll(text, to: STDERR_FILENO) }

  static var isTerminal: Bool { isatty(STDERR_FILENO) == 1 }
}

/// False where not all of it could be written.
private func writeAll(_ text: String, to descriptor: Int32) -> Bool {
  var octets = Array(text.utf8)[...]
  while !octets.isEmpty {
    let count = octets.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
    if count < 0, errno == EINTR { continue }
    guard count > 0 else { return false }
    octets = octets.dropFirst(count)
  }
  return true
}
