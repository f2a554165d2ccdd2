import Foundation
import TestKit
import Testing

extension ServiceTests {
  /// What keeps `hallmarkd serve` from starting: one line on standard error that names it, and status 2.
  @Suite struct ServiceStartTests {
    struct Case: Sendable, CustomTestStringConvertible {
      let why: String
      let words: [String]
      /// What the line must name.
      let names: [String]
      /// Contents of a file that takes the place of FILE in the words.
      var file: String?
      var environment: [String] = []

      var testDescription: String { why }
    }

    static let cases: [Case] = [
      Case(why: "an unknown option", words: ["--no-such-option"], names: ["--no-such-option"]),
      Case(why: "an option without its value", words: ["--min-ttl"], names: ["--min-ttl"]),
      Case(why: "no number", words: ["--min-ttl", "soon"], names: ["--min-ttl", "soon"]),
      Case(why: "a number too large", words: ["--smtp-port", "65536"], names: ["--smtp-port", "65536"]),
      Case(
        why: "no number in the environment", words: [], names: ["HALLMARK_MIN_TTL", "soon"],
        environment: ["HALLMARK_MIN_TTL=soon"]),
      Case(
        why: "a floor above the ceiling", words: ["--min-ttl", "100", "--max-ttl", "10"], names: ["--min-ttl", "100"]),
      Case(why: "no address", words: ["--http", "localhost"], names: ["--http", "localhost"]),
      Case(why: "no block", words: ["--allow-address", "127.0.0.0/33"], names: ["--allow-address", "127.0.0.0/33"]),
      Case(why: "no resolver", words: ["--resolver", "dns.example"], names: ["--resolver", "dns.example"]),
      Case(why: "no host name", words: ["--ehlo-name", "a b"], names: ["--ehlo-name"]),
      Case(why: "no such level", words: ["--log-level", "loud"], names: ["--log-level", "loud"]),
      Case(why: "no such format", words: ["--log-format", "xml"], names: ["--log-format", "xml"]),
      Case(why: "no such standard", words: ["--standard", "mine"], names: ["mine"]),
      Case(why: "a standard that is none", words: ["--standard", "FILE"], names: ["line 1"], file: "{"),
      Case(why: "no CA file", words: ["--ca-file", "/nowhere.pem"], names: ["--ca-file", "/nowhere.pem"]),
      Case(why: "a directory as CA file", words: ["--ca-file", "/tmp"], names: ["--ca-file", "/tmp"]),
      Case(why: "a CA file without certificates", words: ["--ca-file", "FILE"], names: ["--ca-file"], file: "none\n"),
      Case(why: "no anchor", words: ["--trust-anchor", "/nowhere.ds"], names: ["--trust-anchor", "/nowhere.ds"]),
      Case(why: "an anchor that is none", words: ["--trust-anchor", "FILE"], names: ["--trust-anchor"], file: "?\n"),
      Case(why: "no token file", words: ["--token-file", "/nowhere"], names: ["--token-file", "/nowhere"]),
      Case(
        why: "a token file that is none", words: ["--token-file", "FILE"], names: ["--token-file", "FILE", "line 2"],
        file: "# tokens\nking me 00\n"),
      Case(why: "no watch file", words: ["--watch", "/nowhere"], names: ["--watch", "/nowhere"]),
      Case(
        why: "a watch file with what is no domain", words: ["--watch", "FILE"], names: ["--watch", "FILE", "a..uk"],
        file: "good.gov.uk\na..uk\n"),
      Case(why: "no configuration file", words: ["--config", "/nowhere"], names: ["--config", "/nowhere"]),
      Case(why: "no YAML", words: ["--config", "FILE"], names: ["--config", "FILE"], file: "{a: [\n"),
      Case(why: "an unknown key", words: ["--config", "FILE"], names: ["colour"], file: "colour: red\n"),
      Case(
        why: "a wrong value in it", words: ["--config", "FILE"], names: ["min-ttl", "soon"], file: "min-ttl: soon\n"),
      Case(
        why: "a certificate without key", words: ["--tls-certificate", "/a.pem"],
        names: ["--tls-certificate", "--tls-key"]),
      Case(
        why: "no certificate", words: ["--tls-certificate", "/nowhere.pem", "--tls-key", "/nowhere.key"],
        names: ["/nowhere"]),
      Case(
        why: "beyond loopback without tokens", words: ["--http", "0.0.0.0:8471"],
        names: ["--http", "0.0.0.0", "--token-file"]),
      Case(why: "the same of IPv6", words: ["--http", "[::]:8471"], names: ["--http", "::", "--token-file"]),
      Case(
        why: "beyond loopback in the clear", words: ["--http", "0.0.0.0:8471", "--token-file", "FILE"],
        names: ["--http", "--tls-certificate", "--behind-proxy"], file: "# none\n"),
      Case(
        why: "a socketmap beyond loopback without tokens", words: ["--socketmap", "0.0.0.0:8472"],
        names: ["--socketmap", "0.0.0.0", "--token-file"]),
      // The lab's name server is there.
      Case(why: "a busy port", words: ["--http", "127.0.1.1:53"], names: ["127.0.1.1", "53"]),
      Case(why: "a busy port of the socketmap", words: ["--socketmap", "127.0.1.1:53"], names: ["127.0.1.1", "53"]),
      Case(why: "a store that is a file", words: ["--store", "FILE"], names: ["--store", "FILE"], file: "text"),
    ]

