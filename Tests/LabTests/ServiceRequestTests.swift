import Foundation
import JSON
import TestKit
import Testing

extension ServiceTests {
  /// What `hallmarkd serve` answers to requests that are not as they should be.
  @Suite struct ServiceRequestTests {
    /// One service for all of them; it ends with the lab.
    private static let shared = Task { () -> ServiceProcess? in
      guard let lab = Lab.ready else { return nil }
      return try await ServiceProcess.start(in: lab, port: 8470, options: ["--probe-timeout", "5"])
    }

    struct Call: Sendable, CustomTestStringConvertible {
      let why: String
      let body: String
      let code: Int64
      let reason: String
      let field: String?

      init(_ why: String, _ body: String, _ code: Int64, _ reason: String, _ field: String? = nil) {
        self.why = why
        self.body = body
        self.code = code
        self.reason = reason
        self.field = field
      }

      static func method(_ name: String, _ params: String, _ reason: String, _ field: String? = nil) -> Call {
        let body = "{\"jsonrpc\":\"2.0\",\"id\":7,\"method\":\"\(name)\",\"params\":\(params)}"
        return Call("\(name) \(params)", body, -32602, reason, field)
      }

      var testDescription: String { why }
    }

    static let calls: [Call] = [
      Call("no JSON", "{\"jsonrpc\":", -32700, "PARSE_ERROR"),
      Call("nothing", "", -32700, "PARSE_ERROR"),
      Call("not UTF-8 in JSON's own escapes", "{\"a\":\"\\ud800\"}", -32700, "PARSE_ERROR"),
      Call(
        "too deep", String(repeating: "[", count: 3000) + String(repeating: "]", count: 3000), -32700, "PARSE_ERROR"),
      Call("a key twice", "{\"jsonrpc\":\"2.0\",\"jsonrpc\":\"2.0\",\"method\":\"health\"}", -32700, "PARSE_ERROR"),
      Call("no request", "7", -32600, "INVALID_REQUEST"),
      Call("an empty batch", "[]", -32600, "INVALID_REQUEST"),
      Call(
        "a batch of 101",
        "["
          + Array(repeating: "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"health\"}", count: 101).joined(separator: ",")
          + "]", -32600, "BATCH_TOO_LARGE"),
      Call("another version", "{\"jsonrpc\":\"1.0\",\"id\":7,\"method\":\"health\"}", -32600, "INVALID_REQUEST"),
      Call("an unknown method", "{\"jsonrpc\":\"2.0\",\"id\":7,\"method\":\"nothing\"}", -32601, "METHOD_NOT_FOUND"),
      .method("checkDomain", "{}", "MISSING_PARAMETER", "domain"),
      .method("checkDomain", "{\"domain\":7}", "INVALID_PARAMETER", "domain"),
      .method("checkDomain", "{\"domain\":null}", "INVALID_PARAMETER", "domain"),
      .method("checkDomain", "{\"domain\":\"a.uk\",\"colour\":\"red\"}", "UNKNOWN_PARAMETER", "colour"),
      .method("checkDomain", "[\"a.uk\",[],0,\"baseline\",5]", "UNKNOWN_PARAMETER"),
      .method("checkDomain", "{\"domain\":\"a.uk\",\"maxAge\":-1}", "INVALID_PARAMETER", "maxAge"),
      .method("checkDomain", "{\"domain\":\"a.uk\",\"maxAge\":1.5}", "INVALID_PARAMETER", "maxAge"),
      .method("checkDomain", "{\"domain\":\"a.uk\",\"standard\":\"mine\"}", "UNKNOWN_STANDARD", "standard"),
      .method("checkDomain", "{\"domain\":\"a.uk\",\"selectors\":[\"a b\"]}", "INVALID_SELECTOR", "selectors[0]"),
      .method("checkDomain", "{\"domain\":\"\"}", "DOMAIN_EMPTY", "domain"),
      .method("checkDomain", "{\"domain\":\"a..uk\"}", "DOMAIN_EMPTY_LABEL", "domain"),
      .method("checkDomain", "{\"domain\":\"someone@gov.uk\"}", "DOMAIN_IS_MAILBOX", "domain"),
      .method("checkDomain", "{\"domain\":\"https://gov.uk/\"}", "DOMAIN_IS_URL", "domain"),
      .method("checkDomain", "{\"domain\":\"192.0.2.1\"}", "DOMAIN_IS_ADDRESS", "domain"),
      .method("checkDomain", "{\"domain\":\"*.gov.uk\"}", "DOMAIN_IS_WILDCARD", "domain"),
      .method("checkPair", "{\"sender\":\"a.uk\",\"recipient\":\"b b.uk\"}", "DOMAIN_WHITE_SPACE", "recipient"),
      .method("listWhitelist", "{\"pageSize\":0}", "INVALID_PARAMETER", "pageSize"),
      .method("listWhitelist", "{\"pageSize\":10001}", "INVALID_PARAMETER", "pageSize"),
      .method("listWhitelist", "{\"pageToken\":\"d0-gov.uk\"}", "INVALID_PAGE_TOKEN", "pageToken"),
      .method("listWhitelist", "{\"standard\":\"uk-gov\"}", "WHITELIST_OF_ONE_STANDARD", "standard"),
      .method("listDomains", "{\"verdict\":\"good\"}", "UNKNOWN_VERDICT", "verdict"),
      .method("listChanges", "{\"wait\":61}", "INVALID_PARAMETER", "wait"),
      .method("watchDomains", "{\"domains\":[\"good.uk\",\"bad_one.uk\"]}", "DOMAIN_HAS_UNDERSCORE", "domains[1]"),
      .method("watchDomains", "{\"domains\":\"good.uk\"}", "INVALID_PARAMETER", "domains"),
      .method(
        "setAssurance", "{\"domain\":\"a.uk\",\"scheme\":\"s\",\"reference\":\"r\",\"validUntil\":\"tomorrow\"}",
        "INVALID_TIME", "validUntil"),
    ]

