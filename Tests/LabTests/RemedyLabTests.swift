import Foundation
import JSON
import Testing

/// Who publishes what Hallmark advises sees the finding gone: each record that a remedy holds, in the lab's real zones.
@Suite("Remedies, published")
struct RemedyLabTests {
  /// A remedy of one finding, with what the lab needs to publish it.
  struct Advice: Hashable {
    let domain: String
    let id: String
    let subject: String
    let name: String
    let type: String
    let value: String
    let hosts: [String]

    var json: JSONValue {
      [
        "domain": .string(domain), "name": .string(name), "type": .string(type), "value": .string(value),
        "mx": .array(hosts.map(JSONValue.string)),
      ]
    }
  }

  /// Zones where nothing that is published can be seen: the signatures are broken, or nobody serves them.
  static let beyondHelp: Set<String> = ["bogus.gov.uk", "lame.gov.uk"]
  /// Two remedies for one name are published one after the other, each in a lab of its own.
  static let rounds = 4

  static func advice(of record: JSONValue) -> [Advice] {
    let domain = record["domain"]?.stringValue ?? ""
    let hosts = (record["encryption"]?["mx"]?.arrayValue ?? []).compactMap { $0["host"]?.stringValue }
    return (record["findings"]?.arrayValue ?? []).compactMap { finding in
      guard let remedy = finding["remedy"]?["record"], let name = remedy["name"]?.stringValue,
        let type = remedy["type"]?.stringValue, let value = remedy["value"]?.stringValue
      else { return nil }
      return Advice(
        domain: domain, id: finding["id"]?.stringValue ?? "", subject: finding["subject"]?.stringValue ?? "",
        name: name, type: type, value: value, hosts: hosts)
    }
  }

  /// Takes as many as can be published at one time: one for each name and type.
  static func batch(_ advice: inout [Advice]) -> [Advice] {
    var taken: Set<String> = []
    let now = advice.filter { taken.insert("\($0.name) \($0.type)").inserted }
    advice.removeAll(where: now.contains)
    return now
  }

  @Test("each record, published, clears its finding")
  func published() async throws {
    guard let lab = Lab.ready else { return }
    let before = try await LabRecords.shared.checked(in: lab)
    var left = before.values.filter { !RemedyLabTests.beyondHelp.contains($0["domain"]?.stringValue ?? "") }
      .flatMap(RemedyLabTests.advice).sorted { ($0.domain, $0.id) < ($1.domain, $1.id) }
    let total = left.count
    try #require(total > 100)
    for _ in 0..<RemedyLabTests.rounds where !left.isEmpty {
      let batch = RemedyLabTests.batch(&left)
      let file = FileManager.default.temporaryDirectory.appendingPathComponent("remedies-\(UUID().uuidString).json")
      try Data(JSONValue.array(batch.map(\.json)).serialized()).write(to: file)
      defer { try? FileManager.default.removeItem(at: file) }
      let mended = try Lab(zones: false, remedies: file)
      defer { mended.remove() }
      let after = try await LabRecords.check(Set(batch.map(\.domain)).sorted(), in: mended)
      for advice in batch {
        let record = try #require(after[advice.domain], "\(advice.domain)")
        let ids = (record["findings"]?.arrayValue ?? []).filter { $0["subject"]?.stringValue == advice.subject }
          .compactMap { $0["id"]?.stringValue }
        #expect(!ids.contains(advice.id), "\(advice.domain): \(advice.name) \(advice.type) \(advice.value)")
      }
    }
    #expect(left.isEmpty, "more remedies for one name than rounds")
    print("suite remedies in the lab: \(total - left.count) of \(total)")
  }
}
