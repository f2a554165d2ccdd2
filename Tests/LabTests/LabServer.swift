import Foundation
import JSON
import Testing

/// A `hallmarkd serve` inside the lab, with a store of its own.
struct LabServer {
  static let address = "127.0.0.1"
  /// How long it may take to be ready, in tenths of a second.
  private static let patience = 200

  let lab: Lab
  let port: Int
  let store: URL
  let command: Command

  var url: String { "http://\(LabServer.address):\(port)" }

  /// Starts it, and waits until it says that it is ready.
  static func start(in lab: Lab, port: Int, options: [String] = []) async throws -> LabServer {
    let store = lab.scratch.appendingPathComponent("store-\(UUID().uuidString)")
    let words = ["serve", "--http", "\(address):\(port)", "--store", store.path]
    // Whatever goes wrong, it does not outlive the tests: `timeout` passes signals on, and kills in the end.
    let argv = ["timeout", "-s", "KILL", "600", Lab.hallmarkd ?? "hallmarkd"] + words + lab.options + options
    let server = LabServer(lab: lab, port: port, store: store, command: try lab.spawn(argv))
    for _ in 0..<patience {
      let answer = try await lab.curl(["-o", "/dev/null", "-w", "%{http_code}", "\(server.url)/health/ready"])
      if answer.stdout == "200" { return server }
      if !server.command.isRunning { break }
      try await Task.sleep(for: .milliseconds(100))
    }
    let outcome = await server.command.terminate()
    try #require(Bool(false), "hallmarkd serve did not become ready: \(outcome.stderr)")
    return server
  }

  /// One JSON-RPC body, and what came back within so many seconds.
  func call(_ body: JSONValue, within seconds: Int = 90) async throws -> JSONValue {
    let text = String(decoding: body.serialized(), as: UTF8.self)
    let answer = try await lab.curl(
      [
        "--max-time", "\(seconds)", "-H", "Content-Type: application/json", "--data-binary", "@-", "\(url)/rpc",
      ], input: text)
    Recorder.exchange(text, answer.stdout)
    return try JSONValue(parsing: answer.stdout, limits: JSONLimits(size: 1 << 26))
  }

  /// SIGTERM; it drains and ends with 0.
  func stop() async -> Outcome { await command.terminate() }
}
