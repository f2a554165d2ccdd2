import ArgumentParser
import Glibc

@testable import Hallmark

/// What `run` drives: each command works on a store in a directory, and prints lines for people.
@main
struct StoreBench: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "storebench", abstract: "Measures the store and the verifier.", version: Version.current,
    subcommands: [Fill.self, Reads.self, Writes.self, Renewals.self, Whitelist.self])
}

/// Writes a line at once, also into a pipe.
func say(_ line: String) {
  print(line)
  fflush(nil)
}

/// Seconds of processor time that the process has used, the kernel's part included.
func processorTime() -> Double {
  var time = timespec()
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
  return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
}

/// Seconds that a piece of work took.
func seconds(of body: () async throws -> Void) async rethrows -> Double {
  let start = ContinuousClock.now
  try await body()
  return (ContinuousClock.now - start) / .seconds(1)
}

extension Double {
  /// With so many digits behind the point, and the thousands parted.
  func text(_ digits: Int = 0) -> String {
    var factor = 1.0
    for _ in 0..<digits { factor *= 10 }
    let rounded = (self * factor).rounded() / factor
    var whole = String(Int(rounded))
    var index = whole.count - 3
    while index > 0 {
      whole.insert(",", at: whole.index(whole.startIndex, offsetBy: index))
      index -= 3
    }
    guard digits > 0 else { return whole }
    let rest = Int(((rounded - rounded.rounded(.down)) * factor).rounded())
    return whole + "." + String(repeating: "0", count: digits - String(rest).count) + String(rest)
  }
}
