import Foundation
import JSON
import JSONRPC
import TestKit
import Testing

@Suite struct JSONRPCSuite {
  @Test func exchanges() async throws {
    let file = "json/jsonrpc.json"
    guard let data = PublicSuites.data(file) else { return }
    let cases = try #require(try JSONValue(parsing: data)["cases"]?.arrayValue)
    var passed = 0
    for test in cases {
      let name = try #require(test["name"]?.stringValue)
      let request = try #require(test["request"]?.stringValue)
      let expected = try #require(test["response"])
      // The same answers whether the methods answer at once or later.
      for slow in [false, true] {
        let text = await answer(Dispatcher(JSONRPCSuite.methods(slow: slow)), request)
        let right = try JSONRPCSuite.matches(text.map { try JSONValue(parsing: $0) }, expected)
        #expect(right, "\(name) (slow: \(slow)): \(text ?? "nothing")")
        if right && slow { passed += 1 }
      }
    }
    PublicSuites.report(file, passed: passed, total: cases.count)
  }

  /// Errors are compared by code and id: the specification leaves the words free, and the order of a batch as well.
  private static func matches(_ actual: JSONValue?, _ expected: JSONValue) -> Bool {
    guard let actual else { return expected.isNull }
    return shape(actual) == shape(expected)
  }

  private static func shape(_ response: JSONValue) -> [JSONValue] {
    guard case .array(let elements) = response else { return [strip(response)] }
    let sorted = elements.map(strip).sorted { "\($0.serialized())" < "\($1.serialized())" }
    return [.string("batch")] + sorted
  }

  private static func strip(_ response: JSONValue) -> JSONValue {
    guard var members = response.objectValue, let code = members["error"]?["code"] else { return response }
    members["error"] = code
    return .object(members)
  }

  /// The methods of the specification's examples.
  private static func methods(slow: Bool) -> MethodTable {
    let number = Parameter.Kind.integer(Int64.min...Int64.max)
    let three = [Parameter("a", number), Parameter("b", number), Parameter("c", number)]
    let two = [Parameter("minuend", number), Parameter("subtrahend", number)]
    return MethodTable([
      method("subtract", two, slow) {
        .integer(($0["minuend"]?.integerValue ?? 0) - ($0["subtrahend"]?.integerValue ?? 0))
      },
      method("sum", three, slow) { call in
        .integer(["a", "b", "c"].reduce(0) { $0 + (call[$1]?.integerValue ?? 0) })
      },
      method("notify_hello", [Parameter("n", number)], slow) { _ in nil },
      method("update", [], slow) { _ in nil },
      method("get_data", [], slow) { _ in ["hello", 5] },
    ])
  }

  private static func method(
    _ name: String, _ parameters: [Parameter], _ slow: Bool, _ body: @escaping @Sendable (Call) -> JSONValue
  ) -> Method {
    let fast: Method.Fast = { call throws(RPCError) in slow ? nil : .value(body(call)) }
    return Method(name, parameters: parameters, role: nil, fast: fast) { call async throws(RPCError) in
      .value(body(call))
    }
  }
}

/// The text of the answer; nil for silence.
func answer(
  _ dispatcher: Dispatcher, _ request: String, caller: CallerContext = CallerContext(role: .admin)
) async -> String? {
  var text: [UInt8] = []
  switch dispatcher.handle(Array(request.utf8), caller: caller, into: &text) {
  case .reply: return String(decoding: text, as: UTF8.self)
  case .silence: return nil
  case .pending(let exchange):
    return await withCheckedContinuation { continuation in
      exchange.run { continuation.resume(returning: $0.map { String(decoding: $0.bytes, as: UTF8.self) }) }
    }
  }
}
