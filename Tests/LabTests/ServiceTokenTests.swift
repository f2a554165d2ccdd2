import Foundation
import JSON
import Testing

extension ServiceTests {
  /// Access tokens and what their roles may.
  @Suite struct ServiceTokenTests {
    struct Token {
      let secret: String
      /// Of the token file.
      let line: String

      var header: String { "Authorization: Bearer \(secret)" }
    }

    /// What `hallmarkd token` makes.
    static func token(_ lab: Lab, _ name: String, _ role: String) async throws -> Token {
      let outcome = try await lab.quickly([Lab.hallmarkd ?? "", "token", name, "--role", role])
      #expect(outcome.status == 0, "\(outcome.stderr)")
      let lines = outcome.stdout.split(separator: "\n").map { $0.split(separator: " ").map(String.init) }
      try #require(lines.count == 2 && lines[0].count == 2 && lines[1].count == 4, "\(outcome.stdout)")
      #expect(Array(lines[1][1...2]) == [role, name])
      #expect(!lines[1].contains(lines[0][1]))
      return Token(secret: lines[0][1], line: lines[1][1...].joined(separator: " "))
    }

    @Test func roles() async throws {
      guard let lab = Lab.ready else { return }
      let reader = try await ServiceTokenTests.token(lab, "gateway", "reader")
      let admin = try await ServiceTokenTests.token(lab, "postmaster", "admin")
      let stranger = try await ServiceTokenTests.token(lab, "stranger", "admin")
      let file = try lab.file("tokens", "# who may\n\(reader.line)\n\(admin.line)\n")
      let service = try await ServiceProcess.start(in: lab, port: 8480, options: ["--token-file", file])
      let watch: JSONValue = ["domains": ["observed.gov.uk"]]

      // Health is open to all; all else needs a token, and one that is known.
      #expect(try await service.result("health")["status"] == "SERVING")
      #expect(try await service.get("/health/ready").status == 200)
      for headers in [[], [stranger.header], ["Authorization: Bearer nothing"], ["Authorization: Basic YTpi"]] {
        let answer = try await service.post(ServiceProcess.text("listDomains", [:]), headers)
        #expect(answer.status == 401, "\(answer.body)")
        #expect(answer.headers["www-authenticate"]?.hasPrefix("Bearer") == true)
        if headers.isEmpty { #expect(answer.json?["error"]?["code"] == -32016, "\(answer.body)") }
      }
      for path in ["/whitelist", "/domains/observed.gov.uk", "/openrpc.json"] {
        #expect(try await service.request(path).status == 401)
        #expect(try await service.get(path, reader.header).status == 200)
      }
      // In a batch each call stands for itself.
      let batch = try await service.post(
        """
        [{"jsonrpc":"2.0","id":1,"method":"health"},{"jsonrpc":"2.0","id":2,"method":"listDomains"}]
        """)
      #expect(batch.status == 200)
      #expect(batch.json?.arrayValue?.map { $0["error"]?["code"]?.integerValue } == [nil, -32016], "\(batch.body)")

      #expect(try await service.result("listDomains", [:], [reader.header])["domains"] == [])
      let assurance: JSONValue = [
        "domain": "observed.gov.uk", "scheme": "s", "reference": "r", "validUntil": "2099-01-01T00:00:00Z",
      ]
      for (method, params) in [("watchDomains", watch), ("unwatchDomains", watch), ("setAssurance", assurance)] {
        let error = try await service.failure(method, params, [reader.header])
        #expect(error["code"] == -32007)
        #expect(error["data"]?["status"] == "PERMISSION_DENIED")
        #expect(error["data"]?["reason"] == "ROLE_REQUIRED")
      }
      #expect(try await service.result("watchDomains", watch, [admin.header])["added"] == 1)
      #expect(try await service.result("listDomains", [:], [admin.header])["domains"]?.arrayValue?.count == 1)
      // The secret of nobody is in what the service says or keeps.
      #expect(!service.command.stderr.contains(admin.secret))
      await service.stop()
    }

    @Test("a token of a role that there is none of is not made")
    func noSuchRole() async throws {
      guard let lab = Lab.ready else { return }
      for words in [["a", "--role", "king"], ["a b", "--role", "reader"], ["a"]] {
        let outcome = try await lab.quickly([Lab.hallmarkd ?? "", "token"] + words)
        #expect(outcome.status == 2)
        #expect(outcome.stdout.isEmpty)
        #expect(outcome.stderr.split(separator: "\n").count == 1, "\(outcome.stderr)")
      }
    }
  }
}
