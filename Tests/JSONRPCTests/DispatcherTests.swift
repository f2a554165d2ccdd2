import JSON
import JSONRPC
import Synchronization
import Testing

@Suite struct DispatcherTests {
  static let dispatcher = Dispatcher(
    MethodTable([
      Method(
        "check",
        parameters: [
          Parameter("domain", .string), Parameter("selectors", .strings(maximum: 2), required: false),
          Parameter("maxAge", .integer(0...86_400), required: false), Parameter("deep", .boolean, required: false),
        ], immediate: { call throws(RPCError) in .value(.object(call.parameters)) }),
      Method("watch", parameters: [Parameter("domains", .any)], role: .admin, immediate: { _ in .value("watched") }),
      Method("health", role: nil, immediate: { _ in .rendered(Array("{ \"status\": \"SERVING\" }".utf8)) }),
      Method(
        "broken",
        immediate: { _ throws(RPCError) in throw RPCError(.unavailable, reason: "X", message: "Wait.", retryAfter: 7)
        }),
    ]))

  static let bindings: [(String, String)] = [
    ("[\"a.uk\"]", "{\"domain\":\"a.uk\"}"),
    ("[\"a.uk\",[\"s\"],5]", "{\"domain\":\"a.uk\",\"selectors\":[\"s\"],\"maxAge\":5}"),
    ("[\"a.uk\",null,5.0]", "{\"domain\":\"a.uk\",\"maxAge\":5.0}"),
    ("{\"maxAge\":0,\"domain\":\"a.uk\",\"deep\":null}", "{\"maxAge\":0,\"domain\":\"a.uk\"}"),
  ]

  @Test(arguments: bindings)
  func binds(params: String, bound: String) async {
    let text = await answer(Self.dispatcher, "{\"jsonrpc\":\"2.0\",\"method\":\"check\",\"params\":\(params),\"id\":1}")
    #expect(text == "{\"jsonrpc\":\"2.0\",\"result\":\(bound),\"id\":1}")
  }

  @Test(arguments: [
    "0", "7", "-1", "10", "9999999999", "\(Int64.max)", "\(Int64.min)", "1.5", "null", "\"\"", "\"é\\\"\"",
  ])
  func idsComeBackAsTheyWere(id: String) async {
    for (method, begin) in [
      ("check\",\"params\":[\"a.uk\"]", "\"result\":{\"domain\":\"a.uk\"}"),
      ("health\"", "\"result\":{ \"status\": \"SERVING\" }"),
      ("none\"", "\"error\":{\"code\":-32601,\"message\":\"Method not found\""),
    ] {
      let text = await answer(Self.dispatcher, "{\"jsonrpc\":\"2.0\",\"method\":\"\(method),\"id\":\(id)}")
      #expect(text?.hasPrefix("{\"jsonrpc\":\"2.0\",\(begin)") == true, "\(text ?? "")")
      #expect(text?.hasSuffix(",\"id\":\(id)}") == true, "\(text ?? "")")
    }
  }

  static let refusals: [(String, String, String)] = [
    ("{}", "MISSING_PARAMETER", "domain"), ("[]", "MISSING_PARAMETER", "domain"),
    ("{\"domain\":\"a.uk\",\"sped\":1}", "UNKNOWN_PARAMETER", "sped"),
    ("[\"a.uk\",[],1,true,9]", "UNKNOWN_PARAMETER", "params[4]"),
    ("{\"domain\":7}", "INVALID_PARAMETER", "domain"), ("{\"domain\":null}", "INVALID_PARAMETER", "domain"),
    ("[\"a.uk\",[1]]", "INVALID_PARAMETER", "selectors"),
    ("[\"a.uk\",[\"a\",\"b\",\"c\"]]", "INVALID_PARAMETER", "selectors"),
    ("[\"a.uk\",null,86401]", "INVALID_PARAMETER", "maxAge"), ("[\"a.uk\",null,-1]", "INVALID_PARAMETER", "maxAge"),
    ("[\"a.uk\",null,1.5]", "INVALID_PARAMETER", "maxAge"), ("[\"a.uk\",null,\"1\"]", "INVALID_PARAMETER", "maxAge"),
    ("[\"a.uk\",null,1,0]", "INVALID_PARAMETER", "deep"),
  ]

