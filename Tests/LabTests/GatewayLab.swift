import Foundation
import JSON
import Synchronization
import TestKit
import Testing

/// A lab of its own, whose mail servers are made to turn; a service in it, and the gateways of Tests/Lab/senderkit.
struct GatewayLab: Sendable {
  /// Whom a gateway writes to: each basis of the whitelist, and one who is not on it.
  static let listed = ["fully-secure.gov.uk", "sts-enforce.gov.uk", "observed.gov.uk"]
  static let plain = "plain.gov.uk"
  static let sender = "clerk@fully-secure.gov.uk"
  /// All of them take their mail at this one.
  static let server = "good"
  /// Where Documentation/Gateways.md has hallmarkd.
  private static let port = 8460
  private static let socketmap = "127.0.0.1:8461"
  private static let program = Lab.sources.appendingPathComponent("senderkit/gateway").path

  /// nil where there is no lab.
  static let shared = Task { () -> GatewayLab? in
    // The lab of the other tests says in its line why there is none.
    guard Lab.ready != nil else { return nil }
    let lab = try Lab(zones: false)
    made.withLock { $0 = lab }
    atexit { GatewayLab.made.withLock { $0?.remove() } }
    let store = lab.scratch.appendingPathComponent("store")
    return GatewayLab(lab: lab, store: store, watch: try lab.file("watch", names.joined(separator: "\n")))
  }
  private static let made = Mutex<Lab?>(nil)
  private static var names: [String] { listed + [plain] }

  let lab: Lab
  private let store: URL
  private let watch: String

  /// The service, once the three are on its list. Evidence is kept for an hour: it is not to see the servers turn.
  func service() async throws -> ServiceProcess {
    let options = ["--socketmap", GatewayLab.socketmap, "--watch", watch, "--min-ttl", "3600"]
    let service = try await ServiceProcess.start(in: lab, port: GatewayLab.port, store: store, options: options)
    let isListed = try await eventually {
      let lines = try await service.get("/whitelist").body.split(separator: "\n").map(String.init)
      return lines == GatewayLab.listed.sorted()
    }
    try #require(isListed)
    return service
  }

  // MARK: The network

  /// The mail server is what another of peers.json is.
  func turn(into peer: String) async throws {
    try await succeed([Lab.sources.appendingPathComponent("lab").path, "swap", directory, GatewayLab.server, peer])
  }

  /// The gateways' resolver gives these records alone; none: it tells the truth.
  func forge(_ name: String, _ records: String...) async throws {
    try await succeed([GatewayLab.program, "forge", directory, name] + records)
  }

  /// How many of the sessions that a mail server logged carried mail, by whether they were encrypted.
  func mail(at peer: String) async throws -> (encrypted: Int, clear: Int) {
    let sessions = try await json(["received", directory])[peer]?.arrayValue ?? []
    func count(_ session: JSONValue, _ command: String) -> Int64 { session[command]?.integerValue ?? 0 }
    let withMail = sessions.filter { session in
      ["mail", "data", "bdat"].contains { count(session, $0) > 0 }
    }
    let encrypted = withMail.count { count($0, "starttls") > 0 }
    return (encrypted, withMail.count - encrypted)
  }

  // MARK: The gateways

  /// - Returns: false where it cannot be had, after one line that says so.
  func start(_ kind: String, _ recipes: [String]) async throws -> Bool {
    let outcome = try await Command([GatewayLab.program, "start", directory, kind] + recipes, in: lab.scratch).outcome()
    if outcome.status == 77 {
      print("skipped: \(kind) (\(outcome.stderr.trimmingCharacters(in: .newlines)))")
      return false
    }
    try #require(outcome.status == 0, "\(outcome.stderr)")
    return true
  }

  /// What became of a message to a postmaster of each domain.
  func send(_ kind: String, from sender: String = sender, to domains: [String]) async throws -> [String: JSONValue] {
    let words = ["send", directory, kind, sender] + domains.map { "postmaster@\($0)" }
    let outcomes = try await json(words)
    return domains.reduce(into: [:]) { $0[$1] = outcomes["postmaster@\($1)"] }
  }

  /// Runs a command that sees the gateway's files where the documentation has them.
  func run(_ kind: String, _ argv: [String], input: String = "") async throws -> Outcome {
    try await Command([GatewayLab.program, "exec", directory, kind, "--"] + argv, input: input, in: lab.scratch)
      .outcome()
  }

  /// A file of a gateway's.
  func file(_ kind: String, _ name: String) -> URL {
    URL(fileURLWithPath: directory).appendingPathComponent("gateways/\(kind)/\(name)")
  }

  // MARK: Commands

  private var directory: String { lab.description["directory"]?.stringValue ?? "" }

  private func json(_ words: [String]) async throws -> JSONValue {
    let outcome = try await Command([GatewayLab.program] + words, in: lab.scratch).outcome()
    try #require(outcome.status == 0, "\(outcome.stderr)")
    return try JSONValue(parsing: outcome.stdout)
  }

  private func succeed(_ argv: [String]) async throws {
    let outcome = try await Command(argv, in: lab.scratch).outcome()
    try #require(outcome.status == 0, "\(outcome.stderr)")
  }
}
