import Foundation
import JSON
import TestKit
import Testing

extension ServiceTests {
  /// What outlives a service, and what signals do to it.
  @Suite struct ServiceRestartTests {
    @Test("a service that is started again serves what was there")
    func restart() async throws {
      guard let lab = Lab.ready else { return }
      let first = try await ServiceProcess.start(in: lab, port: 8476)
      let question = ServiceProcess.text("checkDomain", ["domain": "dual-stack.gov.uk"])
      let names: JSONValue = ["observed.gov.uk", "plain.gov.uk"]
      _ = try await first.result("watchDomains", ["domains": names, "organisation": "Home Office"])
      let isListed = try await eventually { try await first.entry("observed.gov.uk") != nil }
      #expect(isListed)
      let isChecked = try await eventually { try await first.peek("domainHistory", ["domain": "plain.gov.uk"]) != nil }
      #expect(isChecked)
      let record = try await first.post(question)
      #expect(record.json?["result"]?["verdict"] == "secure", "\(record.body)")
      let whitelist = try await first.result("listWhitelist")
      let domains = try await first.result("listDomains", ["organisation": "Home Office"])
      #expect(domains["domains"]?.arrayValue?.count == 2)
      let history = try await first.result("domainHistory", ["domain": "observed.gov.uk"])
      await first.stop()

      let second = try await ServiceProcess.start(in: lab, port: 8476, store: first.store)
      #expect(try await second.post(question).body == record.body)
      #expect(try await second.result("listWhitelist") == whitelist)
      #expect(try await second.result("listDomains", ["organisation": "Home Office"]) == domains)
      #expect(try await second.result("domainHistory", ["domain": "observed.gov.uk"]) == history)
      await second.stop()
    }

    @Test("a service that was killed is started again on its store")
    func killed() async throws {
      guard let lab = Lab.ready else { return }
      let first = try await ServiceProcess.start(in: lab, port: 8477)
      let record = try await first.result("checkDomain", ["domain": "dual-stack.gov.uk"])
      try await first.kill()
      let second = try await ServiceProcess.start(in: lab, port: 8477, store: first.store)
      #expect(try await second.result("checkDomain", ["domain": "dual-stack.gov.uk"]) == record)
      await second.stop()
    }

    @Test("SIGTERM lets what is under way finish, takes nothing new, and ends with 0")
    func drain() async throws {
      guard let lab = Lab.ready else { return }
      let service = try await ServiceProcess.start(in: lab, port: 8478, options: ["--probe-timeout", "3"])
      let question = ServiceProcess.text("checkDomain", ["domain": "silent.gov.uk"])
      async let underWay = service.post(question)
      // The peer says nothing for three seconds.
      let isUnderWay = try await eventually {
        try await service.get("/metrics").body.contains("\nhallmark_checks_under_way 1\n")
      }
      #expect(isUnderWay)
      let outcome = await service.command.terminate()
      #expect(outcome.status == 0, "\(outcome.stderr)")
      let answer = try await underWay
      #expect(answer.json?["result"]?["verdict"] == "unknown", "\(answer.status) \(answer.body)")
      #expect(try await service.get("/health/live").status == 0)
    }

    @Test("SIGHUP reads the watch file and the token file again, and keeps what it had where one is broken")
    func hangup() async throws {
      guard let lab = Lab.ready else { return }
      let first = try await ServiceTokenTests.token(lab, "first", "admin")
      let second = try await ServiceTokenTests.token(lab, "second", "admin")
      let tokens = try lab.file("tokens", first.line + "\n")
      let watch = try lab.file("watch", "# nothing yet\n")
      let service = try await ServiceProcess.start(
        in: lab, port: 8479, options: ["--token-file", tokens, "--watch", watch])
      func names(_ token: ServiceTokenTests.Token) async throws -> [String]? {
        let text = ServiceProcess.text("listDomains", [:])
        let result = try await service.post(text, [token.header]).json?["result"]
        return result?["domains"]?.arrayValue?.compactMap { $0["domain"]?.stringValue }
      }
      #expect(try await names(first) == [])
      #expect(try await names(second) == nil)

      try Data("observed.gov.uk # the first\n\nFully-Secure.gov.uk.\n".utf8).write(to: URL(fileURLWithPath: watch))
      try Data((first.line + "\n" + second.line + "\n").utf8).write(to: URL(fileURLWithPath: tokens))
      service.command.signal(SIGHUP)
      let isRead = try await eventually {
        try await names(second) == ["fully-secure.gov.uk", "observed.gov.uk"]
      }
      #expect(isRead)

      // A file that cannot be read changes nothing; neither does it end the service.
      try Data("a..uk\n".utf8).write(to: URL(fileURLWithPath: watch))
      try Data("nonsense\n".utf8).write(to: URL(fileURLWithPath: tokens))
      service.command.signal(SIGHUP)
      let isSaid = try await eventually { service.command.stderr.contains("could not be read again") }
      #expect(isSaid, "\(service.command.stderr)")
      #expect(try await names(first)?.count == 2)

      // Who is taken out of the file may do nothing from then on.
      try Data((second.line + "\n").utf8).write(to: URL(fileURLWithPath: tokens))
      service.command.signal(SIGHUP)
      let isOut = try await eventually { try await names(first) == nil }
      #expect(isOut)
      #expect(try await names(second)?.count == 2)
      await service.stop()
    }
  }
}