  @Test(arguments: refusals)
  func refuses(params: String, reason: String, field: String) async throws {
    let text = await answer(Self.dispatcher, "{\"jsonrpc\":\"2.0\",\"method\":\"check\",\"params\":\(params),\"id\":1}")
    let error = try JSONValue(parsing: text ?? "")["error"]
    #expect(error?["code"] == -32602)
    #expect(error?["data"]?["status"] == "INVALID_ARGUMENT")
    #expect(error?["data"]?["reason"]?.stringValue == reason)
    #expect(error?["data"]?["field"]?.stringValue == field)
    #expect(error?["data"]?["message"]?.stringValue?.isEmpty == false)
  }

  static let roles: [(Role?, String, Int64?)] = [
    (nil, "health", nil), (nil, "check", -32016), (nil, "watch", -32016), (nil, "nothing", -32601),
    (.reader, "watch", -32007), (.admin, "watch", nil), (.reader, "broken", -32014),
  ]

  @Test(arguments: roles)
  func admits(role: Role?, method: String, code: Int64?) async throws {
    let request = "{\"jsonrpc\":\"2.0\",\"method\":\"\(method)\",\"id\":1\(method == "watch" ? ",\"params\":[1]" : "")}"
    let text = await answer(Self.dispatcher, request, caller: CallerContext(role: role))
    #expect(try JSONValue(parsing: text ?? "")["error"]?["code"]?.integerValue == code)
  }

  static let codes: [(RPCError.Status, Int)] = [
    (.invalidArgument, -32602), (.deadlineExceeded, -32004), (.notFound, -32005), (.permissionDenied, -32007),
    (.resourceExhausted, -32008), (.outOfRange, -32011), (.unavailable, -32014), (.unauthenticated, -32016),
  ]

  @Test(arguments: codes)
  func codesFollowGRPC(status: RPCError.Status, code: Int) {
    let error = RPCError(status, reason: "R", message: "Do.", field: "f", retryAfter: 3)
    #expect(error.json["code"]?.integerValue == Int64(code))
    #expect(
      error.json["data"] == [
        "status": .string(status.name), "reason": "R", "message": "Do.", "field": "f", "retryAfter": 3,
      ])
  }

  @Test func batchesAreBounded() async throws {
    let call = "{\"jsonrpc\":\"2.0\",\"method\":\"health\",\"id\":1}"
    let batch = { (count: Int) in "[" + Array(repeating: call, count: count).joined(separator: ",") + "]" }
    let full = await answer(Self.dispatcher, batch(100))
    #expect(try JSONValue(parsing: full ?? "").arrayValue?.count == 100)
    let over = await answer(Self.dispatcher, batch(101))
    #expect(try JSONValue(parsing: over ?? "")["error"]?["data"]?["reason"] == "BATCH_TOO_LARGE")
  }

  @Test func tokensAreAskedForOnlyWhereNothingElseIsSaid() {
    let anonymous = CallerContext(role: nil)
    let refused = "{\"jsonrpc\":\"2.0\",\"method\":\"check\",\"id\":1}"
    let served = "{\"jsonrpc\":\"2.0\",\"method\":\"health\",\"id\":1}"
    for (text, expected) in [(refused, true), ("[\(refused),\(refused)]", true), ("[\(refused),\(served)]", false)] {
      var answer: [UInt8] = []
      guard
        case .reply(let isUnauthenticated) = Self.dispatcher.handle(
          Array(text.utf8), caller: anonymous, into: &answer)
      else {
        Issue.record("no reply to \(text)")
        continue
      }
      #expect(isUnauthenticated == expected)
    }
  }
}

/// Results that are lent where they lie, and may turn out not to be sound when they were copied already.
@Suite struct LentResultTests {
  private static let lent = Array("\"lent\"".utf8)

