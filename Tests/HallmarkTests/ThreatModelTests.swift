import Foundation
import TestKit
import Testing

/// Documentation/ThreatModel.md names the test that holds each answer; this sees that each is there.
@Suite("The threat model")
struct ThreatModelTests {
  /// The sources of the tests by file name.
  static func sources() throws -> [String: String] {
    let files = FileManager.default.enumerator(
      at: Repository.root.appending(path: "Tests"), includingPropertiesForKeys: nil)
    var sources: [String: String] = [:]
    while let file = files?.nextObject() as? URL {
      guard file.pathExtension == "swift" else { continue }
      sources[file.deletingPathExtension().lastPathComponent] = try String(contentsOf: file, encoding: .utf8)
    }
    return sources
  }

  @Test("each threat has a test, and the test is there")
  func held() throws {
    let page = try Repository.text("Documentation/ThreatModel.md")
    let rows = page.split(separator: "\n").filter { $0.hasPrefix("| ") }.map { row in
      row.split(separator: "|").map { $0.trimmingCharacters(in: .whitespaces) }
    }
    let threats = rows.filter { $0.count == 3 && $0[0] != "threat" && !$0[0].hasPrefix("---") }
    #expect(threats.count > 20)
    let sources = try ThreatModelTests.sources()
    for threat in threats {
      for test in threat[2].components(separatedBy: "; ") {
        let parts = test.components(separatedBy: ": ")
        let source = try #require(sources[parts[0]], "\(threat[0]): there is no \(parts[0])")
        let title = parts.dropFirst().joined(separator: ": ")
        #expect(!title.isEmpty && source.contains(title), "\(threat[0]): \(parts[0]) has no \(title)")
      }
    }
  }
}
