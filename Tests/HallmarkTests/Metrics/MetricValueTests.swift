import DNS
import Dispatch
import Foundation
import Posture
import Testing

@testable import Hallmark

/// What the metrics say in situations that are known, by the text that `/metrics` gives.
@Suite struct `The values of metrics` {
  /// The samples of a service, each by its name and labels.
  private static func samples(_ service: VirtualService) -> [String: Double] {
    let text = service.keeper.metrics.text(service.keeper.state())
    var samples: [String: Double] = [:]
    for line in text.split(separator: "\n") where !line.hasPrefix("#") {
      guard let space = line.lastIndex(of: " ") else { continue }
      samples[String(line[..<space])] = Double(line[line.index(after: space)...])
    }
    return samples
  }

  private static func due(_ service: VirtualService) -> [Double?] {
    let samples = samples(service)
    return ["hallmark_domains_due", "hallmark_domains_overdue", "hallmark_verifier_lag_seconds"].map { samples[$0] }
  }

  @Test func `due, overdue and lag`() async throws {
    let time = VirtualTime()
    let service = try VirtualService(time, VirtualWorld(time), StoreFixture())
    #expect(Self.due(service) == [0, 0, 0])
    try await service.store.commit(
      [0, 30, 100, 1000].map { seconds in
        .watch(
          domain("d\(seconds).example"), organisation: "", selectors: ["s1"], at: epoch, dueAt: epoch + Int64(seconds))
      })
    // One that is due in this second is due, and late by nothing.
    #expect(Self.due(service) == [1, 0, 0])
    for (moment, expected) in [
      (30, [2, 0, 30]), (60, [2, 0, 60]), (61, [2, 1, 61]), (90, [2, 1, 90]), (91, [2, 2, 91]), (100, [3, 2, 100]),
      (160, [3, 2, 160]), (161, [3, 3, 161]), (1000, [4, 3, 1000]),
    ] as [(Int64, [Double?])] {
      time.advance(to: epoch + moment)
      #expect(Self.due(service) == expected, "after \(moment) seconds")
    }
    try await service.running { try await service.settle() }
    #expect(Self.due(service) == [0, 0, 0])
    let samples = Self.samples(service)
    #expect(samples["hallmark_renewals_total{outcome=\"renewed\"}"] == 4)
    #expect(samples["hallmark_renewals_total{outcome=\"put-off\"}"] == 0)
    // The clock was set back: nothing is due yet, and nothing is late by less than nothing.
    time.advance(to: epoch)
    #expect(Self.due(service) == [0, 0, 0])
  }

  @Test func `checks by outcome and cause, and domains by verdict`() async throws {
    let time = VirtualTime()
    let world = VirtualWorld(time)
    world.change { state in
      state.answers["d1.example TXT"] = .found([.txt(TXTData("v=spf1 +all"))])
      state.answers["d2.example TXT"] = .failure(.serverFailure)
      state.answers["d3.example TXT"] = .failure(.serverFailure)
    }
    let service = try VirtualService(time, world, StoreFixture())
    try await service.watch((0..<6).map { "d\($0).example" })
    try await service.running { try await service.settle() }
    _ = try await service.check("d1.example", maxAge: 0)
    _ = try await service.check("d9.example")
    let samples = Self.samples(service)
    func checks(_ cause: String, _ verdict: String) -> Double? {
      samples["hallmark_checks_total{cause=\"\(cause)\",verdict=\"\(verdict)\"}"]
    }
    #expect(checks("verifier", "secure") == 3)
    #expect(checks("verifier", "insecure") == 1)
    #expect(checks("verifier", "unknown") == 2)
    #expect(checks("caller", "insecure") == 1)
    #expect(checks("caller", "secure") == 1)
    #expect(checks("caller", "unknown") == nil)
    #expect(samples["hallmark_check_seconds_count"] == 8)
    let records = ["secure", "insecure", "unknown"].map { samples["hallmark_records{verdict=\"\($0)\"}"] }
    #expect(records == [4, 1, 2])
    #expect(samples["hallmark_domains_watched"] == 6 && samples["hallmark_whitelist_entries"] == 3)
    #expect(samples["hallmark_whitelist_changes_total{change=\"joined\"}"] == 3)
    #expect(samples["hallmark_whitelist_changes_total{change=\"left\"}"] == 0)
    #expect(samples["hallmark_revision"] == Double(try service.store.headRevision()))
  }

