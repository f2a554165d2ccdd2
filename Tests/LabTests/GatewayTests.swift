import Foundation
import JSON
import Testing

extension ServiceTests {
  /// Documentation/Gateways.md, done with the real programs: first in a friendly network, then in a hostile one.
  @Suite(.serialized) struct GatewayTests {
    /// What sends mail: its kind, and its recipes.
    struct Sender: Sendable, CustomTestStringConvertible {
      let kind: String
      let recipes: [String]
      var isTable = false

      var testDescription: String { recipes[0] }
    }

    static let socketmap = Sender(kind: "postfix", recipes: ["postfix-socketmap"])
    static let table = Sender(kind: "postfix", recipes: ["postfix-table"], isTable: true)
    static let exim = Sender(kind: "exim", recipes: ["exim-main", "exim-router", "exim-transport"], isTable: true)
    static let scanner = ["rspamd-multimap", "rspamd-options"]
    static let document = "Gateways.md"
    /// What a timer does, by who reads the table.
    static let timers = ["postfix": "sync-postfix", "exim": "sync-exim"]

    /// What the mail server turns into, and what Postfix says of it.
    static let turns = [
      ("self-signed", "not verified"), ("wrong-name", "not verified"), ("plain", "TLS is required"),
    ]

    @Test("every recipe of the document is run by a test") func recipes() throws {
      let found = try Recipe.names(in: GatewayTests.document)
      let senders = [GatewayTests.socketmap, GatewayTests.table, GatewayTests.exim]
      let used = senders.flatMap(\.recipes) + GatewayTests.scanner + GatewayTests.timers.values
      #expect(found.sorted() == used.sorted())
    }

    @Test("what is on the list goes out verified, or waits", arguments: [socketmap, table, exim])
    func delivers(_ sender: Sender) async throws {
      guard let gateway = try await GatewayLab.shared.value else { return }
      let service = try await gateway.service()
      try await gateway.turn(into: GatewayLab.server)
      guard try await GatewayTests.start(sender, gateway, service) else { return await service.stop() }
      let before = try await gateway.mail(at: GatewayLab.server)
      let sent = try await gateway.send(sender.kind, to: GatewayLab.listed + [GatewayLab.plain])
      for domain in GatewayLab.listed {
        let delivery = try #require(sent[domain])
        #expect(delivery["status"] == "sent" && GatewayTests.isVerified(delivery), "\(Expectation.text(delivery))")
      }
      // The others are as they were.
      #expect(sent[GatewayLab.plain]?["status"] == "sent")

      for (peer, reason) in GatewayTests.turns {
        try await gateway.turn(into: peer)
        // Anew: a Postfix that just failed at a host would not so much as try.
        try #require(try await GatewayTests.start(sender, gateway, service))
        let held = try await gateway.send(sender.kind, to: GatewayLab.listed)
        for domain in GatewayLab.listed {
          let said = held[domain]?["reason"]?.stringValue ?? ""
          #expect(held[domain]?["status"] == "deferred", "\(domain) at \(peer): \(said)")
          if sender.kind == "postfix" { #expect(said.contains(reason), "\(domain) at \(peer): \(said)") }
        }
      }
      try await gateway.turn(into: GatewayLab.server)
      let after = try await gateway.mail(at: GatewayLab.server)
      #expect(after.encrypted - before.encrypted == GatewayLab.listed.count)
      #expect(after.clear == 0)
      await service.stop()
    }

    @Test("a forged MX record leads nowhere, whatever certificate stands there", arguments: [socketmap, exim])
    func forged(_ sender: Sender) async throws {
      guard let gateway = try await GatewayLab.shared.value else { return }
      let service = try await gateway.service()
      guard try await GatewayTests.start(sender, gateway, service) else { return await service.stop() }
      // In the lab mx.provider.uk has a certificate that is trusted and names it.
      try await gateway.forge("observed.gov.uk", "MX 10 mx.provider.uk.")
      let held = try await gateway.send(sender.kind, to: ["observed.gov.uk"])
      #expect(held["observed.gov.uk"]?["status"] == "deferred", "\(held)")
      #expect(try await gateway.mail(at: "provider1") == (0, 0))
      try await gateway.forge("observed.gov.uk")
      await service.stop()
    }

    @Test("the map that comes first decides") func exceptions() async throws {
      guard let gateway = try await GatewayLab.shared.value else { return }
      let service = try await gateway.service()
      guard try await gateway.start("postfix", GatewayTests.socketmap.recipes) else { return await service.stop() }
      try Data("sts-enforce.gov.uk encrypt\n".utf8).write(to: gateway.file("postfix", "etc/tls_exceptions"))
      try await gateway.turn(into: "self-signed")
      let sent = try await gateway.send("postfix", to: ["sts-enforce.gov.uk", "observed.gov.uk"])
      try await gateway.turn(into: GatewayLab.server)
      #expect(sent["sts-enforce.gov.uk"]?["status"] == "sent")
      #expect(sent["observed.gov.uk"]?["status"] == "deferred")
      await service.stop()
    }

    @Test("without hallmarkd a look-up makes mail wait, and a table does not") func outage() async throws {
      guard let gateway = try await GatewayLab.shared.value else { return }
      let service = try await gateway.service()
      let everybody = GatewayLab.listed + [GatewayLab.plain]
      for sender in [GatewayTests.socketmap, GatewayTests.table] {
        let service = sender.isTable ? try await gateway.service() : service
        guard try await GatewayTests.start(sender, gateway, service) else { return await service.stop() }
        await service.stop()
        let sent = try await gateway.send(sender.kind, to: everybody)
        for domain in everybody {
          #expect(sent[domain]?["status"] == (sender.isTable ? "sent" : "deferred"), "\(sender): \(sent)")
        }
      }
      // It is there again, and so is its list.
      let again = try await gateway.service()
      guard try await gateway.start("postfix", GatewayTests.socketmap.recipes) else { return await again.stop() }
      let sent = try await gateway.send("postfix", to: GatewayLab.listed)
      #expect(sent.values.allSatisfy { $0["status"] == "sent" && GatewayTests.isVerified($0) }, "\(sent)")
      await again.stop()
    }

    // MARK: Steps

    /// Starts it anew, and does what the document has a timer do.
    private static func start(_ sender: Sender, _ gateway: GatewayLab, _ service: ServiceProcess) async throws -> Bool {
      guard try await gateway.start(sender.kind, sender.recipes) else { return false }
      guard sender.isTable else { return true }
      // What `gateway` does to Exim's recipes too: there is no /etc/exim4 that anything could be laid over.
      let timer = try #require(try Recipe.text(timers[sender.kind] ?? "", in: document))
        .replacing("/etc/exim4/", with: gateway.file("exim", "").path + "/")
      let client = "hallmark() { '\(ShellClientTests.program)' --server '\(service.url)' \"$@\"; }"
      let outcome = try await gateway.run(sender.kind, ["sh", "-c", "\(client)\n\(timer)"])
      #expect(outcome.stdout.hasSuffix("replaced, 3 domains\n") && outcome.status == 0, "\(outcome.stderr)")
      return true
    }

    /// Postfix says so of the session; Exim of the delivery.
    static func isVerified(_ delivery: JSONValue) -> Bool {
      if let sessions = delivery["tls"]?.arrayValue { return sessions.last?["trust"] == "Verified" }
      let said = delivery["reason"]?.stringValue ?? ""
      return said.contains(" CV=yes ") || said.contains(" CV=dane ")
    }
  }
}
