import Foundation
import Testing

extension LabTests {
  /// How long absence holds: the zones of the lab have a TTL of 300, and an SOA minimum of 60.
  @Suite struct NegativeAnswerTests {
    @Test("absence holds by the SOA record, and not by the zone's TTL (RFC 2308 section 5)")
    func minimum() async throws {
      guard let lab = Lab.ready else { return }
      let trace = try await lab.hallmarkd(["check", "--trace", "observed.gov.uk"]).stderr
      let absent = trace.matches(of: /no such (?:name|type)[^\n]*?TTL (\d+)/).compactMap { Int($0.1) }
      let found = trace.matches(of: /-> found[^\n]*?TTL (\d+)/).compactMap { Int($0.1) }
      #expect(!absent.isEmpty && absent.allSatisfy { $0 <= 60 }, "\(absent)")
      #expect(found.contains { $0 > 60 }, "\(found)")
    }
  }
}
