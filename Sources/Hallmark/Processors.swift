/// The processors that this process may use.
enum Processors {
  /// How many, as sched_setaffinity(2), taskset(1) or a unit's CPUAffinity left them; nil where it cannot be told.
  static var allowed: Int? {
    guard let status = try? TextFile.read("/proc/self/status", option: "the process's own state") else { return nil }
    return count(inStatus: String(decoding: status, as: UTF8.self))
  }

  /// The line `Cpus_allowed` of proc(5): a mask in hexadecimal, with commas.
  static func count(inStatus text: String) -> Int? {
    let key = "Cpus_allowed:"
    guard let line = text.split(separator: "\n").first(where: { $0.hasPrefix(key) }) else { return nil }
    let count = line.utf8.dropFirst(key.utf8.count).compactMap(Hex.digit).reduce(0) { $0 + $1.nonzeroBitCount }
    return count > 0 ? count : nil
  }
}
