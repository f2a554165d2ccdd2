import Foundation
import JSON

/// A lab of its own with a sending Postfix in it (Tests/Lab/senderkit), which sends to everybody once.
actor SenderLab {
  static let shared = SenderLab()
  /// From here mail is sent as far as `hallmarkd pair` is concerned: its DMARC policy is enforced.
  static let sender = "fully-secure.gov.uk"

  struct Results: Sendable {
    /// Recipient to the routes there.
    let routes: [String: [SenderRoute]]
    /// Recipient to what `hallmarkd pair --json` prints.
    let pairs: [String: JSONValue]
    let hasPolicies: Bool
  }

  private var task: Task<Results?, any Error>?

  /// nil where there is no lab.
  func results() async throws -> Results? {
    // The lab of the other tests says in its line why there is none.
    guard Lab.ready != nil else { return nil }
    if let task { return try await task.value }
    let task = Task { try await SenderLab.make() }
    self.task = task
    return try await task.value
  }

  private static func make() async throws -> Results? {
    let base = FileManager.default.temporaryDirectory.appendingPathComponent("hallmark-sender-\(UUID().uuidString)")
    let scratch = base.appendingPathComponent("scratch")
    try FileManager.default.createDirectory(at: scratch, withIntermediateDirectories: true)
    // The mail servers run as another user and must come through.
    try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: base.path)
    defer { try? FileManager.default.removeItem(at: base) }
    let directory = base.appendingPathComponent("lab").path
    let program = Lab.sources.appendingPathComponent("lab").path
    let sender = Lab.sources.appendingPathComponent("senderkit/sender").path
    let owner = ["--owner", "\(ProcessInfo.processInfo.processIdentifier)"]
    do {
      let lab = try await json([sender, "up", directory] + owner, in: scratch)
      for (level, reason) in lab["missing"]?.objectValue ?? [:] {
        print("skipped: Postfix at level \(level) (\(reason.stringValue ?? ""))")
      }
      let deliveries = try await json([sender, "deliver", directory], in: scratch)
      let pairs = try await pairs([program, "exec", directory, "--"], lab, deliveries, in: scratch)
      let done = try await Command([program, "down", directory], in: scratch).outcome()
      guard done.status == 0 else { throw Lab.Absence(reason: done.stderr) }
      return Results(routes: routes(deliveries), pairs: pairs, hasPolicies: lab["missing"]?["sts"] == nil)
    } catch {
      _ = try? await Command([program, "down", directory], in: scratch).outcome()
      throw error
    }
  }

  private static func json(_ argv: [String], in scratch: URL) async throws -> JSONValue {
    let outcome = try await Command(argv, in: scratch).outcome()
    guard outcome.status == 0 else { throw Lab.Absence(reason: outcome.stderr) }
    return try JSONValue(parsing: outcome.stdout, limits: JSONLimits(size: 1 << 26))
  }

  private static func routes(_ deliveries: JSONValue) -> [String: [SenderRoute]] {
    let recipients = deliveries["recipients"]?.objectValue.map { $0 } ?? [:]
    return Dictionary(
      recipients.map { ($0.key, $0.value["routes"]?.arrayValue?.compactMap(SenderRoute.init) ?? []) }
    ) { first, _ in first }
  }

  /// One `hallmarkd pair` for each recipient, two at a time.
  private static func pairs(
    _ inside: [String], _ lab: JSONValue, _ deliveries: JSONValue, in scratch: URL
  ) async throws -> [String: JSONValue] {
    let names = deliveries["recipients"]?.objectValue.map { $0.map(\.key) } ?? []
    let allowed = lab["allow"]?.arrayValue?.compactMap(\.stringValue) ?? []
    let options =
      ["resolver", "trustAnchor", "caFile"].compactMap { lab[$0]?.stringValue }
      + allowed.flatMap { ["--allow-address", $0] }
    // A pair that is not secure is no failure of xargs.
    let script = """
      recipient=$1 resolver=$2 anchor=$3 authorities=$4; shift 4
      "$0" pair --json \(sender) "$recipient" --resolver "$resolver" --trust-anchor "$anchor" --ca-file "$authorities" \
        --ehlo-name prober.nic.uk --probe-timeout 10 --log-level error "$@" || test $? -ne 2
      """
    let argv = ["xargs", "-P", "2", "-I", "{}", "sh", "-c", script, Lab.hallmarkd ?? "hallmarkd", "{}"] + options
    let outcome = try await Command(
      inside + argv, input: names.joined(separator: "\n") + "\n", in: scratch
    ).outcome()
    guard outcome.status == 0 else { throw Lab.Absence(reason: outcome.stderr) }
    let verdicts = try outcome.stdout.split(separator: "\n").map { try JSONValue(parsing: String($0)) }
    return Dictionary(verdicts.compactMap { each in each["recipient"]?.stringValue.map { ($0, each) } }) { first, _ in
      first
    }
  }
}
