import Foundation
import JSON
import TestKit
import Testing

/// A `hallmarkd serve` inside the lab that is ended, started again and spoken to in every way.
struct ServiceProcess {
  /// How long anything is waited for that must come.
  static let patience = Duration.seconds(120)

  let lab: Lab
  let port: Int
  let store: URL
  let command: Command

  var url: String { "http://127.0.0.1:\(port)" }

  /// Starts it, and waits until it says that it is ready; with a resolver that is not the lab's, and may not answer, until it
  /// says that it is there.
  ///
  /// - Parameters:
  ///   - store: of an earlier service; nil: a new one.
  ///   - resolver: nil: the lab's.
  ///   - environment: `NAME=VALUE`, for it alone.
  static func start(
    in lab: Lab, port: Int, store: URL? = nil, resolver: String? = nil, options: [String] = [],
    environment: [String] = []
  ) async throws -> ServiceProcess {
    let store = store ?? lab.scratch.appendingPathComponent("store-\(UUID().uuidString)")
    // Mail servers that answer are given all the time that a busy machine takes.
    let words = ["--http", "127.0.0.1:\(port)", "--store", store.path, "--probe-timeout", "20"]
    let argv = ["env"] + environment + Lab.bound + [Lab.hallmarkd ?? "hallmarkd", "serve"]
    let command = try lab.spawn(argv + lab.options(resolver: resolver) + words + options)
    let service = ServiceProcess(lab: lab, port: port, store: store, command: command)
    let question = resolver == nil ? "/health/ready" : "/health/live"
    let isReady = try await eventually {
      guard command.isRunning else { return true }
      return try await service.get(question).status == 200
    }
    guard isReady, command.isRunning else {
      let outcome = await command.terminate()
      throw Failure(description: "hallmarkd serve did not become ready: \(outcome.stderr)")
    }
    return service
  }

  struct Failure: Error, CustomStringConvertible { let description: String }

  /// SIGTERM; it drains and ends with 0.
  func stop(_ location: SourceLocation = #_sourceLocation) async {
    let outcome = await command.terminate()
    #expect(outcome.status == 0, "\(outcome.stderr)", sourceLocation: location)
  }

  /// SIGKILL, to the process that listens.
  func kill() async throws {
    let sockets = try await lab.quickly(["ss", "-Hltnp", "sport = \(port)"]).stdout
    let pid = try #require(sockets.firstMatch(of: /pid=(\d+)/)?.1, "\(sockets)")
    #expect(Foundation.kill(try #require(Int32(pid)), SIGKILL) == 0)
    let isGone = try await eventually { !command.isRunning }
    #expect(isGone)
  }

  // MARK: Requests

  /// What a request got.
  struct Answer {
    let status: Int
    /// Names in lower case.
    let headers: [String: String]
    let body: String

    var json: JSONValue? { try? JSONValue(parsing: body, limits: JSONLimits(size: 1 << 26)) }

    fileprivate init(_ text: String) {
      // Swift takes CRLF for one character.
      var rest = text[...]
      var lines: [Substring] = []
      while let end = rest.firstIndex(where: \.isNewline) {
        let line = rest[..<end]
        rest = rest[rest.index(after: end)...]
        guard !line.isEmpty else { break }
        lines.append(line)
      }
      status = lines.first.flatMap { Int($0.split(separator: " ").dropFirst().first ?? "") } ?? 0
      var headers: [String: String] = [:]
      for line in lines.dropFirst() {
        guard let colon = line.firstIndex(of: ":") else { continue }
        headers[line[..<colon].lowercased()] = line[line.index(after: colon)...].drop { $0 == " " }.description
      }
      self.headers = headers
      body = String(rest)
    }
  }

  /// One request, by curl; status 0 where there was no answer within so many seconds.
  func request(
    _ path: String, _ words: [String] = [], input: String = "", within seconds: Int = 120
  ) async throws -> Answer {
    let argv = ["curl", "-sS", "-i", "--max-time", "\(seconds)", "-H", "Expect:"] + words + [url + path]
    return Answer(try await lab.quickly(argv, input: input).stdout)
  }

  func get(_ path: String, _ headers: String...) async throws -> Answer {
    let answer = try await request(path, headers.flatMap { ["-H", $0] })
    guard answer.status == 200, answer.headers["content-type"] == "application/json" else { return answer }
    for (prefix, method) in ServiceProcess.forms where path.hasPrefix(prefix) { Recorder.result(method, answer.body) }
    return answer
  }

  /// Paths whose JSON has the form of a method's result.
  private static let forms = [
    ("/domains/", "checkDomain"), ("/pairs/", "checkPair"), ("/whitelist?", "listWhitelist"),
  ]

  /// A body for /rpc, as it is.
  func post(_ body: String, _ headers: [String] = [], within seconds: Int = 120) async throws -> Answer {
    let words = ["-H", "Content-Type: application/json"] + headers.flatMap { ["-H", $0] }
    let answer = try await request("/rpc", words + ["--data-binary", "@-"], input: body, within: seconds)
    if answer.status == 200 { Recorder.exchange(body, answer.body) }
    return answer
  }

  /// One call; the response object, held against the method's description.
  func call(
    _ method: String, _ params: JSONValue = [:], _ headers: [String] = [],
    _ location: SourceLocation = #_sourceLocation
  ) async throws -> JSONValue {
    let answer = try await post(ServiceProcess.text(method, params), headers)
    #expect(answer.status == 200, "\(answer.body)", sourceLocation: location)
    let response = try #require(answer.json, "\(answer.body)", sourceLocation: location)
    let held = try await Command(
      [Repository.root.appendingPathComponent("Scripts/check-openrpc").path, method, "-"],
      input: answer.body, in: lab.scratch
    ).outcome()
    #expect(held.status == 0, "\(method): \(held.stdout)\(held.stderr)", sourceLocation: location)
    return response
  }

  /// One call that must have a result.
  func result(
    _ method: String, _ params: JSONValue = [:], _ headers: [String] = [],
    _ location: SourceLocation = #_sourceLocation
  ) async throws -> JSONValue {
    let response = try await call(method, params, headers, location)
    return try #require(response["result"], "\(method): \(Expectation.text(response))", sourceLocation: location)
  }

  /// One call that must fail.
  func failure(
    _ method: String, _ params: JSONValue = [:], _ headers: [String] = [],
    _ location: SourceLocation = #_sourceLocation
  ) async throws -> JSONValue {
    let response = try await call(method, params, headers, location)
    return try #require(response["error"], "\(method): \(Expectation.text(response))", sourceLocation: location)
  }

  /// The result of a call that is asked again and again, without being held against anything; nil for an error.
  func peek(_ method: String, _ params: JSONValue = [:]) async throws -> JSONValue? {
    try await post(ServiceProcess.text(method, params)).json?["result"]
  }

  /// The domain's entry on the whitelist.
  func entry(_ domain: String) async throws -> JSONValue? {
    try await peek("listWhitelist")?["entries"]?.arrayValue?.first { $0["domain"]?.stringValue == domain }
  }

  static func text(_ method: String, _ params: JSONValue) -> String {
    Expectation.text(["jsonrpc": "2.0", "id": 1, "method": .string(method), "params": params])
  }
}
