import Foundation
import JSON
import Testing

/// A domain of Tests/Lab/domains, and what its record must hold.
struct LabCase: Sendable, CustomTestStringConvertible {
  let file: String
  let domain: String
  /// How it is asked for.
  let ask: String
  let why: String
  let selectors: [String]
  let expect: JSONValue
  /// The ids of all findings of severity error, no more and no fewer; nil where none are stated and the verdict is open.
  let errors: Set<String>?
  let warnings: [String]
  let advice: [String]
  let without: [String]
  /// The worst severity that may stand in the record.
  let worst: String?

  var testDescription: String { "\(file): \(domain): \(why)" }

  static let all: [LabCase] = {
    Lab.domainFiles.flatMap { file in Lab.described(by: "domains/\(file)").compactMap { LabCase(file, $0) } }
  }()

  private init?(_ file: String, _ json: JSONValue) {
    guard let domain = json["domain"]?.stringValue, let expect = json["expect"] else { return nil }
    func texts(_ key: String) -> [String] { json[key]?.arrayValue?.compactMap(\.stringValue) ?? [] }
    self.file = file
    self.domain = domain
    ask = json["ask"]?.stringValue ?? domain
    why = json["why"]?.stringValue ?? ""
    selectors = texts("selectors")
    self.expect = expect
    errors = json["errors"] == nil && expect["verdict"] == nil ? nil : Set(texts("errors"))
    warnings = texts("warnings")
    advice = texts("advice")
    without = texts("without")
    worst = json["worst"]?.stringValue
  }

  /// What in the record is not as it must be.
  func differences(from record: JSONValue) -> [String] {
    let findings = record["findings"]?.arrayValue ?? []
    func ids(_ severity: String) -> Set<String> {
      Set(findings.filter { $0["severity"]?.stringValue == severity }.compactMap { $0["id"]?.stringValue })
    }
    var wrong = Expectation.differences(expect, record)
    if let errors, ids("error") != errors {
      wrong.append("errors are \(ids("error").sorted()), not \(errors.sorted())")
    }
    for (severity, wanted) in [("warning", warnings), ("advice", advice)] {
      let missing = Set(wanted).subtracting(ids(severity))
      if !missing.isEmpty { wrong.append("\(severity) \(missing.sorted()) missing among \(ids(severity).sorted())") }
    }
    let all = ids("error").union(ids("warning")).union(ids("advice"))
    let unwanted = all.intersection(without)
    if !unwanted.isEmpty { wrong.append("\(unwanted.sorted()) should not stand there") }
    if worst == "advice", !ids("warning").isEmpty {
      wrong.append("warnings \(ids("warning").sorted()) should not stand there")
    }
    return wrong
  }
}
