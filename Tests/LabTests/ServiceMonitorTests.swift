import Foundation
import JSON
import TestKit
import Testing

extension ServiceTests {
  /// What `hallmarkd serve` shows to those who run it: metrics, readiness, logs.
  @Suite struct ServiceMonitorTests {
    @Test("Prometheus reads what is counted, and it is what happened")
    func metrics() async throws {
      guard let lab = Lab.ready else { return }
      let service = try await ServiceProcess.start(in: lab, port: 8494, options: ["--socketmap", "127.0.0.1:8495"])
      _ = try await service.result("watchDomains", ["domains": ["observed.gov.uk"]])
      #expect(try await eventually { try await service.entry("observed.gov.uk") != nil })
      _ = try await service.result("checkDomain", ["domain": "observed.gov.uk"])
      _ = try await service.failure("checkDomain", ["domain": "a..uk"])
      _ = try await service.get("/nowhere")
      let ask = ["/usr/sbin/postmap", "-q", "observed.gov.uk", "socketmap:inet:127.0.0.1:8495:whitelist"]
      #expect(try await lab.quickly(ask).status == 0)
      let answer = try await service.get("/metrics")
      #expect(answer.status == 200)
      #expect(answer.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8")
      let lines = Set(answer.body.split(separator: "\n").map(String.init))
      for line in [
        "hallmark_rpc_calls_total{method=\"watchDomains\",status=\"OK\"} 1",
        "hallmark_rpc_calls_total{method=\"checkDomain\",status=\"OK\"} 1",
        "hallmark_rpc_calls_total{method=\"checkDomain\",status=\"INVALID_ARGUMENT\"} 1",
        "hallmark_http_requests_total{route=\"none\",method=\"GET\",status=\"404\"} 1",
        "hallmark_socketmap_lookups_total{answer=\"ok\"} 1",
        "hallmark_whitelist_entries 1", "hallmark_connections{door=\"http\"} 1",
      ] { #expect(lines.contains(line), "\(line)") }
      #expect(lines.contains { $0.hasPrefix("hallmark_http_request_seconds_count{route=\"/rpc\"}") })
      if let promtool = Promtool.path {
        let outcome = try await lab.run([promtool, "check", "metrics"], input: answer.body)
        #expect(outcome.status == 0 && outcome.stdout.isEmpty && outcome.stderr.isEmpty, "\(outcome)")
      }
      await service.stop()
    }

    @Test("a service whose resolver is gone lives, is not ready, and says why; when it is back the service is")
    func readiness() async throws {
      guard let lab = Lab.ready else { return }
      let dns = try await ServiceDNS.start(in: lab, address: "127.0.7.8")
      let service = try await ServiceProcess.start(in: lab, port: 8496, resolver: dns.resolver)
      #expect(try await service.result("health") == ["status": "SERVING"])
      try dns.answer("* * servfail")
      #expect(try await eventually { try await service.get("/health/ready").status == 503 })
      let answer = try await service.get("/health/ready")
      #expect(answer.body == "NOT_SERVING: the resolver does not answer\n")
      #expect(answer.headers["retry-after"] == "1")
      #expect(try await service.get("/health/live").status == 200)
      #expect(try await service.result("health") == ["status": "NOT_SERVING"])
      try dns.answer()
      #expect(try await eventually { try await service.get("/health/ready").status == 200 })
      #expect(try await service.result("health") == ["status": "SERVING"])
      await service.stop()
      await dns.stop()
    }

    @Test("every line of the log is a JSON object, and a request's id leads from the answer to its line")
    func logs() async throws {
      guard let lab = Lab.ready else { return }
      let service = try await ServiceProcess.start(
        in: lab, port: 8497, options: ["--log-level", "debug", "--log-format", "json"])
      let answer = try await service.get("/domains/observed.gov.uk?maxAge=1")
      let id = try #require(answer.headers["x-request-id"])
      let odd = try await service.get("/%1b%5b31m%0aforged")
      #expect(odd.status == 404)
      await service.stop()
      let lines = try service.command.stderr.split(separator: "\n").map { try JSONValue(parsing: String($0)) }
      #expect(lines.allSatisfy { $0["time"] != nil && $0["level"] != nil && $0["message"]?.stringValue != nil })
      let line = try #require(lines.first { $0["request"] == .string(id) }, "\(service.command.stderr)")
      #expect(line["path"] == "/domains/observed.gov.uk" && line["status"] == "200" && line["address"] == "127.0.0.1")
      #expect(!service.command.stderr.contains("\u{1b}"))
    }

    /// Who asks, what for, and how the audit has it.
    @Test("each call that only an administrator may make leaves a line: who, what, how many, what became of it")
    func audit() async throws {
      guard let lab = Lab.ready else { return }
      let reader = try await ServiceTokenTests.token(lab, "gateway", "reader")
      let admin = try await ServiceTokenTests.token(lab, "postmaster", "admin")
      let file = try lab.file("tokens", "\(reader.line)\n\(admin.line)\n")
      let service = try await ServiceProcess.start(
        in: lab, port: 8498, options: ["--token-file", file, "--log-level", "info", "--log-format", "json"])
      let watch: JSONValue = ["domains": ["observed.gov.uk", "plain.gov.uk"], "organisation": "Home Office"]
      let assurance: JSONValue = [
        "domain": "observed.gov.uk", "scheme": "s", "reference": "r", "validUntil": "2099-01-01T00:00:00Z",
      ]
      let wrong: JSONValue = ["domains": ["a..uk"]]
      let expected: [(ServiceTokenTests.Token, String, JSONValue, String, String)] = [
        (admin, "watchDomains", watch, "done", "added=2 domains=2 organisation=Home Office"),
        (admin, "setAssurance", assurance, "done", "domain=observed.gov.uk scheme=s"),
        (admin, "unwatchDomains", watch, "done", "domains=2 organisation=Home Office removed=2"),
        (admin, "watchDomains", wrong, "DOMAIN_EMPTY_LABEL", "domains=1"),
        (reader, "watchDomains", watch, "ROLE_REQUIRED", "domains=2 organisation=Home Office"),
      ]
      var ids: [String] = []
      for (token, method, params, _, _) in expected {
        let answer = try await service.post(ServiceProcess.text(method, params), [token.header])
        ids.append(try #require(answer.headers["x-request-id"]))
      }
      _ = try await service.call("listDomains", [:], [reader.header])
      await service.stop()
      let lines = try service.command.stderr.split(separator: "\n").map { try JSONValue(parsing: String($0)) }
        .filter { $0["audit"] == "true" }
      #expect(lines.count == expected.count, "\(service.command.stderr)")
      for (line, (id, each)) in zip(lines, zip(ids, expected)) {
        #expect(line["request"] == .string(id) && line["action"] == .string(each.1))
        #expect(line["outcome"] == .string(each.3) && line["details"] == .string(each.4), "\(Expectation.text(line))")
        #expect(line["caller"] == .string(each.0.secret == admin.secret ? "postmaster" : "gateway"))
        #expect(line["address"] == "127.0.0.1")
      }
      #expect(![reader, admin].contains { service.command.stderr.contains($0.secret) })
    }
  }
}