  @Test func `evidence that was asked for, and evidence that was used again`() async throws {
    let time = VirtualTime()
    let world = VirtualWorld(time)
    world.change { $0.ttl = [.txt: 300] }
    let service = try VirtualService(time, world, StoreFixture())
    func evidence(_ kind: String) -> [Double?] {
      let samples = Self.samples(service)
      return ["asked", "reused"].map { samples["hallmark_evidence_total{kind=\"\(kind)\",source=\"\($0)\"}"] }
    }
    let answers = try await service.check("d1.example").evidence.answers.count
    #expect(evidence("answer") == [Double(answers), nil] || evidence("answer") == [Double(answers), 0])
    #expect(evidence("endpoint")[0] == 1 && evidence("versions")[0] == 1)
    let first = world.takeCounts()
    #expect(first.lookUps == answers)
    // The TXT records have expired, and nothing else.
    time.advance(to: epoch + 301)
    let again = try await service.check("d1.example").evidence.answers.count
    let asked = world.takeCounts().lookUps
    #expect(asked > 0 && asked < again)
    #expect(evidence("answer") == [Double(answers + asked), Double(again - asked)])
    #expect(evidence("endpoint") == [1, 1] && evidence("versions") == [1, 1])
    let samples = Self.samples(service)
    #expect(samples["hallmark_inquiries_total{kind=\"look-up\"}"] == Double(answers + asked))
    #expect(samples["hallmark_inquiries_total{kind=\"endpoint\"}"] == 1)
    #expect(samples["hallmark_inquiries_total{kind=\"versions\"}"] == 1)
  }

  @Test func `the size of the store, and the age of a reader that is held open`() async throws {
    let time = VirtualTime()
    let fixture = StoreFixture()
    let service = try VirtualService(time, VirtualWorld(time), fixture)
    let store = service.store
    func reader() -> [Double?] {
      let samples = Self.samples(service)
      return ["hallmark_store_reader_age_seconds", "hallmark_store_reader_lag_commits"].map { samples[$0] }
    }
    try await service.watch(["d0.example"])
    #expect(reader() == [0, 0])
    let size = try FileManager.default.attributesOfItem(atPath: fixture.path + "/data.mdb")[.size] as? Int
    #expect(Self.samples(service)["hallmark_store_bytes"] == size.map(Double.init))

    let queue = DispatchQueue(label: "a reader that hangs")
    let end = DispatchSemaphore(value: 0)
    await withCheckedContinuation { continuation in
      queue.async {
        _ = try? store.read { _, _ in
          continuation.resume()
          end.wait()
        }
      }
    }
    // It holds nothing back yet.
    #expect(reader() == [0, 0])
    try await service.watch(["d1.example"])
    #expect(reader() == [0, 1])
    time.advance(to: epoch + 90)
    #expect(reader() == [90, 1])
    try await service.watch(["d2.example"])
    time.advance(to: epoch + 700)
    #expect(reader() == [700, 2])
    end.signal()
    await withCheckedContinuation { continuation in queue.async { continuation.resume() } }
    #expect(reader() == [0, 0])
    // What was mended, and what a file that grew has.
    try await service.watch((0..<5000).map { "e\($0).example" })
    let grown = try FileManager.default.attributesOfItem(atPath: fixture.path + "/data.mdb")[.size] as? Int
    #expect(Self.samples(service)["hallmark_store_bytes"] == grown.map(Double.init))
    #expect(grown.map { $0 > size ?? 0 } == true && Self.samples(service)["hallmark_store_broken_total"] == 0)
  }
}
