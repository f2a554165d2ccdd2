import DNS
import EmailAuth
import Foundation
import Testing

/// Inputs that made a parser fail once, kept by `Fuzz/run`: here those of the parsers that need nothing but this
/// target. `Fuzz/run 0` runs all of them.
struct FailCaseTests {
  static let parsers: [String: @Sendable ([UInt8]) -> Void] = [
    "spf": { _ = SPFRecord($0) },
    "dmarc": { if DMARCRecord.isRecord($0) { _ = try? DMARCRecord($0) } },
    "dkim": { _ = DKIMKeyRecord(parsing: $0) },
    "mta-sts": { _ = try? MTASTSRecord($0) },
    "mta-sts-policy": { _ = try? MTASTSPolicy(body: $0) },
    "tls-rpt": { _ = try? TLSRPTRecord($0) },
    "tlsa": { octets in
      if case .tlsa(let data)? = RecordData(type: .tlsa, rdata: octets) { _ = try? TLSAAssociation(data) }
    },
    "name": { _ = DomainName(String(decoding: $0, as: UTF8.self)) },
    "name-wire": { octets in
      var position = 0
      _ = DomainName(wire: octets, position: &position)
    },
    "address": { octets in
      let text = String(decoding: octets, as: UTF8.self)
      _ = (IPAddress(text), AddressBlock(text))
    },
  ]

  static let directory = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent().appendingPathComponent("Fuzz/FailCases")

  @Test func nothingTraps() throws {
    var count = 0
    for (name, parse) in Self.parsers {
      let files = try? FileManager.default.contentsOfDirectory(
        at: Self.directory.appendingPathComponent(name), includingPropertiesForKeys: nil)
      for file in files ?? [] {
        parse(Array(try Data(contentsOf: file)))
        count += 1
      }
    }
    print("kept inputs: \(count)")
    // One that is kept for a parser of another target would be read by nobody here.
    let folders = (try? FileManager.default.contentsOfDirectory(atPath: Self.directory.path)) ?? []
    #expect(folders.allSatisfy { Self.parsers[$0] != nil }, "replay it where its parser is tested: \(folders)")
  }
}
