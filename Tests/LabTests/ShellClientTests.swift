import Foundation
import JSON
import TestKit
import Testing

extension ServiceTests {
  /// Clients/hallmark, run by dash, against a service in the lab.
  @Suite struct ShellClientTests {
    static let program = Repository.root.appendingPathComponent("Clients/hallmark").path
    /// The strictest shell at hand.
    private static let shell = ["/bin/dash", "/usr/bin/dash"].first { FileManager.default.isExecutableFile(atPath: $0) }

    /// One service for all of them that change nothing; it ends with the lab.
    private static let shared = Task { () -> ServiceProcess? in
      guard let lab = Lab.ready else { return nil }
      return try await ServiceProcess.start(in: lab, port: 8527)
    }

    static func run(
      _ service: ServiceProcess, _ words: [String], environment: [String] = [], input: String = ""
    ) async throws -> Outcome {
      try await service.lab.quickly(
        [shell ?? "/bin/sh", program, "--server", service.url] + words, environment: environment, input: input)
    }

    struct Case: Sendable, CustomTestStringConvertible {
      let words: [String]
      let status: Int32
      /// What standard output must hold.
      var shown: [String] = []
      /// What standard error must hold; nothing stands there where this is empty.
      var complaint = ""

      var testDescription: String { words.joined(separator: " ") }
    }

    static let cases = [
      Case(words: ["check", "fully-secure.gov.uk"], status: 0, shown: ["fully-secure.gov.uk: secure"]),
      Case(words: ["check", "no-mail.gov.uk"], status: 0, shown: ["no-mail.gov.uk: no-mail"]),
      Case(words: ["check", "plain.gov.uk"], status: 1, shown: ["plain.gov.uk: insecure", "mx-starttls"]),
      Case(words: ["check", "lame.gov.uk"], status: 3, shown: ["unknown"]),
      Case(words: ["check", "lame.gov.uk", "fully-secure.gov.uk"], status: 3),
      Case(words: ["check", "lame.gov.uk", "plain.gov.uk"], status: 1),
      Case(
        words: ["check", "fully-secure.gov.uk", "a..uk"], status: 2, shown: ["fully-secure.gov.uk: secure"],
        complaint: "a..uk"),
      Case(words: ["check", "--standard", "uk-gov", "observed.gov.uk"], status: 1, shown: ["uk-gov"]),
      Case(words: ["check", "--selectors", "no-such", "dkim-absent.gov.uk"], status: 1, shown: ["dkim-missing"]),
      Case(
        words: ["pair", "fully-secure.gov.uk", "sts-enforce.gov.uk"], status: 0, shown: ["authenticated", "mta-sts"]),
      Case(words: ["pair", "fully-secure.gov.uk", "plain.gov.uk"], status: 1, shown: ["plaintext"]),
      Case(words: ["pair", "fully-secure.gov.uk", "lame.gov.uk"], status: 3, shown: ["unknown"]),
      Case(words: ["domains", "--organisation", "nobody"], status: 0),
      Case(words: ["nothing"], status: 2, complaint: "nothing"),
      Case(words: ["check"], status: 2, complaint: "domain"),
      Case(words: ["--server", "http://127.0.0.1:1", "check", "a.uk"], status: 2, complaint: "127.0.0.1:1"),
    ]