    @Test(arguments: calls) func refused(_ call: Call) async throws {
      guard let service = try await ServiceRequestTests.shared.value else { return }
      let answer = try await service.post(call.body)
      #expect(answer.status == 200)
      #expect(answer.headers["content-type"]?.hasPrefix("application/json") == true)
      let error = try #require(answer.json?["error"], "\(answer.body)")
      #expect(error["code"]?.integerValue == call.code, "\(answer.body)")
      let data = try #require(error["data"])
      #expect(data["reason"]?.stringValue == call.reason, "\(answer.body)")
      #expect(data["status"]?.stringValue == (call.code == -32601 ? "UNIMPLEMENTED" : "INVALID_ARGUMENT"))
      #expect(data["message"]?.stringValue?.isEmpty == false)
      if let field = call.field { #expect(data["field"]?.stringValue == field, "\(answer.body)") }
    }

    struct Line: Sendable, CustomTestStringConvertible {
      let why: String
      let path: String
      let words: [String]
      let status: Int
      var header: (String, String)?

      var testDescription: String { why }
    }

    private static let json = ["-H", "Content-Type: application/json"]
    private static let health = ["--data-binary", "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"health\"}"]

    static let lines: [Line] = [
      Line(why: "GET /rpc", path: "/rpc", words: [], status: 405, header: ("allow", "POST")),
      Line(
        why: "POST /whitelist", path: "/whitelist", words: json + health, status: 405, header: ("allow", "GET, HEAD")),
      Line(why: "a form", path: "/rpc", words: health, status: 415),
      Line(why: "no media type", path: "/rpc", words: ["-H", "Content-Type:"] + health, status: 415),
      Line(why: "text", path: "/rpc", words: ["-H", "Content-Type: text/plain"] + health, status: 415),
      Line(
        why: "compressed", path: "/rpc", words: json + ["-H", "Content-Encoding: gzip"] + health, status: 415,
        header: ("accept-encoding", "identity")),
      Line(
        why: "a parameter", path: "/rpc", words: ["-H", "Content-Type: application/json; a=b"] + health, status: 200),
      Line(why: "no such deadline", path: "/rpc", words: json + ["-H", "grpc-timeout: soon"] + health, status: 400),
      Line(
        why: "a page of another site", path: "/rpc", words: json + ["-H", "Origin: https://evil.example"] + health,
        status: 403),
      Line(why: "a rebound name", path: "/rpc", words: json + ["-H", "Host: evil.example"] + health, status: 421),
      Line(why: "no such path", path: "/nowhere", words: [], status: 404),
      Line(why: "no such format", path: "/whitelist?format=xml", words: [], status: 400),
      Line(why: "no domain", path: "/domains/a..uk", words: [], status: 400),
      Line(
        why: "a notification", path: "/rpc",
        words: json + ["--data-binary", "{\"jsonrpc\":\"2.0\",\"method\":\"health\"}"], status: 204),
      Line(
        why: "a notification of an unknown method", path: "/rpc",
        words: json + ["--data-binary", "{\"jsonrpc\":\"2.0\",\"method\":\"nothing\"}"], status: 204),
      Line(
        why: "a batch of notifications", path: "/rpc",
        words: json + ["--data-binary", "[{\"jsonrpc\":\"2.0\",\"method\":\"health\"}]"], status: 204),
    ]

    @Test(arguments: lines) func answered(_ line: Line) async throws {
      guard let service = try await ServiceRequestTests.shared.value else { return }
      let answer = try await service.request(line.path, line.words)
      #expect(answer.status == line.status, "\(answer.body)")
      if let (name, value) = line.header { #expect(answer.headers[name] == value) }
      // What never became JSON-RPC says in one line what to do.
      if line.status >= 400 { #expect(answer.body.split(separator: "\n").count == 1, "\(answer.body)") }
      if line.status == 204 { #expect(answer.body.isEmpty) }
    }

    @Test(
      "a body is at most 1 MiB, whether its length is told or not",
      arguments: [[], ["-H", "Transfer-Encoding: chunked"]])
    func bodySize(_ words: [String]) async throws {
      guard let service = try await ServiceRequestTests.shared.value else { return }
      let call = "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"health\"}"
      for (excess, status) in [(0, 200), (1, 413)] {
        let body = call + String(repeating: " ", count: (1 << 20) + excess - call.utf8.count)
        let answer = try await service.request(
          "/rpc", ServiceRequestTests.json + words + ["--data-binary", "@-"], input: body)
        #expect(answer.status == status, "\(answer.body)")
      }
    }

    @Test func batchesKeepIdsAndPositions() async throws {
      guard let service = try await ServiceRequestTests.shared.value else { return }
      let answer = try await service.post(
        """
        [{"jsonrpc":"2.0","id":"a","method":"health"},{"jsonrpc":"2.0","method":"health"},
         {"jsonrpc":"2.0","id":null,"method":"nothing"},
          {"jsonrpc":"2.0","id":2.5,"method":"health","params":["hallmark"]},
         {"jsonrpc":"2.0","id":9007199254740993,"method":"checkDomain","params":["fully-secure.gov.uk"]},5]
        """)
      let replies = try #require(answer.json?.arrayValue, "\(answer.body)")
      #expect(replies.count == 5)
      func reply(_ id: JSONValue) -> JSONValue? { replies.first { $0["id"] == id } }
      #expect(reply("a")?["result"]?["status"] == "SERVING")
      #expect(reply(.real(2.5))?["result"]?["status"] == "SERVING")
      #expect(reply(9_007_199_254_740_993)?["result"]?["domain"] == "fully-secure.gov.uk")
      #expect(replies.count { $0["id"] == .null && $0["error"] != nil } == 2)
    }

    @Test(
      "a domain is the same in every spelling",
      arguments: ["BÜCHER.gov.uk", "xn--bcher-kva.GOV.uk.", "bücher。gov.uk"])
    func spellings(_ name: String) async throws {
      guard let service = try await ServiceRequestTests.shared.value else { return }
      let record = try await service.result("checkDomain", [.string(name)])
      #expect(record["domain"] == "xn--bcher-kva.gov.uk")
      #expect(record["unicodeDomain"] == "bücher.gov.uk")
      #expect(record["verdict"] == "secure")
    }

    @Test("the check goes on when the caller's deadline has passed, and is kept")
    func deadline() async throws {
      guard let service = try await ServiceRequestTests.shared.value else { return }
      let began = ContinuousClock.now
      let error = try await service.failure("checkDomain", ["domain": "silent.gov.uk"], ["grpc-timeout: 100m"])
      #expect(ContinuousClock.now - began < .seconds(10))
      #expect(error["code"] == -32004)
      #expect(error["data"]?["status"] == "DEADLINE_EXCEEDED")
      let isKept = try await eventually { try await service.peek("domainHistory", ["domain": "silent.gov.uk"]) != nil }
      #expect(isKept)
      let first = try await service.result("checkDomain", ["domain": "silent.gov.uk"])
      #expect(first["verdict"] == "unknown")
      #expect(try await service.result("checkDomain", ["domain": "silent.gov.uk"]) == first)
    }

    @Test("a deadline that has passed counts for every call of a batch, and for a page")
    func deadlines() async throws {
      guard let service = try await ServiceRequestTests.shared.value else { return }
      // What it has just found out it tells at once.
      #expect(try await service.get("/health/ready").status == 200)
      let answer = try await service.post(
        """
        [{"jsonrpc":"2.0","id":1,"method":"health"},
         {"jsonrpc":"2.0","id":2,"method":"checkDomain","params":{"domain":"refused.gov.uk","maxAge":0}}]
        """, ["grpc-timeout: 1n"])
      let codes = answer.json?.arrayValue?.map { $0["error"]?["code"]?.integerValue }
      #expect(codes == [nil, -32004], "\(answer.body)")
      let page = try await service.get("/domains/hangs-up.gov.uk?maxAge=0", "grpc-timeout: 1n")
      #expect(page.status == 504)
    }

    @Test("a domain that no one knows has no history")
    func noHistory() async throws {
      guard let service = try await ServiceRequestTests.shared.value else { return }
      let error = try await service.failure("domainHistory", ["domain": "never-asked.gov.uk"])
      #expect(error["code"] == -32005)
      #expect(error["data"]?["status"] == "NOT_FOUND")
      #expect(try await service.failure("health", ["service": "other"])["code"] == -32005)
    }
  }
}
