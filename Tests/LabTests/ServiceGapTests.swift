import Foundation
import JSON
import TestKit
import Testing

extension ServiceTests {
  /// What a long time off makes of the whitelist, by a clock that is set ahead for the service alone.
  @Suite struct ServiceGapTests {
    /// Debian's libfaketime, from the path or unpacked beside by Scripts/test.
    private static let library: String? = {
      let roots = ["/", Repository.root.appendingPathComponent(".build/beside/libfaketime/").path + "/"]
      let places = roots.flatMap { root in
        ["x86_64", "aarch64"].map { "\(root)usr/lib/\($0)-linux-gnu/faketime/libfaketimeMT.so.1" }
      }
      let found = places.first { FileManager.default.fileExists(atPath: $0) }
      if found == nil { print("skipped: no clock can be set ahead (Debian's package libfaketime is not here)") }
      return found
    }()

    /// The wall clock a week ahead; what is measured by the other goes on as it does.
    private static func nextWeek(_ library: String) -> [String] {
      ["LD_PRELOAD=\(library)", "FAKETIME=+7d", "DONT_FAKE_MONOTONIC=1"]
    }

    @Test("off for a week and started with a dead resolver, it tells everybody that a domain left; it comes back")
    func week() async throws {
      guard let lab = Lab.ready, let library = Self.library else { return }
      let name = ServiceChangeTests.domain
      let first = try await ServiceProcess.start(in: lab, port: 8500)
      _ = try await first.result("watchDomains", ["domains": [.string(name)]])
      let isListed = try await eventually { try await first.entry(name) != nil }
      #expect(isListed)
      let revision = try #require(try await first.result("listWhitelist")["revision"]?.integerValue)
      let tag = try #require(try await first.get("/whitelist").headers["etag"])
      await first.stop()

      let gap = Self.nextWeek(library)
      let dark = try await ServiceProcess.start(
        in: lab, port: 8501, store: first.store, resolver: "127.0.7.10@53",
        options: ["--check-timeout", "5", "--socketmap", "127.0.0.1:8502", "--log-level", "info"], environment: gap)
      for _ in 0..<2 {
        let whole = try await dark.result("listWhitelist")
        #expect(whole["entries"] == [])
        let since = try await dark.result("listWhitelist", ["since": .integer(revision)])
        #expect(since["removed"] == [.string(name)] && since["entries"] == [])
        // It left under the next revision; what checks find out may have had others since.
        let later = try await dark.result("listWhitelist", ["since": .integer(revision + 1)])
        #expect(later["removed"] == [] && later["entries"] == [])
        let text = try await dark.get("/whitelist", "If-None-Match: \(tag)")
        #expect(text.status == 200 && text.body.isEmpty && text.headers["etag"] != tag)
        #expect(try await dark.get("/whitelist?since=\(revision)").body == "# revision \(revision + 1)\n- \(name)\n")
        let ask = ["/usr/sbin/postmap", "-q", name, "socketmap:inet:127.0.0.1:8502:whitelist"]
        let asked = try await lab.quickly(ask)
        #expect(asked.status == 1 && asked.stdout.isEmpty && asked.stderr.isEmpty, "not found: \(asked)")
        // The second time round after a check, which finds nothing out.
        #expect(try await dark.result("checkDomain", ["domain": .string(name)])["verdict"] == "unknown")
      }
      let metrics = try await dark.get("/metrics").body.split(separator: "\n").map(String.init)
      #expect(metrics.contains("hallmark_whitelist_entries 0"))
      #expect(metrics.contains("hallmark_whitelist_changes_total{change=\"left\"} 1"))
      await dark.stop()
      #expect(dark.command.stderr.contains("a domain leaves the whitelist"), "\(dark.command.stderr)")

      let bright = try await ServiceProcess.start(in: lab, port: 8503, store: first.store, environment: gap)
      // What failed is asked again after a while, or at once for who asks.
      _ = try await bright.result("checkDomain", ["domain": .string(name), "maxAge": 0])
      let isBack = try await eventually { try await bright.entry(name) != nil }
      #expect(isBack, "\(bright.command.stderr)")
      let since = try await bright.result("listWhitelist", ["since": .integer(revision)])
      #expect(since["removed"] == [] && since["entries"]?.arrayValue?.map { $0["domain"] } == [.string(name)])
      await bright.stop()
    }
  }
}
