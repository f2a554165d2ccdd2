import Foundation
import JSON
import Testing

/// A pair of Tests/Lab/pairs.json.
struct LabPair: Sendable, CustomTestStringConvertible {
  let json: JSONValue

  var sender: String { json["sender"]?.stringValue ?? "" }
  var recipient: String { json["recipient"]?.stringValue ?? "" }
  var testDescription: String { "\(sender) to \(recipient): \(json["why"]?.stringValue ?? "")" }

  static let all = Lab.described(by: "pairs.json").map(LabPair.init)
}

@Suite(.serialized) struct PairTests {
  @Test(arguments: LabPair.all) func verdict(_ pair: LabPair) async throws {
    guard let lab = Lab.ready else { return }
    let outcome = try await lab.hallmarkd(["pair", "--json", pair.sender, pair.recipient])
    #expect(Int64(outcome.status) == pair.json["status"]?.integerValue, "\(outcome.stderr)")
    let wrong = Expectation.differences(try #require(pair.json["expect"]), try JSONValue(parsing: outcome.stdout))
    #expect(wrong.isEmpty, "\(wrong.joined(separator: "; ")); \(outcome.stdout)")
  }

  @Test func descriptionIsWhole() { #expect(LabPair.all.count >= 10) }
}
