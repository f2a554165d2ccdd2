import Foundation
import JSON
import TestKit
import Testing

@testable import Hallmark

/// The public suite of JSON parsing at the door where callers knock: what must be refused is refused as a parse error,
/// what must be read is read, and the connection goes on.
@Suite struct JSONDoorTests {
  typealias T = TestServer

  /// Valid by the grammar, and refused by choice: a name twice (RFC 8259 section 4), a NUL in a name (section 9).
  private static let refused: Set<String> = [
    "y_object_duplicated_key.json", "y_object_duplicated_key_and_value.json", "y_object_escaped_null_in_key.json",
  ]

  @Test func suite() async throws {
    guard let cases = try JSONDoorTests.cases() else { return }
    let server = try await T()
    let port = server.port
    let answers = try await offPool {
      try cases.map { name, body -> (String, Socket.Response?) in
        let client = try Socket(port: port)
        let head =
          "POST /rpc HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: \(body.count)\r\n\r\n"
        client.send(Array(head.utf8) + body)
        let answer = client.response()
        client.send(T.get("/"))
        #expect(client.response()?.body == "hello", "\(name): the connection is out of step")
        return (name, answer)
      }
    }
    var passed = 0
    for (name, answer) in answers {
      let right = try JSONDoorTests.isRight(name, #require(answer, "\(name): no answer"))
      #expect(right, "\(name): \(answer?.body.prefix(300) ?? "")")
      if right { passed += 1 }
    }
    print("suite json/jsontestsuite.json at the HTTP door: \(passed) of \(cases.count)")
    await server.stop()
  }

  private static func isRight(_ name: String, _ answer: Socket.Response) throws -> Bool {
    // None of them is a request, and so each is answered; a list of them may be a batch of nothing but such.
    guard answer.status == 200, let reply = try? JSONValue(parsing: answer.body) else { return false }
    let code = reply["error"]?["code"]?.integerValue
    let isRead = code == -32600 || reply.arrayValue?.allSatisfy { $0["error"]?["code"] == -32600 } == true
    switch name.prefix(2) {
    case "y_": return refused.contains(name) ? code == -32700 : isRead
    case "n_": return code == -32700
    default: return code == -32700 || isRead
    }
  }

  private static func cases() throws -> [(String, [UInt8])]? {
    guard let data = PublicSuites.data("json/jsontestsuite.json") else { return nil }
    let suite = try JSONValue(parsing: data, limits: JSONLimits(size: 1 << 26))
    return try suite["cases"]?.arrayValue?.map { test in
      let name = try #require(test["name"]?.stringValue)
      let text = try #require(test["base64"]?.stringValue)
      return (name, [UInt8](try #require(Data(base64Encoded: text))))
    }
  }
}
