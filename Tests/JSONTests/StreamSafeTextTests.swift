import JSON
import Testing

/// UAX 15 section 13: text that Swift compares in linear time.
struct StreamSafeTextTests {
  static let marks = "\u{301}\u{316}"

  @Test(
    arguments: [
      ("", true), ("plain", true), ("Zürich", true), ("e\u{301}", true), (String(repeating: "é", count: 100), true),
      // A joiner is no mark, and emoji are joined by dozens.
      (String(repeating: "\u{1f468}\u{200d}", count: 100), true),
      ("a" + String(repeating: marks, count: 15), true),
      ("a" + String(repeating: marks, count: 15) + "\u{301}", false),
      (String(repeating: marks, count: 15) + "b" + String(repeating: marks, count: 15), true),
      (String(repeating: marks, count: 100_000), false),
    ])
  func marksInARow(text: String, isStreamSafe: Bool) {
    #expect(text.isStreamSafe == isStreamSafe)
  }

  /// Literal, escaped, as a name, and deep inside.
  @Test(arguments: ["[\"M\"]", "{\"M\":1}", "\"M\"", "{\"a\":[{\"b\":\"cM\"}]}"])
  func refused(form: String) throws {
    for marks in [Self.marks, "\\u0301\\u0316"] {
      let text = Self.fill(form, marks, count: 200_000 / marks.utf8.count)
      #expect { try JSONValue(parsing: text) } throws: { ($0 as? JSONError)?.reason == .marks }
      _ = try JSONValue(parsing: text, limits: JSONLimits(isStreamSafe: false))
      _ = try JSONValue(parsing: Self.fill(form, marks, count: 15))
    }
  }

  private static func fill(_ form: String, _ marks: String, count: Int) -> String {
    let parts = form.split(separator: "M", omittingEmptySubsequences: false)
    return parts[0] + String(repeating: marks, count: count) + parts[1]
  }
}
