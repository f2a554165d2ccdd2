import Foundation
import JSON
import TestKit
import Testing

@Suite struct JSONTestSuite {
  /// Valid by the grammar, and refused by choice.
  private let exceptions: [String: JSONError.Reason] = [
    // RFC 8259 section 4: "The names within an object SHOULD be unique"; two readers may read such a text differently.
    "y_object_duplicated_key.json": .duplicate,
    "y_object_duplicated_key_and_value.json": .duplicate,
    // RFC 8259 section 9: "An implementation may set limits on the length and character contents of strings."
    "y_object_escaped_null_in_key.json": .syntax,
  ]

  @Test func parsing() throws {
    let file = "json/jsontestsuite.json"
    guard let data = PublicSuites.data(file) else { return }
    let suite = try JSONValue(parsing: data, limits: JSONLimits(size: 1 << 26))
    let cases = try #require(suite["cases"]?.arrayValue)
    var passed = 0
    for test in cases {
      let name = try #require(test["name"]?.stringValue)
      let text = try #require(test["base64"]?.stringValue)
      let body = [UInt8](try #require(Data(base64Encoded: text)))
      let outcome = Result { () throws(JSONError) in try JSONValue(parsing: body) }
      let right =
        switch (name.prefix(2), outcome) {
        case ("y_", .success(let value)): (try? JSONValue(parsing: value.serialized())) == value
        case ("y_", .failure(let error)): exceptions[name] == error.reason
        case ("n_", .success): false
        default: true
        }
      #expect(right, "\(name): \(outcome)")
      if right { passed += 1 }
    }
    PublicSuites.report(file, passed: passed, total: cases.count)
  }
}
