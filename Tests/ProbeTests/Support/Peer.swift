import Foundation
import TestKit

/// A scripted server on loopback; it ends when its standard input is closed, so at the latest with the tests.
final class Peer {
  struct Credentials {
    let certificate: String
    let key: String
  }

  let port: UInt16
  private let process = Process()
  private let input: PrivatePipe
  private let output: PrivatePipe

  init(_ steps: [String], credentials: Credentials? = nil, options: [String] = []) throws {
    output = try PrivatePipe()
    process.executableURL = URL(filePath: "/usr/bin/env")
    let script = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../Peers/peer.py").standardized
    let files = credentials.map { ["--cert", $0.certificate, "--key", $0.key] } ?? []
    process.arguments = ["python3", script.path()] + files + options
    input = try PrivatePipe()
    process.standardInput = input.reading
    process.standardOutput = output.writing
    try Program.spawning.withLock { [process] _ in try process.run() }
    try input.reading.close()
    try output.writing.close()
    try input.writing.write(contentsOf: Data((steps.joined(separator: "\n") + "\n.\n").utf8))
    var line = Data()
    while !line.contains(0x0a) {
      let more = output.reading.availableData
      guard !more.isEmpty else { throw Program.Failure(description: "the peer did not start") }
      line += more
    }
    let text = String(decoding: line, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
    guard let number = UInt16(text) else { throw Program.Failure(description: "the peer said \(text)") }
    port = number
  }

  /// Ends the server, and gives what it heard and noted, line by line.
  func end() -> [String] {
    try? input.writing.close()
    let text = String(decoding: output.reading.readDataToEndOfFile(), as: UTF8.self)
    return text.split(separator: "\n").map(String.init)
  }
}
