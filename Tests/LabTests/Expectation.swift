import JSON

/// What a record must hold, as far as it is said: a subset.
///
/// Of an object the named members are compared. Of an array with objects in it, each expected element must match one of
/// as many found, in any order; any other array and every plain value must be equal.
enum Expectation {
  /// What is not as expected, each with its path; empty where all is.
  static func differences(_ expected: JSONValue, _ found: JSONValue?, at path: String = "") -> [String] {
    guard let found else { return ["\(path) is not there"] }
    switch (expected, found) {
    case (.object(let members), .object(let others)):
      return members.flatMap { differences($0.value, others[$0.key], at: "\(path)/\($0.key)") }
    case (.array(let elements), .array(let others)) where elements.contains { $0.objectValue != nil }:
      return arrayDifferences(elements, others, at: path)
    default:
      return expected == found ? [] : ["\(path) is \(text(found)), not \(text(expected))"]
    }
  }

  private static func arrayDifferences(_ expected: [JSONValue], _ found: [JSONValue], at path: String) -> [String] {
    guard expected.count == found.count else { return ["\(path) has \(found.count) elements, not \(expected.count)"] }
    var rest = found
    return expected.enumerated().flatMap { place, element -> [String] in
      if let match = rest.firstIndex(where: { differences(element, $0).isEmpty }) {
        rest.remove(at: match)
        return []
      }
      return differences(element, found[place], at: "\(path)/\(place)")
    }
  }

  static func text(_ value: JSONValue) -> String { String(decoding: value.serialized(), as: UTF8.self) }
}
