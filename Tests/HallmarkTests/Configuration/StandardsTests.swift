import Posture
import Testing

@testable import Hallmark

@Suite("Standards at hand")
struct StandardsTests {
  static func standards(_ preferred: String, file: String? = nil) throws -> Standards {
    try Standards(preferred: preferred) { path, option throws(SettingsError) in
      guard let file else { throw SettingsError("\(option): cannot read \(path)") }
      return Array(file.utf8)
    }
  }

  @Test(
    "by name",
    arguments: [
      "baseline", "uk-gov", "uk-gov-non-sending", "us-bod-18-01", "nl-internet", "de-bsi-tr-03108", "m3aawg-parked",
    ])
  func byName(name: String) throws {
    let standards = try StandardsTests.standards(name)
    #expect(standards.preferred.name == name)
    #expect(standards[name] == standards.preferred)
    #expect(!standards.preferred.rules.isEmpty)
  }

  @Test("by path", arguments: ["./own", "own.json", "/etc/hallmark/own.json"])
  func byPath(path: String) throws {
    let text = StandardFileTests.file(
      StandardFileTests.rule, head: #""name": "own", "title": "Own", "extends": "baseline","#)
    let standards = try StandardsTests.standards(path, file: text)
    #expect(standards.preferred.name == "own")
    #expect(standards["own"] == standards.preferred)
    #expect(standards.preferred.rules.count == standards["baseline"]?.rules.count)
    #expect(standards.names.contains("uk-gov"))
  }

  @Test("an edited copy that kept its name is another standard")
  func copy() throws {
    let text = StandardFileTests.file(StandardFileTests.rule, head: #""name": "baseline", "title": "T","#)
    let own = try StandardsTests.standards("copy.json", file: text).preferred
    #expect(own.name == "baseline")
    #expect(own.identity != (try StandardsTests.standards("baseline").preferred.identity))
  }

  @Test("an unknown name, an unreadable file: one line that names the option")
  func unknown() throws {
    let name = try #require(throws: StandardFileError.self) { try StandardsTests.standards("basline") }
    #expect(name.description.hasPrefix("--standard: there is no standard basline; there are baseline, "))
    let file = try #require(throws: SettingsError.self) { try StandardsTests.standards("./none.json") }
    #expect(file.description == "--standard: cannot read ./none.json")
  }
}
