#if canImport(Glibc)
  import Glibc
#endif

/// Files that an operator names: read whole, bounded, and each failure names the option and the file.
public enum TextFile {
  /// The largest file that is read, in octets: a CA bundle or a watch list of a million names fits.
  public static let maximumSize = 64 << 20

  /// - Parameters:
  ///   - path: `-` is standard input.
  ///   - option: that named it, for errors.
  public static func read(_ path: String, option: String) throws(SettingsError) -> [UInt8] {
    let descriptor = path == "-" ? dup(STDIN_FILENO) : open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw failure(path, option) }
    defer { close(descriptor) }
    var octets: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 65_536)
    while true {
      let count = Glibc.read(descriptor, &buffer, buffer.count)
      if count < 0, errno == EINTR { continue }
      guard count >= 0 else { throw failure(path, option) }
      if count == 0 { return octets }
      octets += buffer[..<count]
      guard octets.count <= maximumSize else {
        throw SettingsError("\(option): \(path) is larger than \(maximumSize) octets")
      }
    }
  }

  private static func failure(_ path: String, _ option: String) -> SettingsError {
    SettingsError("\(option): cannot read \(path): \(String(cString: strerror(errno)))")
  }

  /// The names of a file, one a line; blank lines and what follows a # are left out.
  public static func lines(_ octets: [UInt8]) -> [String] {
    octets.split(separator: UInt8(ascii: "\n")).compactMap { line in
      let text = String(decoding: line.prefix { $0 != UInt8(ascii: "#") }, as: UTF8.self)
      let trimmed = text.drop { $0.isWhitespace }
      let kept = trimmed.reversed().drop { $0.isWhitespace }.reversed()
      return kept.isEmpty ? nil : String(kept)
    }
  }
}
