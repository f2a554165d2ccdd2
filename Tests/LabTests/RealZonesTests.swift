import Foundation
import JSON
import Testing

/// Real zones of a real government, as they are published, with the rest of the world made up (Tests/Lab/labkit/real.py).
@Suite struct RealZonesTests {
  /// Every zone gets a verdict, and where the zone itself says that the domain has no mail, the verdict is that.
  @Test func verdicts() async throws {
    guard let file = Lab.realZones else {
      print("skipped: records/moj-zones.json is not here (set HALLMARK_VECTORS)")
      return
    }
    guard let lab = Lab.ready else { return }
    let zones = try #require(
      try JSONValue(parsing: Data(contentsOf: file), limits: JSONLimits(size: 1 << 26))["zones"]?.objectValue)
    let records = try await LabRecords.check(zones.keys, in: lab)
    var right = 0
    for (name, contents) in zones {
      let record = try #require(records[name], "no record of \(name)")
      let verdict = record["verdict"]?.stringValue
      let wrong =
        RealZone(name, contents).hasNoMail
        ? Expectation.differences(["verdict": "no-mail", "encryption": ["nullMx": true]], record)
        : ["secure", "insecure", "unknown", "no-mail"].contains(verdict) ? [] : ["verdict is \(verdict ?? "none")"]
      #expect(wrong.isEmpty, "\(name): \(wrong.joined(separator: "; ")); \(Expectation.text(record))")
      if wrong.isEmpty { right += 1 }
    }
    print("suite records/moj-zones.json: \(right) of \(zones.count)")
  }
}

/// What can be read off a zone's own records, without any of the code that is tested.
private struct RealZone {
  let name: String
  let records: [JSONValue]

  init(_ name: String, _ contents: JSONValue) {
    self.name = name
    records = contents.arrayValue ?? []
  }

  private func values(_ type: String, at owner: String) -> [JSONValue] {
    records.filter { $0["type"]?.stringValue == type && $0["name"]?.stringValue?.lowercased() == owner }
      .flatMap { $0["values"]?.arrayValue ?? [] }
  }

  /// A null MX, `-all` alone, and a DMARC record at the name itself that plainly rejects.
  var hasNoMail: Bool {
    let texts = values("TXT", at: name).compactMap(\.stringValue).filter { $0.hasPrefix("v=spf1") }
    let policies = values("TXT", at: "_dmarc.\(name)").compactMap(\.stringValue)
    return values("MX", at: name).map { $0["exchange"]?.stringValue } == ["."]
      && texts == ["v=spf1 -all"] && policies.count == 1
      && policies[0].filter { $0 != " " }.hasPrefix("v=DMARC1;p=reject;") && !policies[0].contains("t=y")
  }
}