    @Test(arguments: cases) func answers(_ each: Case) async throws {
      guard let service = try await ShellClientTests.shared.value else { return }
      let outcome = try await ShellClientTests.run(service, each.words)
      #expect(outcome.status == each.status, "\(outcome.stdout)\(outcome.stderr)")
      for text in each.shown { #expect(outcome.stdout.contains(text), "\(outcome.stdout)") }
      if each.complaint.isEmpty {
        #expect(outcome.stderr.isEmpty, "\(outcome.stderr)")
      } else {
        #expect(outcome.stderr.contains(each.complaint), "\(outcome.stderr)")
      }
    }

    @Test("--json gives the records that the service gives")
    func json() async throws {
      guard let service = try await ShellClientTests.shared.value else { return }
      let names = "fully-secure.gov.uk\n# not this\nplain.gov.uk # this\n"
      let outcome = try await ShellClientTests.run(service, ["--json", "check", "--from", "-"], input: names)
      #expect(outcome.status == 1, "\(outcome.stderr)")
      let records = try outcome.stdout.split(separator: "\n").map { try JSONValue(parsing: String($0)) }
      #expect(records.map { $0["domain"] } == ["fully-secure.gov.uk", "plain.gov.uk"])
      #expect(records.first == (try await service.result("checkDomain", ["domain": "fully-secure.gov.uk"])))
    }

    @Test("impact says who would be lost, worst first")
    func impact() async throws {
      guard let service = try await ShellClientTests.shared.value else { return }
      let list = try service.lab.file(
        "list", "sts-enforce.gov.uk\nplain.gov.uk\nobserved.gov.uk\nspf-none.gov.uk\nno-mail.gov.uk\nlame.gov.uk\n")
      let outcome = try await ShellClientTests.run(service, ["impact", "fully-secure.gov.uk", list])
      #expect(outcome.status == 1, "\(outcome.stderr)")
      let lines = outcome.stdout.split(separator: "\n").map(String.init)
      #expect(lines.first == "6 correspondents of fully-secure.gov.uk: 3 would be lost", "\(outcome.stdout)")
      let lost = lines.filter { $0.hasPrefix("lost ") }.map { $0.split(separator: " ")[1].prefix { $0 != ":" } }
      #expect(Set(lost) == ["plain.gov.uk", "observed.gov.uk", "spf-none.gov.uk"], "\(outcome.stdout)")
      #expect(lines.contains { $0.hasPrefix("open lame.gov.uk") }, "\(outcome.stdout)")
      let none = try service.lab.file("list", "sts-enforce.gov.uk\n")
      #expect(try await ShellClientTests.run(service, ["impact", "fully-secure.gov.uk", none]).status == 0)
      let log = try service.lab.file(
        "log",
        """
        Jan  1 00:00:01 mx postfix/smtp[7]: 4ABC: to=<a@plain.gov.uk>, relay=mx.plain.gov.uk[127.0.2.2]:25, status=sent
        Jan  1 00:00:02 mx postfix/smtp[7]: 4ABD: to=<b@plain.gov.uk>, relay=mx.plain.gov.uk[127.0.2.2]:25, status=sent
        Jan  1 00:00:03 mx postfix/qmgr[7]: 4ABE: from=<c@sts-enforce.gov.uk>, size=1, nrcpt=1 (queue active)

        """)
      let fromLog = try await ShellClientTests.run(service, ["impact", "fully-secure.gov.uk", log])
      #expect(fromLog.status == 1)
      #expect(fromLog.stdout.contains("lost plain.gov.uk, 2 messages"), "\(fromLog.stdout)\(fromLog.stderr)")
    }

    @Test("watch, whitelist, sync-postfix, domains, unwatch: a gateway's day")
    func gateway() async throws {
      guard let lab = Lab.ready else { return }
      let token = try await ServiceTokenTests.token(lab, "gateway", "admin")
      let tokens = try lab.file("tokens", token.line + "\n")
      let secret = try lab.file("secret", token.secret + "\n")
      let service = try await ServiceProcess.start(in: lab, port: 8494, options: ["--token-file", tokens])
      func hallmark(_ words: String...) async throws -> Outcome {
        try await ShellClientTests.run(service, ["--token-file", secret] + words)
      }
      func entries() async throws -> [String] {
        try await hallmark("whitelist").stdout.split(separator: "\n").map(String.init)
      }
      // Without a token nothing is told; with one in the environment it is as with the file.
      let refused = try await ShellClientTests.run(service, ["domains"])
      #expect(refused.status == 2 && refused.stderr.contains("401"), "\(refused.stderr)")
      let environment = try await ShellClientTests.run(
        service, ["domains"], environment: ["HALLMARK_TOKEN=\(token.secret)"])
      #expect(environment.status == 0, "\(environment.stderr)")

      let watch = try await hallmark("watch", "observed.gov.uk", "plain.gov.uk", "--organisation", "Home Office")
      #expect(watch.stdout == "added 2, already watched 0\n" && watch.status == 0, "\(watch.stderr)")
      let isListed = try await eventually { try await entries() == ["observed.gov.uk"] }
      #expect(isListed)
      let line = "observed.gov.uk secure match=mx.observed.gov.uk servername=hostname\n"
      let whitelist = try await hallmark("whitelist", "--format", "postfix")
      #expect(whitelist.stdout.hasSuffix(line), "\(whitelist.stdout)")

      let file = lab.scratch.appendingPathComponent("\(UUID().uuidString)-tls_policy")
      let first = try await hallmark("sync-postfix", file.path)
      #expect(first.stdout.hasSuffix("replaced, 1 domains\n") && first.status == 0, "\(first.stderr)")
      #expect(try String(contentsOf: file, encoding: .utf8).hasSuffix(line))
      let inode = try ShellClientTests.inode(file)
      let second = try await hallmark("sync-postfix", file.path)
      #expect(second.stdout.hasSuffix("unchanged\n") && second.status == 0, "\(second.stderr)")
      #expect(try ShellClientTests.inode(file) == inode)

      let changes = try await hallmark("whitelist", "--since", "0")
      #expect(changes.stdout.hasPrefix("+ observed.gov.uk\n# revision "), "\(changes.stdout)")
      let isChecked = try await eventually { try await hallmark("domains").stdout.contains("insecure") }
      #expect(isChecked)
      let domains = try await hallmark("domains", "--organisation", "Home Office").stdout.split(separator: "\n")
      #expect(
        domains.map { $0.split(separator: "\t").prefix(2) } == [
          ["observed.gov.uk", "secure"], ["plain.gov.uk", "insecure"],
        ])

      let unwatch = try await hallmark("unwatch", "observed.gov.uk", "nobody.gov.uk")
      #expect(unwatch.stdout == "removed 1, not watched 1\n", "\(unwatch.stderr)")
      let third = try await hallmark("sync-postfix", file.path)
      #expect(third.stdout.hasSuffix("replaced, 0 domains\n") && third.status == 0, "\(third.stderr)")
      await service.stop()
      // A service that is gone takes nothing away.
      let kept = try Data(contentsOf: file)
      let fourth = try await hallmark("sync-postfix", file.path)
      #expect(fourth.status == 2)
      #expect(try Data(contentsOf: file) == kept)
    }

    private static func inode(_ file: URL) throws -> UInt64? {
      try FileManager.default.attributesOfItem(atPath: file.path)[.systemFileNumber] as? UInt64
    }
  }
}
