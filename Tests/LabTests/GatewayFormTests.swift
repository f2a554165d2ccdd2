import Foundation
import JSON
import TestKit
import Testing

extension ServiceTests {
  /// The forms of the whitelist read by the programs that they are made for, and a crowd at the socketmap.
  @Suite(.serialized) struct GatewayFormTests {
    @Test("postmap makes a table of each type of the export") func tables() async throws {
      guard let gateway = try await GatewayLab.shared.value else { return }
      let service = try await gateway.service()
      guard try await gateway.start("postfix", ["postfix-table"]) else { return await service.stop() }
      let types = try await gateway.run("postfix", ["postconf", "-m"]).stdout.split(separator: "\n")
      let lines = try await service.get("/whitelist?format=postfix").body
      await service.stop()
      for type in ["lmdb", "cdb", "hash"] {
        guard types.contains(Substring(type)) else {
          print("skipped: a table of type \(type) (Postfix has none here)")
          continue
        }
        let file = gateway.file("postfix", "etc/\(type)-test")
        try Data(lines.utf8).write(to: file)
        let table = "\(type):\(file.path)"
        let made = try await gateway.run("postfix", ["postmap", table])
        #expect(made.status == 0, "\(made.stderr)")
        let keys = GatewayLab.listed.sorted().joined(separator: "\n") + "\n"
        let found = try await gateway.run("postfix", ["postmap", "-q", "-", table], input: keys)
        let wanted = lines.split(separator: "\n").filter { !$0.hasPrefix("#") }
        #expect(found.stdout.replacing("\t", with: " ").split(separator: "\n") == wanted, "\(found.stderr)")
        let none = try await gateway.run("postfix", ["postmap", "-q", "plain.gov.uk", table])
        #expect(none.status == 1 && none.stdout.isEmpty)
      }
    }

    @Test("a message's author and recipient are looked up in the map that rspamd fetches") func scanner() async throws {
      guard let gateway = try await GatewayLab.shared.value else { return }
      let service = try await gateway.service()
      guard try await gateway.start("rspamd", GatewayTests.scanner) else { return await service.stop() }
      let tested = try await gateway.run("rspamd", ["rspamadm", "configtest"])
      #expect(tested.stdout.contains("syntax OK") && tested.status == 0, "\(tested.stderr)")
      // Its workers take up a map one after the other.
      let isFetched = try await eventually(for: .seconds(180)) {
        try await GatewayFormTests.symbols(gateway, from: "observed.gov.uk", to: "plain.gov.uk") == ["HALLMARK_FROM"]
      }
      #expect(isFetched)
      let toListed = try await GatewayFormTests.symbols(gateway, from: "plain.gov.uk", to: "sts-enforce.gov.uk")
      #expect(toListed == ["HALLMARK_RCPT"])
      #expect(try await GatewayFormTests.symbols(gateway, from: "plain.gov.uk", to: "nobody.gov.uk").isEmpty)
      await service.stop()
      // It goes on by the last list.
      let without = try await GatewayFormTests.symbols(gateway, from: "observed.gov.uk", to: "sts-enforce.gov.uk")
      #expect(without == ["HALLMARK_FROM", "HALLMARK_RCPT"])
    }

    /// The symbols of ours that a scan of a message gives.
    private static func symbols(_ gateway: GatewayLab, from: String, to: String) async throws -> [String] {
      let message = """
        From: <a@\(from)>
        To: <b@\(to)>
        Subject: lab
        Message-ID: <1@\(from)>

        lab

        """
      let scan = try await gateway.run(
        "rspamd", ["rspamc", "--json", "-h", "127.0.0.1:11333", "--from", "a@\(from)", "--rcpt", "b@\(to)"],
        input: message)
      let symbols = try JSONValue(parsing: scan.stdout)["symbols"]?.objectValue.map { $0.map(\.key) } ?? []
      return symbols.filter { $0.hasPrefix("HALLMARK") }.sorted()
    }

    @Test("a thousand connections at once, fragmented and pipelined") func crowd() async throws {
      guard let gateway = try await GatewayLab.shared.value else { return }
      let service = try await gateway.service()
      let outcome = try await gateway.lab.quickly(["python3", Lab.peer("socketmap_crowd.py"), "8461", "1000"])
      #expect(outcome.stdout == "1000 answered, 0 wrong\n", "\(outcome.stderr)")
      await service.stop()
    }

    @Test("out of descriptors, who waits is taken as soon as there are some, and nothing is done meanwhile")
    func exhaustion() async throws {
      guard let gateway = try await GatewayLab.shared.value else { return }
      let service = try await gateway.service()
      let outcome = try await gateway.lab.quickly(["python3", Lab.peer("socketmap_exhausted.py"), "8461"])
      #expect(outcome.stdout == "all in the end\n", "\(outcome.stderr)")
      await service.stop()
    }

    @Test("impact reads the log of a Postfix that sent") func impact() async throws {
      guard let gateway = try await GatewayLab.shared.value else { return }
      let service = try await gateway.service()
      guard try await gateway.start("postfix", ["postfix-socketmap"]) else { return await service.stop() }
      try await gateway.turn(into: GatewayLab.server)
      for _ in 0..<2 { _ = try await gateway.send("postfix", to: ["observed.gov.uk"]) }
      _ = try await gateway.send("postfix", to: ["plain.gov.uk", "sts-enforce.gov.uk"])
      _ = try await gateway.send("postfix", from: "someone@spf-none.gov.uk", to: ["fully-secure.gov.uk"])
      let outcome = try await ShellClientTests.run(
        service, ["impact", "fully-secure.gov.uk", gateway.file("postfix", "log").path])
      #expect(outcome.status == 1 && outcome.stderr.isEmpty, "\(outcome.stderr)")
      let lines = outcome.stdout.split(separator: "\n").map(String.init)
      #expect(lines.first == "4 correspondents of fully-secure.gov.uk: 3 would be lost", "\(outcome.stdout)")
      let lost = lines.filter { $0.hasPrefix("lost ") }.map { String($0.split(separator: ":")[0].dropFirst(5)) }
      #expect(
        lost == ["plain.gov.uk, 1 message", "observed.gov.uk, 2 messages", "spf-none.gov.uk, 1 message"],
        "\(outcome.stdout)")
      await service.stop()
    }
  }
}
