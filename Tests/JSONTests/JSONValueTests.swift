import JSON
import Testing

@Suite struct JSONValueTests {
  static let texts: [(String, JSONValue)] = [
    ("null", .null), ("true", true), (" [1, -2.5, \"x\"] ", [1, -2.5, "x"]), ("{\"a\":{\"b\":[]}}", ["a": ["b": []]]),
    ("9223372036854775807", .integer(.max)), ("9007199254740993", 9_007_199_254_740_993), ("1e2", .real(100)),
    ("\"\\u0000\\ud834\\udd1e\"", "\u{0}\u{1D11E}"),
  ]

  @Test(arguments: texts)
  func parses(text: String, value: JSONValue) throws {
    #expect(try JSONValue(parsing: text) == value)
    #expect(try JSONValue(parsing: value.serialized()) == value)
    #expect(try JSONValue(parsing: value.serialized(pretty: true)) == value)
  }

  @Test(arguments: [0, 1, -1, 9, 10, -10, 99, 100, 1_234_567_890, Int64.max, .min, .min + 1])
  func integersAreWrittenInDecimal(number: Int64) {
    #expect(JSONValue.integer(number).serialized() == Array("\(number)".utf8))
  }

  /// What lies between texts that need no escape, at either end and in a row.
  @Test func textsAreEscaped() {
    let texts = [
      ("", ""), ("a", "a"), ("\"", "\\\""), ("a\\b", "a\\\\b"), ("\n\r\t", "\\n\\r\\t"), ("é\u{1f600}", "é\u{1f600}"),
      ("\u{0}a\u{1f}\u{7f}", "\\u0000a\\u001f\\u007f"), ("é\"é", "é\\\"é"), ("x\n", "x\\n"),
      ("\u{8}\u{c}", "\\u0008\\u000c"),
    ]
    for (text, written) in texts {
      #expect(String(decoding: JSONValue.string(text).serialized(), as: UTF8.self) == "\"\(written)\"")
    }
  }

  static let refused: [(String, JSONError.Reason, Int, Int)] = [
    ("", .syntax, 1, 1), ("[1,\n 2,, 3]", .syntax, 2, 4), ("{\"a\":1,\"a\":2}", .duplicate, 1, 10),
    ("9223372036854775808", .number, 1, 19), ("1e999", .number, 1, 5), ("[1] 2", .syntax, 1, 5),
    ("\u{FEFF}{}", .syntax, 1, 1),
  ]