  /// Lends what the parameter says: it stands, is taken back, or ends in an error.
  private static func dispatcher(fast: Method.Fast?) -> Dispatcher {
    Dispatcher(
      MethodTable([
        Method(
          "get", parameters: [Parameter("how", .string)],
          lend: { call, take throws(RPCError) in
            lent.withUnsafeBytes(take)
            if call["how"] == "error" { throw RPCError(.internal, reason: "BROKEN", message: "Ask again.") }
            return call["how"] == "sound"
          }, fast: fast, slow: { _ in .value("slow") })
      ]))
  }

  private static func call(_ how: String, _ id: Int?) -> String {
    "{\"jsonrpc\":\"2.0\",\"method\":\"get\",\"params\":[\"\(how)\"]\(id.map { ",\"id\":\($0)" } ?? "")}"
  }

  @Test(arguments: [("sound", "lent"), ("broken", "fast")]) func `are taken back`(how: String, result: String) async {
    let dispatcher = Self.dispatcher { _ in .value("fast") }
    let response = "{\"jsonrpc\":\"2.0\",\"result\":\"\(result)\",\"id\":7}"
    #expect(await answer(dispatcher, Self.call(how, 7)) == response)
    #expect(await answer(dispatcher, "[\(Self.call(how, 7)),\(Self.call(how, nil))]") == "[\(response)]")
    #expect(await answer(dispatcher, Self.call(how, nil)) == nil)
  }

  @Test func `are taken back for an error, and for what takes longer`() async throws {
    let dispatcher = Self.dispatcher(fast: nil)
    let batch = ["sound", "error", "broken"].enumerated().map { Self.call($1, $0) }.joined(separator: ",")
    let answers = try JSONValue(parsing: try #require(await answer(dispatcher, "[\(batch)]")))
    #expect(answers[0]?["result"] == "lent" && answers[2]?["result"] == "slow")
    #expect(answers[1]?["result"] == nil && answers[1]?["error"]?["data"]?["reason"] == "BROKEN")
    #expect(answers.arrayValue?.count == 3)
  }
}

@Suite struct ExchangeTests {
  /// Answers `quick` at once, `hang` when it is cancelled.
  static let dispatcher = Dispatcher(
    MethodTable([
      Method("quick", immediate: { _ in .value(1) }),
      Method("hang", fast: nil) { _ in
        try? await Task.sleep(for: .seconds(600))
        return .value("woken")
      },
    ]))

  private func exchange(_ methods: [String]) throws -> Exchange {
    let calls = methods.enumerated().map { "{\"jsonrpc\":\"2.0\",\"method\":\"\($1)\",\"id\":\($0)}" }
    let text = "[" + calls.joined(separator: ",") + "]"
    var answer = Array("before".utf8)
    let outcome = Self.dispatcher.handle(Array(text.utf8), caller: CallerContext(role: .reader), into: &answer)
    #expect(answer == Array("before".utf8))
    guard case .pending(let exchange) = outcome else {
      Issue.record("nothing is pending")
      throw CancellationError()
    }
    return exchange
  }

  @Test func theDeadlineAnswersWhatIsOpen() async throws {
    let exchange = try exchange(["quick", "hang"])
    let reply = await withCheckedContinuation { continuation in
      exchange.run { continuation.resume(returning: $0) }
      exchange.expire()
      exchange.expire()
    }
    let answers = try JSONValue(parsing: reply?.bytes ?? [])
    #expect(answers[0]?["result"] == 1)
    #expect(answers[1]?["error"]?["code"] == -32004)
    #expect(answers[1]?["id"] == 1)
  }

  @Test func cancelledExchangesNeverAnswer() async throws {
    let exchange = try exchange(["hang"])
    let answered = Mutex(false)
    exchange.run { _ in answered.withLock { $0 = true } }
    exchange.cancel()
    exchange.expire()
    try await Task.sleep(for: .milliseconds(50))
    #expect(!answered.withLock { $0 })
  }
}
