import Foundation
import JSON
import TestKit
import Testing

extension ServiceTests {
  /// What API/examples has for people who write clients, run against a service where the examples have it.
  @Suite(.serialized) struct ClientExampleTests {
    private static let examples = Repository.root.appendingPathComponent("API/examples")

    /// The lab's domains in place of the made-up ones; a revision that a new store has.
    private static let stand = [
      ("example.gov.uk", "fully-secure.gov.uk"), ("example.org", "plain.gov.uk"), ("\"since\":41", "\"since\":0"),
    ]

    /// The commands of curl.md: what stands between the comments.
    static let commands: [String] = {
      let text = (try? String(contentsOf: examples.appendingPathComponent("curl.md"), encoding: .utf8)) ?? ""
      var commands: [String] = []
      for line in text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init) {
        guard line.hasPrefix("    "), !line.hasPrefix("    #") else { continue }
        // A command goes on in lines that stand further in.
        if line.hasPrefix("     "), let last = commands.popLast() {
          commands.append(last + "\n" + line.dropFirst(4))
        } else {
          commands.append(String(line.dropFirst(4)))
        }
      }
      return commands.map { command in
        stand.reduce(command) { $0.replacing($1.0, with: $1.1) }
      }
    }()

    @Test("each command of curl.md has an answer, and none is an error")
    func curl() async throws {
      guard let gateway = try await GatewayLab.shared.value else { return }
      let service = try await gateway.service()
      for command in ClientExampleTests.commands {
        let outcome = try await gateway.lab.quickly(
          ["sh", "-c", "cd '\(Repository.root.path)' && set -e && \(command)"])
        #expect(outcome.status == 0 && outcome.stderr.isEmpty, "\(command): \(outcome.stderr)")
        let isRefused = outcome.stdout.contains("\"error\":{\"code\"")
        #expect(!outcome.stdout.isEmpty && !isRefused, "\(command): \(outcome.stdout)")
      }
      await service.stop()
    }

    @Test func commandsAreFound() {
      #expect(ClientExampleTests.commands.count == 10)
      #expect(ClientExampleTests.commands.allSatisfy { $0.contains("curl -s") })
    }

    struct Question: Sendable {
      let recipient: String
      let status: Int32
      let says: String
    }

    static let questions = [
      Question(
        recipient: "sts-enforce.gov.uk", status: 0,
        says: "authenticated, by mta-sts\non the whitelist: secure, by mta-sts\n"),
      Question(recipient: "plain.gov.uk", status: 1, says: "plaintext, by no promise\nnot on the whitelist\n"),
      Question(recipient: "lame.gov.uk", status: 3, says: "unknown, by no promise\nnot on the whitelist\n"),
    ]

    @Test("with requests alone") func requests() async throws {
      guard let gateway = try await GatewayLab.shared.value else { return }
      let service = try await gateway.service()
      guard try await gateway.lab.quickly(["python3", "-c", "import requests"]).status == 0 else {
        print("skipped: ask.py (python3 has no requests)")
        return await service.stop()
      }
      let program = ["python3", ClientExampleTests.examples.appendingPathComponent("ask.py").path, service.url]
      for question in ClientExampleTests.questions {
        let outcome = try await gateway.lab.quickly(program + ["fully-secure.gov.uk", question.recipient])
        #expect(outcome.status == question.status, "\(outcome.stderr)")
        #expect(outcome.stdout == "fully-secure.gov.uk to \(question.recipient): \(question.says)")
      }
      let refused = try await gateway.lab.quickly(program + ["fully-secure.gov.uk", "a..uk"])
      #expect(refused.status == 2 && refused.stderr.hasPrefix("INVALID_ARGUMENT: "), "\(refused.stderr)")
      await service.stop()
    }

    @Test("typed") func typed() async throws {
      guard let gateway = try await GatewayLab.shared.value else { return }
      let service = try await gateway.service()
      let program = """
        from client import Hallmark, Refused
        hallmark = Hallmark("\(service.url)")
        print(hallmark.check_domain("plain.gov.uk").verdict, hallmark.check_domain("plain.gov.uk").findings[0]["id"])
        print(hallmark.check_pair("fully-secure.gov.uk", "sts-enforce.gov.uk").secure)
        for entry in hallmark.whitelist(): print(entry.domain, entry.policy, entry.basis, *entry.match)
        try: hallmark.check_domain("a..uk")
        except Refused as refusal: print(refusal.args[0])
        """
      let outcome = try await gateway.lab.quickly(
        ["python3", "-B", "-c", program], environment: ["PYTHONPATH=\(ClientExampleTests.examples.path)"])
      #expect(
        outcome.stdout == """
          insecure mx-starttls
          True
          fully-secure.gov.uk dane-only dane mx.fully-secure.gov.uk
          observed.gov.uk secure observed mx.observed.gov.uk
          sts-enforce.gov.uk secure mta-sts *.sts-enforce.gov.uk
          INVALID_ARGUMENT

          """, "\(outcome.stderr)")
      await service.stop()
    }
  }
}
