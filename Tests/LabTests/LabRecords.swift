import Foundation
import JSON
import Testing

/// The records of all of the lab's domains, each checked once, and compared by many tests.
actor LabRecords {
  static let shared = LabRecords()

  private var checked: Task<[String: JSONValue], any Error>?
  private var asked: Task<[String: JSONValue], any Error>?

  /// Domain to record, as `hallmarkd check --json` prints it.
  func checked(in lab: Lab) async throws -> [String: JSONValue] {
    if let checked { return try await checked.value }
    let task = Task { try await LabRecords.check(LabCase.all.filter(\.selectors.isEmpty).map(\.ask), in: lab) }
    checked = task
    return try await task.value
  }

  /// Domain to record, as checkDomain answers when it is given selectors.
  func asked(in lab: Lab) async throws -> [String: JSONValue] {
    if let asked { return try await asked.value }
    let task = Task { try await LabRecords.ask(LabCase.all.filter { !$0.selectors.isEmpty }, in: lab) }
    asked = task
    return try await task.value
  }

  static func check(_ names: [String], in lab: Lab) async throws -> [String: JSONValue] {
    let outcome = try await lab.hallmarkd(
      ["check", "--json", "--check-timeout", "120", "--from", "-"], input: names.joined(separator: "\n") + "\n")
    // Several of them are insecure, and nothing was wrong about the asking.
    #expect(outcome.status == 1, "\(outcome.stderr)")
    let lines = outcome.stdout.split(separator: "\n")
    #expect(lines.count == names.count, "one record a line: \(outcome.stderr)")
    for line in lines { Recorder.result("checkDomain", String(line)) }
    return try byDomain(lines.map { try JSONValue(parsing: String($0)) })
  }

  private static func ask(_ cases: [LabCase], in lab: Lab) async throws -> [String: JSONValue] {
    let service = try await ServiceProcess.start(in: lab, port: 8461)
    let calls = cases.enumerated().map { place, each -> JSONValue in
      let selectors = JSONValue.array(each.selectors.map(JSONValue.string))
      return [
        "jsonrpc": "2.0", "id": .integer(Int64(place)), "method": "checkDomain",
        "params": ["domain": .string(each.ask), "selectors": selectors],
      ]
    }
    let answer = try await service.post(Expectation.text(.array(calls)), within: 400)
    await service.stop()
    return byDomain(answer.json?.arrayValue?.compactMap { $0["result"] } ?? [])
  }

  private static func byDomain(_ records: [JSONValue]) -> [String: JSONValue] {
    Dictionary(records.compactMap { record in record["domain"]?.stringValue.map { ($0, record) } }) { first, _ in first
    }
  }
}
