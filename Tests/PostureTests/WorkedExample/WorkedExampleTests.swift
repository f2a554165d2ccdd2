import Foundation
import Testing

@testable import Posture

/// The check that Documentation/Extending.md walks through, held against the page and against domains.
@Suite("The worked example of a check")
struct WorkedExampleTests {
  static let package = URL(filePath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

  @Test("the page shows the very code that is compiled here")
  func page() throws {
    let page = try String(
      contentsOf: WorkedExampleTests.package.appending(path: "Documentation/Extending.md"), encoding: .utf8)
    let source = try String(
      contentsOf: WorkedExampleTests.package.appending(
        path: "Tests/PostureTests/WorkedExample/SPFHeadroomCheck.swift"), encoding: .utf8)
    let block = try #require(
      page.components(separatedBy: "```swift\n").dropFirst().first?.components(separatedBy: "```").first)
    // Beside the other checks it needs no import of their module.
    #expect(source.replacing("\n@testable import Posture\n", with: "") == block)
  }

  /// SPF record against the finding's message; the includes are of names that publish one record each.
  static let records: [(record: String, finds: String?)] = [
    ("v=spf1 mx -all", nil),
    ("v=spf1 " + (1...8).map { "a:h\($0).example.org " }.joined() + "-all", nil),
    (
      "v=spf1 " + (1...9).map { "a:h\($0).example.org " }.joined() + "-all",
      "The SPF record of example.org needs 9 look-ups of the 10 that receivers follow."
    ),
    // Broken already, which is another requirement's to say.
    ("v=spf1 " + (1...11).map { "a:h\($0).example.org " }.joined() + "-all", nil),
  ]

  @Test("it finds what it is there for", arguments: records)
  func finds(record: String, message: String?) throws {
    var world = World.good()
    world.add("example.org", .txt, [record])
    for host in 1...11 { world.add("h\(host).example.org", .a, ["192.0.2.\(host)"]) }
    let facts = try #require(world.facts())
    #expect(SPFHeadroomCheck.observe(facts).map(\.message) == (message.map { [$0] } ?? []))
  }

  @Test("a standard decides what it weighs", arguments: Standard.Level.allCases)
  func weighs(level: Standard.Level) throws {
    var world = World.good()
    world.add("example.org", .txt, [WorkedExampleTests.records[2].record])
    for host in 1...11 { world.add("h\(host).example.org", .a, ["192.0.2.\(host)"]) }
    let facts = try #require(world.facts())
    let observation = try #require(SPFHeadroomCheck.observe(facts).first)
    let standard = Standard(
      name: "own", title: "Own", version: "1",
      rules: [.spfHeadroom: .init(level: level, clause: "RFC 7208 section 4.6.4", source: "ourselves")])
    let finding = try #require(Finding(observation, by: standard))
    #expect(finding.id == "spf-headroom")
    #expect(finding.severity == level)
    #expect(finding.clause == "RFC 7208 section 4.6.4")
    let other = Standard(name: "other", title: "Other", version: "1", rules: [:])
    #expect(Finding(observation, by: other) == nil)
  }
}
