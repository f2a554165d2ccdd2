import Foundation
import JSON
import TestKit
import Testing

extension ServiceTests {
  /// What people see, in a real browser.
  @Suite struct PageTests {
    private static let browser = Repository.root.appendingPathComponent("Tests/Browser")

    /// The browser and its driver, as Debian has them.
    static let hasBrowser: Bool = {
      let missing = ["chromium", "chromedriver"].filter {
        !FileManager.default.isExecutableFile(atPath: "/usr/bin/\($0)")
      }
      if !missing.isEmpty {
        print("skipped: no browser looks at the pages (\(missing.joined(separator: ", ")) is not here)")
      }
      return missing.isEmpty
    }()

    /// Where axe-core is; nil, after one line that says so, where it cannot be had.
    private static func axe() async throws -> String? {
      let place = Repository.root.appendingPathComponent(".build/axe")
      // Outside the lab, which reaches no registry.
      let scratch = FileManager.default.temporaryDirectory.appendingPathComponent("hallmark-axe-\(UUID().uuidString)")
      try FileManager.default.createDirectory(at: scratch, withIntermediateDirectories: true)
      defer { try? FileManager.default.removeItem(at: scratch) }
      let outcome = try await Command([browser.appendingPathComponent("axe").path, place.path], in: scratch).outcome()
      if outcome.status == 77 { print("skipped: accessibility is not audited (\(outcome.stderr))") }
      return outcome.status == 0 ? outcome.stdout.trimmingCharacters(in: .whitespacesAndNewlines) : nil
    }

    /// Runs Tests/Browser/pages in the lab; each of its lines that begins with FAILED fails the test.
    private static func look(_ service: ServiceProcess, _ words: [String]) async throws {
      var argv = [browser.appendingPathComponent("pages").path, service.url] + words
      if let axe = try await axe() { argv += ["--axe", axe] }
      if let pictures = ProcessInfo.processInfo.environment["HALLMARK_PICTURES"] { argv += ["--pictures", pictures] }
      let outcome = try await service.lab.run(["env", "PYTHONDONTWRITEBYTECODE=1"] + argv)
      #expect(outcome.status == 0, "\(outcome.stdout)\(outcome.stderr)")
      #expect(outcome.stdout.contains(" passed, 0 failed"))
    }

    @Test("the pages in a browser: narrow, wide, light, dark, by keyboard, without scripts", .enabled(if: hasBrowser))
    func pages() async throws {
      guard let lab = Lab.ready else { return }
      let service = try await ServiceProcess.start(in: lab, port: 8494)
      let names: JSONValue = ["fully-secure.gov.uk", "observed.gov.uk", "page-script.gov.uk", "plain.gov.uk"]
      _ = try await service.result("watchDomains", ["domains": names, "organisation": "Home Office"])
      let isReady = try await eventually {
        let isChecked = try await service.peek("domainHistory", ["domain": "page-script.gov.uk"]) != nil
        let count = try await service.peek("listWhitelist")?["entries"]?.arrayValue?.count
        return isChecked && count == 2
      }
      #expect(isReady)
      try await Self.look(
        service,
        [
          "--hostile", "page-script.gov.uk", "/domains/plain.gov.uk", "/", "/pairs",
          "/pairs/fully-secure.gov.uk/page-script.gov.uk", "/whitelist", "/domains/page-script.gov.uk",
          "/domains/a..uk",
        ])
      await service.stop()
    }

    @Test("signing in at the pages, in a browser", .enabled(if: hasBrowser))
    func signingIn() async throws {
      guard let lab = Lab.ready else { return }
      let reader = try await ServiceTokenTests.token(lab, "gateway", "reader")
      let file = try lab.file("page-tokens", reader.line + "\n")
      let service = try await ServiceProcess.start(in: lab, port: 8495, options: ["--token-file", file])
      try await Self.look(service, ["--token", reader.secret, "/domains/plain.gov.uk"])
      #expect(!service.command.stderr.contains(reader.secret))
      await service.stop()
    }

    @Test("a check that takes its time shows how far it has come, and its result on the same page")
    func progress() async throws {
      guard let lab = Lab.ready else { return }
      // The silent server is waited for until the probe's own bound.
      let service = try await ServiceProcess.start(in: lab, port: 8496, options: ["--probe-timeout", "3"])
      let page = try await service.get("/domains/silent.gov.uk", "Accept: text/html")
      #expect(page.status == 200 && page.headers["transfer-encoding"] == "chunked")
      #expect(page.body.contains("Looking at silent.gov.uk") && page.body.contains("<li>DNS: silent.gov.uk"))
      #expect(page.body.contains("id=\"record\"") && page.body.contains("could not be determined"))
      let text = try await service.get("/pairs/fully-secure.gov.uk/plain.gov.uk")
      #expect(text.body.contains("The other way round") && text.body.contains("plain.gov.uk to fully-secure.gov.uk"))
      #expect(text.body.split(separator: "\n").allSatisfy { $0.count <= 80 || $0.hasPrefix("    ") })
      await service.stop()
    }
  }
}
