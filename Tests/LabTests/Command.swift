import Foundation
import Synchronization

/// How a command ended and what it said.
struct Outcome: Sendable {
  let status: Int32
  let stdout: String
  let stderr: String
}

/// A command that runs until it ends by itself or is told to.
///
/// Its outputs go to files, so that no full pipe can hold it up.
final class Command: Sendable {
  private let process: Mutex<Process>
  private let ended: AsyncStream<Int32>
  private let outputs: [URL]

  init(_ argv: [String], input: String = "", in scratch: URL) throws {
    let name = UUID().uuidString
    outputs = ["out", "err"].map { scratch.appendingPathComponent("\(name).\($0)") }
    let inputFile = scratch.appendingPathComponent("\(name).in")
    try Data(input.utf8).write(to: inputFile)
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = argv
    process.standardInput = try FileHandle(forReadingFrom: inputFile)
    let handles = try outputs.map { file in
      try Data().write(to: file)
      return try FileHandle(forWritingTo: file)
    }
    process.standardOutput = handles[0]
    process.standardError = handles[1]
    let (stream, continuation) = AsyncStream.makeStream(of: Int32.self)
    process.terminationHandler = { done in
      continuation.yield(done.terminationStatus)
      continuation.finish()
    }
    try process.run()
    for handle in handles { try? handle.close() }
    ended = stream
    self.process = Mutex(process)
  }

  var isRunning: Bool { process.withLock { $0.isRunning } }
  /// What it said so far.
  var stdout: String { text(0) }
  var stderr: String { text(1) }

  /// Waits for its end; to be asked once.
  func outcome() async -> Outcome {
    var status: Int32 = -1
    for await each in ended { status = each }
    return Outcome(status: status, stdout: stdout, stderr: stderr)
  }

  /// SIGTERM, and the outcome that follows.
  func terminate() async -> Outcome {
    process.withLock { $0.terminate() }
    return await outcome()
  }

  func signal(_ number: Int32) {
    process.withLock { _ = kill($0.processIdentifier, number) }
  }

  private func text(_ place: Int) -> String {
    String(decoding: (try? Data(contentsOf: outputs[place])) ?? Data(), as: UTF8.self)
  }
}
