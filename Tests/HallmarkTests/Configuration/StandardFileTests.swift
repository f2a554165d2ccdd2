import Foundation
import Posture
import TestKit
import Testing

@testable import Hallmark

@Suite("Files of standards")
struct StandardFileTests {
  /// A file whose rules stand from line 6 on.
  static func file(_ rules: String, head: String = #""name": "own", "title": "Own","#) -> String {
    """
    {
      \(head)
      "version": "1",
      "source": "ourselves",
      "rules": {
        \(rules)
      }
    }
    """
  }

  static let rule = #""spf-all": { "level": "error", "clause": "our rule 1", "source": "ourselves" }"#

  static func read(_ text: String, others: [String: String] = [:]) throws -> Standard {
    let files = try others.mapValues { try StandardFile(Array($0.utf8), name: "another.json") }
    return try StandardFile(Array(text.utf8), name: "own.json").standard { files[$0] }
  }

  @Test("one that is right is read")
  func right() throws {
    let standard = try StandardFileTests.read(StandardFileTests.file(StandardFileTests.rule))
    #expect(standard.name == "own")
    #expect(standard.rules.map(\.key.id) == ["spf-all"])
    #expect(standard.rules.values.first == .init(level: .error, clause: "our rule 1", source: "ourselves"))
  }

  @Test("the one that Documentation/Extending.md walks through is right")
  func documented() throws {
    let page = try Repository.text("Documentation/Extending.md")
    let text = try #require(
      page.components(separatedBy: "```json\n").dropFirst().first?.components(separatedBy: "```").first)
    let standard = try Standards(preferred: "example.json") { _, _ in Array(text.utf8) }.preferred
    #expect(standard.name == "example-department")
    let levels = Dictionary(uniqueKeysWithValues: standard.rules.map { ($0.key.id, $0.value.level) })
    #expect(levels["dane-missing"] == .error)
    #expect(levels["dmarc-reports"] == nil)
    #expect(levels["mta-sts-missing"] == .error)
    let misspelt = Array(text.replacing("dane-missing", with: "dane-misssing").utf8)
    let error = try #require(throws: StandardFileError.self) {
      try Standards(preferred: "example.json") { _, _ in misspelt }
    }
    #expect(page.contains("    \(error)\n"), "\(error)")
    // The line of a check that is not among ours.
    let line = try #require(
      page.components(separatedBy: "```json\n").dropFirst(2).first?.components(separatedBy: "```").first)
    let headroom = line.replacing("spf-headroom", with: "spf-all")
    let rules = try StandardFileTests.read(StandardFileTests.file(headroom)).rules
    #expect(headroom != line && rules.map(\.value.level) == [.advice])
  }

  /// What is wrong, the line at fault, and what the error says of it.
  static let wrong: [(text: String, line: Int, says: String)] = [
    (file(rule + ","), 7, ""),
    ("{\n\"name\": \"own\",\n\"name\": \"own\"\n}", 3, ""),
    ("[]", 1, "no object"),
    (file(#""spf-al": { "level": "error", "clause": "c", "source": "s" }"#), 6, "spf-al"),
    (file(#""spf-all": { "level": "fatal", "clause": "c", "source": "s" }"#), 6, "error, warning or advice"),
    (file(#""spf-all": { "clause": "c", "source": "s" }"#), 6, "level"),
    (file(#""spf-all": { "level": "error", "source": "s" }"#), 6, "clause"),
    (file(#""spf-all": { "level": "error", "clause": "", "source": "s" }"#), 6, "clause"),
    (file(#""spf-all": { "level": "error", "clause": "c" }"#), 6, "source"),
    (file(#""spf-all": { "level": "error", "clause": "c", "source": "s", "note": "n" }"#), 6, "note"),
    (file(#""spf-all": "error""#), 6, "spf-all"),
    (file(rule, head: #""name": "own","#), 1, "title"),
    (file(rule, head: #""name": "Our own", "title": "Own","#), 2, "name"),
    (file(rule, head: #""name": "-own", "title": "Own","#), 2, "name"),
    (file(rule, head: "\"name\": \"\(String(repeating: "x", count: 65))\", \"title\": \"Own\","), 2, "name"),
    (file(rule, head: #""name": "own", "title": "Own", "levels": {},"#), 2, "levels"),
    (file(rule, head: #""name": "own", "title": "Own", "omit": "spf-all","#), 2, "omit"),
    (file(rule, head: #""name": "own", "title": "Own", "omit": ["spf-none"],"#), 2, "spf-none"),
    (file(rule, head: #""name": "own", "title": "Own", "extends": "nothing","#), 2, "nothing"),
    (file(rule, head: #""name": "own", "title": "Own", "extends": 1,"#), 2, "extends"),
    (#"{"name": "own", "title": "Own", "version": "1", "source": "s"}"#, 1, "rules"),
  ]

  @Test("an error names the file and the line, in one line", arguments: wrong)
  func error(text: String, line: Int, says: String) throws {
    let error = try #require(throws: StandardFileError.self) { try StandardFileTests.read(text) }
    #expect(error.description.hasPrefix("standard own.json, line \(line): "), "\(error)")
    #expect(says.isEmpty || error.description.contains(says), "\(error)")
    #expect(!error.description.contains("\n"))
  }

  @Test("an unknown requirement points to the list of those there are")
  func pointer() throws {
    let text = StandardFileTests.file(#""spf": { "level": "error", "clause": "c", "source": "s" }"#)
    let error = try #require(throws: StandardFileError.self) { try StandardFileTests.read(text) }
    #expect(error.description.contains("API/findings.md"))
  }

  @Test("a circle of extends ends")
  func circle() throws {
    let head = { (name: String, base: String) in "\"name\": \"\(name)\", \"title\": \"T\", \"extends\": \"\(base)\"," }
    let own = StandardFileTests.file(StandardFileTests.rule, head: head("own", "a"))
    let others = [
      "a": StandardFileTests.file(StandardFileTests.rule, head: head("a", "b")),
      "b": StandardFileTests.file(StandardFileTests.rule, head: head("b", "a")),
    ]
    let error = try #require(throws: StandardFileError.self) { try StandardFileTests.read(own, others: others) }
    #expect(error.description.contains("line 2: extends: standards extend each other in a circle"), "\(error)")
  }

  @Test("one that extends another takes its rules over, changes and omits")
  func extends() throws {
    let base = StandardFileTests.file(
      StandardFileTests.rule + ", "
        + #""spf-missing": { "level": "error", "clause": "c", "source": "s" }, "#
        + #""dane-missing": { "level": "advice", "clause": "c", "source": "s" }"#)
    let own = StandardFileTests.file(
      #""dane-missing": { "level": "error", "clause": "ours", "source": "s" }"#,
      head: #""name": "own", "title": "Own", "extends": "base", "omit": ["spf-missing"],"#)
    let standard = try StandardFileTests.read(own, others: ["base": base])
    let levels = Dictionary(uniqueKeysWithValues: standard.rules.map { ($0.key.id, $0.value.level) })
    #expect(levels == ["spf-all": .error, "dane-missing": .error])
  }
}
