import DNS
import JSON
import JSONRPC
import Posture
import Testing

@testable import Hallmark

@Suite struct `What changed` {
  @Test func `is told from what to what`() async throws {
    let time = VirtualTime()
    let world = VirtualWorld(time)
    let service = try VirtualService(time, world, StoreFixture())
    world.change { $0.certificateEnd = epoch + 40 * 86_400 }
    _ = try await service.check("d1.example")
    #expect(try service.change("d1.example")["evidence"] == [])
    _ = try await service.check("d1.example", maxAge: 0)
    #expect(try service.store.history(of: domain("d1.example"), limit: 10).changes.count == 1)

    world.change { state in
      state.certificateEnd = epoch + 80 * 86_400
      state.answers["d1.example MX"] = .found([
        .mx(preference: 10, exchange: domain("mx.d1.example")), .mx(preference: 20, exchange: domain("mx.d2.example")),
      ])
      state.answers["d1.example TXT"] = .found([.txt(TXTData("v=spf1 ip4:198.51.100.1 -all"))])
    }
    time.advance(to: epoch + 60)
    _ = try await service.check("d1.example", maxAge: 0)
    let change = try service.change("d1.example")
    #expect(change["at"]?.stringValue == (epoch + 60).description && change["verdict"] == "secure")
    func evidence(_ what: String, _ subject: String) -> JSONValue? {
      change["evidence"]?.arrayValue?.first { $0["what"]?.stringValue == what && $0["subject"]?.stringValue == subject }
    }
    let route = evidence("mx", "d1.example")
    #expect(route?["from"] == "10 mx.d1.example" && route?["to"] == "10 mx.d1.example, 20 mx.d2.example")
    let spf = evidence("spf", "d1.example")
    #expect(spf?["from"]?.stringValue?.contains("ip4:192.0.2.0/24") == true)
    #expect(spf?["to"]?.stringValue?.contains("ip4:198.51.100.1") == true)
    let certificate = evidence("certificate", "mx.d1.example [198.18.0.1]")
    #expect(certificate?["from"]?.stringValue?.contains((epoch + 40 * 86_400).description) == true)
    #expect(certificate?["to"]?.stringValue?.contains((epoch + 80 * 86_400).description) == true)
    let new = evidence("certificate", "mx.d2.example [198.18.0.2]")
    #expect(new?["from"] == .null && new?["to"]?.stringValue?.isEmpty == false)
  }

  @Test func `is bounded, however much of it there is`() async throws {
    let time = VirtualTime()
    let world = VirtualWorld(time)
    let service = try VirtualService(time, world, StoreFixture())
    _ = try await service.check("d1.example")
    world.makeLarge("d1.example", addresses: 2, block: 9, isHeld: false)
    let long = String(repeating: "ip4:192.0.2.1 ", count: 30)
    world.change { $0.answers["d1.example TXT"] = .found([.txt(TXTData("v=spf1 \(long)-all"))]) }
    time.advance(to: epoch + 60)
    _ = try await service.check("d1.example", maxAge: 0)
    let evidence = try service.change("d1.example")["evidence"]?.arrayValue ?? []
    #expect(evidence.count == RecordChange.maximumEvidence)
    let texts = evidence.flatMap { [$0["from"], $0["to"]] }.compactMap { $0?.stringValue }
    #expect(texts.allSatisfy { $0.count <= RecordChange.maximumText })
  }

  @Test func `a policy that changed under its id is a finding, once the id was looked up again`() async throws {
    let time = VirtualTime()
    let world = VirtualWorld(time)
    world.change {
      $0.ttl = [.txt: 300]
      $0.policy = (id: "1", mx: "mx.d1.example")
    }
    let service = try VirtualService(time, world, StoreFixture())
    func ids(after seconds: Int64) async throws -> [String] {
      time.advance(to: time.now + seconds)
      let found = try await service.check("d1.example")
      let record = found.record(by: service.desk.standards.preferred)
      #expect(record.encryption.mtaSTS.status == .valid)
      return record.findings.map(\.id)
    }
    #expect(try await !ids(after: 0).contains("mta-sts-id-unchanged"))
    world.change { $0.policy = (id: "1", mx: "*.example") }
    #expect(try await !ids(after: 301).contains("mta-sts-id-unchanged"))
    // The policy is fetched after an hour; it may be that the id is just about to follow.
    #expect(try await !ids(after: 3600).contains("mta-sts-id-unchanged"))
    #expect(try await ids(after: 301).contains("mta-sts-id-unchanged"))
    #expect(try await ids(after: 301).contains("mta-sts-id-unchanged"))
    world.change { $0.policy = (id: "2", mx: "*.example") }
    #expect(try await !ids(after: 301).contains("mta-sts-id-unchanged"))
    #expect(try await !ids(after: 3601).contains("mta-sts-id-unchanged"))
  }
}