    @Test(arguments: cases) func refused(_ each: Case) async throws {
      guard let lab = Lab.ready else { return }
      let path = try each.file.map { try lab.file("given", $0) }
      func filled(_ words: [String]) -> [String] { words.map { $0 == "FILE" ? path ?? $0 : $0 } }
      let store = lab.scratch.appendingPathComponent("store-\(UUID().uuidString)").path
      var words = ["serve", "--store", store, "--http", "127.0.0.1:8471"] + lab.options + filled(each.words)
      // What the environment gives must not be covered by an option.
      if !each.environment.isEmpty { words = ["serve", "--store", store] }
      let outcome = try await lab.quickly([Lab.hallmarkd ?? ""] + words, environment: each.environment)
      ServiceStartTests.expectOneLine(outcome, names: filled(each.names))
    }

    private static func expectOneLine(
      _ outcome: Outcome, names: [String], _ location: SourceLocation = #_sourceLocation
    ) {
      #expect(outcome.status == 2, "\(outcome.stderr)", sourceLocation: location)
      #expect(outcome.stdout.isEmpty, sourceLocation: location)
      let lines = outcome.stderr.split(separator: "\n")
      #expect(lines.count == 1, "\(outcome.stderr)", sourceLocation: location)
      for name in names { #expect(outcome.stderr.contains(name), "\(outcome.stderr)", sourceLocation: location) }
    }

    @Test("a store that is damaged is named, and left as it is", arguments: ["garbage", "cut off", "empty"])
    func damagedStore(_ how: String) async throws {
      guard let lab = Lab.ready else { return }
      let store = lab.scratch.appendingPathComponent("store-\(UUID().uuidString)")
      let made = try await lab.quickly([Lab.hallmarkd ?? "", "watch", "add", "observed.gov.uk", "--store", store.path])
      #expect(made.status == 0, "\(made.stderr)")
      let file = store.appendingPathComponent("data.mdb")
      var data = try Data(contentsOf: file)
      switch how {
      case "garbage": data.replaceSubrange(0..<8192, with: Data(repeating: 0x5a, count: 8192))
      case "cut off": data = data.prefix(6000)
      default: data = Data("LMDB".utf8)
      }
      try data.write(to: file)
      let words = ["serve", "--store", store.path, "--http", "127.0.0.1:8473"] + lab.options
      let outcome = try await lab.quickly(["timeout", "60", Lab.hallmarkd ?? ""] + words)
      ServiceStartTests.expectOneLine(outcome, names: ["--store", store.path])
      #expect(try Data(contentsOf: file) == data)
    }

    @Test("one service to a store; the command line reads beside it and does not write")
    func oneServiceToAStore() async throws {
      guard let lab = Lab.ready else { return }
      let service = try await ServiceProcess.start(in: lab, port: 8474)
      let hallmarkd = Lab.hallmarkd ?? ""
      let store = ["--store", service.store.path]
      let second = try await lab.quickly([hallmarkd, "serve", "--http", "127.0.0.1:8475"] + store + lab.options)
      ServiceStartTests.expectOneLine(second, names: ["--store", service.store.path])
      let port = try await lab.quickly(
        [hallmarkd, "serve", "--http", "127.0.0.1:8474", "--store", service.store.path + "-other"] + lab.options)
      ServiceStartTests.expectOneLine(port, names: ["127.0.0.1", "8474"])
      let adding = try await lab.quickly([hallmarkd, "watch", "add", "plain.gov.uk"] + store)
      ServiceStartTests.expectOneLine(adding, names: [service.store.path])
      _ = try await service.result("watchDomains", ["domains": ["observed.gov.uk"]])
      let listed = try await lab.quickly([hallmarkd, "watch", "list"] + store)
      #expect(listed.stdout == "observed.gov.uk\n" && listed.status == 0, "\(listed.stderr)")
      let isListed = try await eventually { try await service.entry("observed.gov.uk") != nil }
      #expect(isListed)
      let whitelist = try await lab.quickly([hallmarkd, "whitelist", "--format", "txt"] + store)
      #expect(whitelist.stdout == "observed.gov.uk\n" && whitelist.status == 0, "\(whitelist.stderr)")
      let copy = service.store.path + "-copy"
      let backup = try await lab.quickly([hallmarkd, "backup", copy] + store)
      #expect(backup.status == 0, "\(backup.stderr)")
      await service.stop()
      let restored = try await lab.quickly([hallmarkd, "whitelist", "--format", "txt", "--store", copy])
      #expect(restored.stdout == "observed.gov.uk\n", "\(restored.stderr)")
    }
  }
}
