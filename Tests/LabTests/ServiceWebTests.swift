import Foundation
import JSON
import TestKit
import Testing

extension ServiceTests {
  /// What `hallmarkd serve` shows to people, curl, gateways and monitors.
  @Suite struct ServiceWebTests {
    /// One service for all of them, and for those who read the whitelist, which has three entries; it ends with the lab.
    static let shared = Task { () -> ServiceProcess? in
      guard let lab = Lab.ready else { return nil }
      let service = try await ServiceProcess.start(in: lab, port: 8486, options: ["--socketmap", "127.0.0.1:8487"])
      let names: JSONValue = ["fully-secure.gov.uk", "observed.gov.uk", "sts-enforce.gov.uk", "plain.gov.uk"]
      _ = try await service.result("watchDomains", ["domains": names, "organisation": "Home Office"])
      let isListed = try await eventually {
        let isChecked = try await service.peek("domainHistory", ["domain": "plain.gov.uk"]) != nil
        let count = try await service.peek("listWhitelist")?["entries"]?.arrayValue?.count
        return isChecked && count == 3
      }
      guard isListed else { throw ServiceProcess.Failure(description: "the whitelist did not come to hold three") }
      return service
    }

    struct Format: Sendable, CustomTestStringConvertible {
      let name: String
      let type: String
      let lines: [String]

      var testDescription: String { name }
    }

    static let formats = [
      Format(
        name: "txt", type: "text/plain", lines: ["fully-secure.gov.uk", "observed.gov.uk", "sts-enforce.gov.uk"]),
      Format(
        name: "postfix", type: "text/plain",
        lines: [
          "fully-secure.gov.uk dane-only",
          "observed.gov.uk secure match=mx.observed.gov.uk servername=hostname",
          "sts-enforce.gov.uk secure match=.sts-enforce.gov.uk servername=hostname",
        ]),
      Format(
        name: "rspamd", type: "text/plain", lines: ["fully-secure.gov.uk", "observed.gov.uk", "sts-enforce.gov.uk"]),
    ]

    @Test(arguments: formats) func textFormat(_ format: Format) async throws {
      guard let service = try await ServiceWebTests.shared.value else { return }
      let answer = try await service.get("/whitelist?format=\(format.name)")
      #expect(answer.status == 200)
      #expect(answer.headers["content-type"]?.hasPrefix(format.type) == true)
      let lines = answer.body.split(separator: "\n").map(String.init).filter { !$0.hasPrefix("#") }
      #expect(lines == format.lines)
    }

    @Test("JSON, NDJSON and CSV hold what listWhitelist gives")
    func dataFormats() async throws {
      guard let service = try await ServiceWebTests.shared.value else { return }
      let listed = try await service.result("listWhitelist")
      let json = try await service.get("/whitelist?format=json")
      #expect(json.headers["content-type"] == "application/json")
      #expect(json.json?["entries"] == listed["entries"] && json.json?["revision"] == listed["revision"])
      let ndjson = try await service.get("/whitelist?format=ndjson")
      #expect(
        try ndjson.body.split(separator: "\n").map { try JSONValue(parsing: String($0)) }
          == listed["entries"]?.arrayValue
      )
      let csv = try await service.get("/whitelist?format=csv")
      #expect(csv.headers["content-type"]?.hasPrefix("text/csv") == true)
      let rows = csv.body.split(whereSeparator: \.isNewline)
      #expect(rows.first == "domain,policy,basis,mx,match,expiresAt,stale,revision")
      #expect(rows.count == 4)
      #expect(rows.dropFirst().first?.hasPrefix("fully-secure.gov.uk,dane-only,dane,") == true)
    }

    @Test("who has the whitelist already is told so", arguments: ["txt", "json", "postfix"])
    func revalidation(_ format: String) async throws {
      guard let service = try await ServiceWebTests.shared.value else { return }
      let path = "/whitelist?format=\(format)"
      let first = try await service.get(path)
      let tag = try #require(first.headers["etag"])
      // Revalidation compares weakly (RFC 9110 section 13.1.2).
      let weak = tag.hasPrefix("W/") ? tag : "W/\(tag)"
      for given in [tag, "\"other\", \(tag)", weak, "*"] {
        let again = try await service.get(path, "If-None-Match: \(given)")
        #expect(again.status == 304 && again.body.isEmpty, "\(given)")
        #expect(again.headers["etag"] == tag)
      }
      #expect(try await service.get(path, "If-None-Match: \"other\"").status == 200)
      // One format's tag says nothing of another.
      #expect(try await service.get("/whitelist?format=csv", "If-None-Match: \(tag)").status == 200)
      let date = try #require(first.headers["last-modified"])
      #expect(try await service.get(path, "If-Modified-Since: \(date)").status == 304)
    }

