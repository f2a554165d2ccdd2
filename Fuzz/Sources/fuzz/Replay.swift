#if canImport(Glibc)
  import Glibc
#endif

/// Inputs that failed once, run again.
enum Replay {
  /// More than any kept input has, in octets.
  private static let maximumSize = 1 << 20

  static func run(_ files: ArraySlice<String>) -> Bool {
    for file in files {
      let parts = file.split(separator: "/")
      guard parts.count > 1, let target = Target.named(String(parts[parts.count - 2])), let octets = read(file) else {
        print("\(file): no such file, or its directory is not named after a target")
        return false
      }
      target.run(octets)
    }
    print("\(files.count) kept inputs pass")
    return true
  }

  private static func read(_ path: String) -> [UInt8]? {
    guard let file = fopen(path, "re") else { return nil }
    defer { fclose(file) }
    var octets = [UInt8](repeating: 0, count: maximumSize)
    let count = fread(&octets, 1, octets.count, file)
    return ferror(file) == 0 ? Array(octets[..<count]) : nil
  }
}
