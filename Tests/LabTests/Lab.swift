import Foundation
import JSON
import TestKit
import Testing

/// The lab of Tests/Lab: a network namespace of its own with real name servers, mail servers and policy hosts.
///
/// It is made once for the whole process, when it is first asked for, and ends with it, however the process ends.
final class Lab: Sendable {
  /// Why there is no lab: not root, no namespaces, a program that is not installed.
  struct Absence: Error { let reason: String }

  static let shared: Result<Lab, Absence> = {
    let result = Result { () throws(Absence) in try Lab() }
    switch result {
    case .success: atexit { if case .success(let lab) = Lab.shared { lab.remove() } }
    case .failure(let absence): print("skipped: the lab is not here (\(absence.reason))")
    }
    return result
  }()

  /// The lab and the program to be tested in it; nil, after one line that says why, where one of them is not here.
  static var ready: Lab? {
    guard let lab = try? shared.get(), hallmarkd != nil else { return nil }
    return lab
  }

  /// From HALLMARKD, else beside the test bundle, where the build puts it.
  static let hallmarkd: String? = {
    let named = ProcessInfo.processInfo.environment["HALLMARKD"]
    let bundle = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
    // The tests run out of the bundle itself, or out of a helper of the tool chain that is given its path.
    let places = ([bundle.path] + CommandLine.arguments).map {
      URL(fileURLWithPath: $0).deletingLastPathComponent().appendingPathComponent("hallmarkd").path
    }
    let found = ([named].compactMap { $0 } + places).first { FileManager.default.isExecutableFile(atPath: $0) }
    if found == nil { print("skipped: hallmarkd is not built (set HALLMARKD)") }
    return found
  }()

  /// Tests/Lab.
  static let sources = Repository.root.appendingPathComponent("Tests/Lab")

  /// What a file of Tests/Lab describes; empty where it cannot be read, which the tests of the descriptions see.
  static func described(by path: String) -> [JSONValue] {
    (try? Data(contentsOf: sources.appendingPathComponent(path))).flatMap { try? JSONValue(parsing: $0).arrayValue }
      ?? []
  }

  /// The names of the files of Tests/Lab/domains.
  static let domainFiles: [String] = {
    let files = try? FileManager.default.contentsOfDirectory(atPath: sources.appendingPathComponent("domains").path)
    return (files ?? []).filter { $0.hasSuffix(".json") }.sorted()
  }()

  /// A program of Tests/LabTests/Peers.
  static func peer(_ name: String) -> String {
    Repository.root.appendingPathComponent("Tests/LabTests/Peers/\(name)").path
  }

  /// The real zones, where they are at hand.
  static let realZones: URL? = {
    let file = PublicSuites.directory.appendingPathComponent("records/moj-zones.json").standardizedFileURL
    return FileManager.default.fileExists(atPath: file.path) ? file : nil
  }()

  /// What `lab up` printed.
  let description: JSONValue
  /// Where commands run and leave their files.
  let scratch: URL
  private let directory: URL

  private static var program: String { sources.appendingPathComponent("lab").path }

