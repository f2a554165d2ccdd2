import Foundation
import TestKit
import Testing

@testable import Hallmark

/// Each option stands in the manual and in the packaged configuration, and nothing else does.
@Suite("Documented settings")
struct DocumentedSettingsTests {
  @Test("the configuration file of the package names every option, with a value that is taken")
  func configuration() throws {
    var file: [String: [String]] = [:]
    for line in try Repository.text("Packaging/hallmarkd.yaml").split(separator: "\n") {
      guard let match = line.wholeMatch(of: /#?([a-z-]+): ?(.+)/) else { continue }
      file[String(match.1)] = match.2.split { "[],\" ".contains($0) }.map(String.init)
    }
    #expect(Set(file.keys) == Set(Settings.options))
    let settings = try Settings(SettingsSource(file: file))
    try settings.checkListeners()
    // What is commented out stands at its default.
    let defaults = try Settings(SettingsSource())
    #expect(settings.smtpPort == defaults.smtpPort)
    #expect(settings.httpsPort == defaults.httpsPort)
    #expect(settings.standard == defaults.standard)
    #expect((settings.minimumTTL, settings.maximumTTL) == (defaults.minimumTTL, defaults.maximumTTL))
    #expect((settings.probeTimeout, settings.checkTimeout) == (defaults.probeTimeout, defaults.checkTimeout))
    #expect(settings.logLevel == defaults.logLevel)
    #expect(settings.logFormat == defaults.logFormat)
    #expect(settings.behindProxy == defaults.behindProxy)
  }

  @Test("the manual has every option")
  func manual() throws {
    let manual = try Repository.text("Documentation/hallmarkd.8")
    let named = Set(manual.matches(of: /Fl -([a-z-]+)/).map { String($0.1) })
    #expect(Set(Settings.options).subtracting(named).isEmpty, "\(Set(Settings.options).subtracting(named))")
  }

  @Test("the package is built with what the scripts install")
  func libraries() throws {
    let scripts = try Repository.text("Scripts/packages")
    let line = try #require(scripts.firstMatch(of: /build_packages="([^"]+)"/)).1
    let text = try Repository.text("Packaging/debian/control")
    for library in line.split(separator: " ") where library.hasSuffix("-dev") {
      #expect(text.contains(library), "\(library)")
    }
  }

  @Test("the packages have the program's version")
  func version() throws {
    #expect(try Repository.text("Packaging/debian/changelog").hasPrefix("hallmark (\(Version.current))"))
  }
}