  @Test(arguments: refused)
  func refuses(text: String, reason: JSONError.Reason, line: Int, column: Int) {
    #expect { try JSONValue(parsing: text) } throws: { error in
      let error = error as? JSONError
      return error?.reason == reason && error?.line == line && error.map { abs($0.column - column) <= 1 } == true
    }
  }

  @Test func limits() throws {
    let nested = { (depth: Int) in String(repeating: "[", count: depth) + String(repeating: "]", count: depth) }
    #expect(throws: Never.self) { try JSONValue(parsing: nested(64)) }
    let tooDeep = JSONError(reason: .depth, line: 1, column: 65, text: "nested deeper than 64")
    #expect(throws: tooDeep) { try JSONValue(parsing: nested(65)) }
    #expect(throws: tooDeep) { try JSONValue(parsing: nested(500_000)) }
    #expect(throws: Never.self) { try JSONValue(parsing: "\"\(String(repeating: "[", count: 100))\"") }
    let tooLong = JSONError(reason: .size, line: 1, column: 1, text: "longer than 4 bytes")
    #expect(throws: tooLong) { try JSONValue(parsing: "12345", limits: JSONLimits(size: 4)) }
  }

  @Test func membersKeepTheirOrderAndEqualityDoesNotSeeIt() throws {
    let forward = try JSONValue(parsing: "{\"z\":1,\"a\":2,\"m\":{\"y\":1,\"x\":2}}")
    let backward = try JSONValue(parsing: "{\"m\":{\"x\":2,\"y\":1},\"a\":2,\"z\":1}")
    #expect(forward == backward)
    #expect(forward.hashValue == backward.hashValue)
    #expect(forward.objectValue?.keys == ["z", "a", "m"])
    #expect(String(decoding: forward.serialized(), as: UTF8.self) == "{\"z\":1,\"a\":2,\"m\":{\"y\":1,\"x\":2}}")
  }

  @Test func objectsOfAnySize() {
    var object = JSONObject()
    for number in 0..<40 { object["k\(number)"] = .integer(Int64(number)) }
    object["k7"] = "seven"
    object["k3"] = nil
    object["none"] = nil
    #expect(object.count == 39)
    #expect(object["k7"] == "seven" && object["k3"] == nil && object["k39"] == 39)
    for number in 8..<40 { object["k\(number)"] = nil }
    #expect(object.keys == ["k0", "k1", "k2", "k4", "k5", "k6", "k7"])
    object["k8"] = 1
    object["k9"] = 2
    object["k10"] = 3
    #expect(object["k8"] == 1 && object["k10"] == 3 && object.count == 10)
  }

  /// Two spellings that Swift holds for one text: jansson tells them apart.
  @Test func namesThatSwiftHoldsEqualAreDuplicates() {
    #expect(throws: JSONError.self) { try JSONValue(parsing: "{\"\u{e9}\":1,\"e\u{301}\":2}") }
  }

  @Test func manyMembersTakeLinearTime() throws {
    let text = "{" + (0..<60_000).map { "\"\($0)\":0" }.joined(separator: ",") + "}"
    let clock = ContinuousClock()
    var count = 0
    let taken = try clock.measure { count = try JSONValue(parsing: text).objectValue?.count ?? 0 }
    #expect(count == 60_000)
    #expect(taken < .seconds(300))
  }

  @Test func accessors() {
    let value: JSONValue = ["s": "x", "i": 5, "r": 5.0, "f": 5.5, "b": true, "a": [1, 2], "n": nil]
    #expect(value["s"]?.stringValue == "x" && value["i"]?.integerValue == 5 && value["r"]?.integerValue == 5)
    #expect(value["f"]?.integerValue == nil && value["f"]?.realValue == 5.5 && value["b"]?.boolValue == true)
    #expect(value["a"]?[1] == 2 && value["a"]?[2] == nil && value["a"]?[-1] == nil && value["a"]?["x"] == nil)
    #expect(value["n"]?.isNull == true && value["absent"] == nil && JSONValue.real(1e300).integerValue == nil)
  }
}

@Suite struct JSONWriterTests {
  @Test func splices() {
    var writer = JSONWriter()
    writer.object { object in
      object.member("id", 1)
      object.member("result", rendered: "{\"a\" : 1}".utf8)
      object.member("list") { (list: inout JSONWriter.Elements) in
        list.element(rendered: "[]".utf8)
        list.element("x")
      }
      object.member("none") { (_: inout JSONWriter.Members) in }
    }
    #expect(
      String(decoding: writer.bytes, as: UTF8.self)
        == "{\"id\":1,\"result\":{\"a\" : 1},\"list\":[[],\"x\"],\"none\":{}}")
  }

  static let objects: [(rendered: String, whole: String)] = [
    ("{\"a\":[1]}", "{\"first\":1,\"a\":[1],\"last\":2}"), ("{}", "{\"first\":1,\"last\":2}"),
  ]

  @Test(arguments: objects)
  func `members of an object that is rendered stand among others`(rendered: String, whole: String) {
    var writer = JSONWriter()
    writer.object { object in
      object.member("first", 1)
      object.members(rendered: rendered.utf8)
      object.member("last", 2)
    }
    #expect(String(decoding: writer.bytes, as: UTF8.self) == whole)
  }

  static let texts: [(JSONValue, String)] = [
    (.string("a\"\\\n\r\t\u{1}\u{7f}/\u{e9}"), "\"a\\\"\\\\\\n\\r\\t\\u0001\\u007f/\u{e9}\""),
    (.real(1), "1.0"), (.real(.infinity), "null"), (.real(.nan), "null"), (.real(1e16), "1e+16"),
    (.integer(.min), "-9223372036854775808"),
  ]

  @Test(arguments: texts)
  func renders(value: JSONValue, text: String) {
    #expect(String(decoding: value.serialized(), as: UTF8.self) == text)
  }

  @Test func pretty() {
    let value: JSONValue = ["a": [1, ["b": nil]], "c": [], "d": [:]]
    let text = String(decoding: value.serialized(pretty: true), as: UTF8.self)
    #expect(text == "{\n  \"a\": [\n    1,\n    {\n      \"b\": null\n    }\n  ],\n  \"c\": [],\n  \"d\": {}\n}")
  }
}