    @Test func reports() async throws {
      guard let service = try await ServiceWebTests.shared.value else { return }
      let text = try await service.get("/domains/PLAIN.gov.uk")
      #expect(text.status == 200)
      #expect(text.headers["content-type"] == "text/plain; charset=utf-8")
      #expect(text.headers["vary"]?.contains("Accept") == true)
      #expect(text.body.split(separator: "\n").first == "plain.gov.uk: not secure", "\(text.body)")
      #expect(text.body.contains("STARTTLS"), "\(text.body)")
      let json = try await service.get("/domains/plain.gov.uk", "Accept: application/json")
      #expect(json.headers["content-type"] == "application/json")
      #expect(json.json == (try await service.result("checkDomain", ["domain": "plain.gov.uk"])))
      let pair = try await service.get("/pairs/fully-secure.gov.uk/plain.gov.uk")
      #expect(pair.headers["content-type"] == "text/plain; charset=utf-8")
      #expect(pair.body.contains("plaintext"))
      let verdict = try await service.get("/pairs/fully-secure.gov.uk/plain.gov.uk", "Accept: application/json")
      #expect(verdict.json?["secure"] == false && verdict.json?["transport"]?["grade"] == "plaintext")
      let wrong = try await service.get("/domains/a..uk", "Accept: application/json")
      #expect(wrong.status == 400)
    }

    @Test func health() async throws {
      guard let service = try await ServiceWebTests.shared.value else { return }
      for path in ["/health/live", "/health/ready"] {
        let answer = try await service.get(path)
        #expect(answer.status == 200 && answer.body == "SERVING\n", "\(path)")
      }
      let head = try await service.request("/health/live", ["-I"])
      #expect(head.status == 200 && head.body.isEmpty && head.headers["content-length"] == "8")
      #expect(try await service.result("health") == ["status": "SERVING"])
    }

    @Test("the description that the service gives is the one in API")
    func description() async throws {
      guard let service = try await ServiceWebTests.shared.value else { return }
      let file = Repository.root.appendingPathComponent("API/openrpc.json")
      let document = try JSONValue(parsing: try Data(contentsOf: file))
      let answer = try await service.get("/openrpc.json")
      #expect(answer.headers["content-type"] == "application/json")
      #expect(answer.json == document)
      let discovered = try await service.post(ServiceProcess.text("rpc.discover", [:])).json?["result"]
      #expect(discovered == document)
    }

    /// A client of socketmap_table(5): the requests of its arguments in one packet, the answers a line each.
    private static let socketmapClient = """
      import socket, sys
      with socket.create_connection(("127.0.0.1", int(sys.argv[1])), 60) as connection:
          file = connection.makefile("rb")
          connection.sendall(b"".join(b"%d:%s," % (len(text.encode()), text.encode()) for text in sys.argv[2:]))
          for _ in sys.argv[2:]:
              digits = b""
              while (octet := file.read(1)) != b":":
                  if not octet: sys.exit("closed")
                  digits += octet
              print(file.read(int(digits)).decode() + "|")
              if file.read(1) != b",": sys.exit("no comma")
      """

    @Test("Postfix is told the policy of a domain in netstrings")
    func socketmap() async throws {
      guard let service = try await ServiceWebTests.shared.value else { return }
      let asked = [
        "whitelist fully-secure.gov.uk", "whitelist OBSERVED.gov.uk", "whitelist plain.gov.uk",
        "whitelist [observed.gov.uk]:25", "whitelist .gov.uk", "other observed.gov.uk", "whitelist",
      ]
      let outcome = try await service.lab.quickly(["python3", "-c", ServiceWebTests.socketmapClient, "8487"] + asked)
      #expect(outcome.status == 0, "\(outcome.stderr)")
      let answers = outcome.stdout.split(separator: "\n").map(String.init)
      let policy = "OK secure match=mx.observed.gov.uk servername=hostname|"
      try #require(answers.count == asked.count, "\(answers)")
      #expect(Array(answers.prefix(5)) == ["OK dane-only|", policy, "NOTFOUND |", policy, "NOTFOUND |"])
      #expect(answers.suffix(2).allSatisfy { $0.hasPrefix("PERM ") }, "\(answers)")
    }

    @Test(
      "postmap, which asks as Postfix does, gets the same",
      .enabled(if: FileManager.default.isExecutableFile(atPath: "/usr/sbin/postmap")))
    func postmap() async throws {
      guard let service = try await ServiceWebTests.shared.value else { return }
      let argv = ["/usr/sbin/postmap", "-q", "observed.gov.uk", "socketmap:inet:127.0.0.1:8487:whitelist"]
      let outcome = try await service.lab.quickly(argv)
      #expect(outcome.stdout == "secure match=mx.observed.gov.uk servername=hostname\n", "\(outcome.stderr)")
    }
  }
}