  /// - Parameters:
  ///   - zones: whether the real zones are served too.
  ///   - remedies: records to publish besides the lab's own, a file that `lab up --remedies` takes.
  init(zones: Bool = true, remedies: URL? = nil) throws(Absence) {
    let base = FileManager.default.temporaryDirectory.appendingPathComponent("hallmark-lab-\(UUID().uuidString)")
    directory = base.appendingPathComponent("lab")
    scratch = base.appendingPathComponent("scratch")
    do {
      try FileManager.default.createDirectory(at: scratch, withIntermediateDirectories: true)
      // The mail servers run as another user and must come through.
      try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: base.path)
      var argv = [Lab.program, "up", directory.path, "--owner", "\(ProcessInfo.processInfo.processIdentifier)"]
      if zones, let file = Lab.realZones { argv += ["--zones", file.path] }
      if let remedies { argv += ["--remedies", remedies.path] }
      description = try Lab.make(argv, log: scratch.appendingPathComponent("up"))
    } catch let absence as Absence {
      try? FileManager.default.removeItem(at: base)
      throw absence
    } catch {
      try? FileManager.default.removeItem(at: base)
      Issue.record(error, "the lab is broken")
      throw Absence(reason: "\(error)")
    }
  }

  /// The status of `lab up` where this machine cannot hold a lab, and that of env where there is no Python.
  private static let absences: Set<Int32> = [77, 127]

  private static func make(_ argv: [String], log: URL) throws -> JSONValue {
    try Data().write(to: log)
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = argv
    let output = Pipe()
    process.standardOutput = output
    process.standardError = try FileHandle(forWritingTo: log)
    try process.run()
    let said = try output.fileHandleForReading.readToEnd() ?? Data()
    process.waitUntilExit()
    guard process.terminationStatus == 0 else {
      let reason = (try? String(contentsOf: log, encoding: .utf8)) ?? "no reason is known"
      let absence = Absence(reason: reason.trimmingCharacters(in: .whitespacesAndNewlines))
      // No test may pass because the lab is broken.
      if !absences.contains(process.terminationStatus) { Issue.record(absence, "the lab is broken") }
      throw absence
    }
    return try JSONValue(parsing: said)
  }

  func remove() {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: Lab.program)
    process.arguments = ["down", directory.path]
    guard (try? process.run()) != nil else { return }
    process.waitUntilExit()
    try? FileManager.default.removeItem(at: scratch.deletingLastPathComponent())
  }
}

extension Lab {
  /// The bound on one command, in seconds; what goes beyond it is ended and shows status 124.
  static let commandTime = 600
  /// Before what runs until it is told to end: whatever goes wrong, it does not outlive the tests. `timeout` passes signals on
  /// (every one of a kind only with --foreground), and kills in the end.
  static let bound = ["timeout", "--foreground", "-s", "KILL", "900"]

  /// The options that make hallmarkd look at the lab and at nothing else.
  var options: [String] {
    let allowed = description["allow"]?.arrayValue?.compactMap(\.stringValue) ?? []
    return [
      "--resolver", text("resolver"), "--trust-anchor", text("trustAnchor"), "--ca-file", text("caFile"),
      "--ehlo-name", "prober.nic.uk", "--probe-timeout", "10", "--log-level", "error",
    ] + allowed.flatMap { ["--allow-address", $0] }
  }

  /// `options` with another resolver.
  func options(resolver: String?) -> [String] {
    var words = options
    if let resolver, let place = words.firstIndex(of: "--resolver") { words[place + 1] = resolver }
    return words
  }

  /// The scratch directory, and no HALLMARK_ variables.
  private var clean: [String] {
    ["env", "-i", "-C", scratch.path, "PATH=/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin", "HOME=\(scratch.path)"]
  }

  /// Starts a command inside the lab.
  func spawn(_ argv: [String], input: String = "") throws -> Command {
    try Command([Lab.program, "exec", directory.path, "--"] + clean + argv, input: input, in: scratch)
  }

  /// Runs a command inside the lab to its end.
  func run(_ argv: [String], input: String = "") async throws -> Outcome {
    try await spawn(["timeout", "-k", "5", "\(Lab.commandTime)"] + argv, input: input).outcome()
  }

  /// Runs hallmarkd with the lab's options behind the given words.
  func hallmarkd(_ words: [String], input: String = "") async throws -> Outcome {
    try await run([Lab.hallmarkd ?? "hallmarkd"] + words + options, input: input)
  }

  /// Runs a command inside the lab that needs no signals, without the start of an interpreter before it.
  func quickly(_ argv: [String], environment: [String] = [], input: String = "") async throws -> Outcome {
    let inside = ["ip", "netns", "exec", text("namespace")]
    let bounded = ["timeout", "-k", "5", "\(Lab.commandTime)"]
    return try await Command(inside + clean + environment + bounded + argv, input: input, in: scratch).outcome()
  }

  /// A file in the scratch directory with a name of its own.
  func file(_ name: String, _ text: String) throws -> String {
    let file = scratch.appendingPathComponent("\(UUID().uuidString)-\(name)")
    try Data(text.utf8).write(to: file)
    return file.path
  }

  /// `lab selftest`.
  func selfTest() async throws -> Outcome {
    try await Command([Lab.program, "selftest", directory.path], in: scratch).outcome()
  }

  private func text(_ key: String) -> String { description[key]?.stringValue ?? "" }
}
