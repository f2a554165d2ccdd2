import Foundation
import JSON
import TestKit
import Testing

extension ServiceTests {
  /// What a service makes of a world that changes: a resolver whose answers the test decides stands before the lab's.
  @Suite struct ServiceChangeTests {
    /// The domain's zone is not signed, so that its answers can be made up.
    static let domain = "observed.gov.uk"
    static let unprotected = "\(domain) TXT text v=spf1 +all"

    @Test("maxAge 0 sees the zone as it is; without it the record holds until it expires")
    func maxAge() async throws {
      guard let lab = Lab.ready else { return }
      let dns = try await ServiceDNS.start(in: lab, address: "127.0.7.1")
      let service = try await ServiceProcess.start(in: lab, port: 8488, resolver: dns.resolver)
      let before = try await service.result("checkDomain", ["domain": .string(ServiceChangeTests.domain)])
      #expect(before["verdict"] == "secure")
      try dns.answer(ServiceChangeTests.unprotected)
      #expect(try await service.result("checkDomain", ["domain": .string(ServiceChangeTests.domain)]) == before)
      let now: JSONValue = ["domain": .string(ServiceChangeTests.domain), "maxAge": 0]
      let after = try await service.result("checkDomain", now)
      #expect(after["verdict"] == "insecure")
      let ids = after["findings"]?.arrayValue?.filter { $0["severity"] == "error" }.map { $0["id"] }
      #expect(ids == ["spf-all"])
      // It is kept for everyone.
      #expect(try await service.result("checkDomain", ["domain": .string(ServiceChangeTests.domain)]) == after)
      let history = try await service.result("domainHistory", ["domain": .string(ServiceChangeTests.domain)])
      let expected: JSONValue = [
        "verdict": "insecure", "previous": "secure", "resolved": [],
      ]
      #expect(Expectation.differences(expected, history["changes"]?[0]) == [])
      #expect(history["changes"]?[0]?["appeared"]?.arrayValue?.contains("spf-all") == true)
      await service.stop()
      await dns.stop()
    }

    @Test("a watched domain leaves the whitelist at once when it is proved insecure, and comes back by itself")
    func leaves() async throws {
      guard let lab = Lab.ready else { return }
      let dns = try await ServiceDNS.start(in: lab, address: "127.0.7.2")
      let service = try await ServiceProcess.start(
        in: lab, port: 8489, resolver: dns.resolver, options: ["--min-ttl", "1", "--max-ttl", "2"])
      _ = try await service.result("watchDomains", ["domains": [.string(ServiceChangeTests.domain)]])
      let isListed = try await eventually { try await service.entry(ServiceChangeTests.domain) != nil }
      #expect(isListed)
      let revision = try #require(try await service.result("listWhitelist")["revision"])
      try dns.answer(ServiceChangeTests.unprotected)
      let isGone = try await eventually { try await service.entry(ServiceChangeTests.domain) == nil }
      #expect(isGone)
      let since = try await service.result("listWhitelist", ["since": revision])
      #expect(since["removed"] == [.string(ServiceChangeTests.domain)] && since["entries"] == [])
      try dns.answer()
      let isBack = try await eventually { try await service.entry(ServiceChangeTests.domain) != nil }
      #expect(isBack)
      let sinceThen = try await service.result("listWhitelist", ["since": revision])
      #expect(sinceThen["removed"] == [] && sinceThen["entries"]?.arrayValue?.count == 1)
      await service.stop()
      await dns.stop()
    }

    @Test("a domain that can no longer be looked at stays on the whitelist, marked stale", arguments: [true, false])
    func stale(_ answers: Bool) async throws {
      guard let lab = Lab.ready else { return }
      let dns = try await ServiceDNS.start(in: lab, address: answers ? "127.0.7.3" : "127.0.7.4")
      let options = ["--min-ttl", "1", "--max-ttl", "2", "--check-timeout", "5", "--socketmap", "127.0.0.1:8492"]
      let service = try await ServiceProcess.start(
        in: lab, port: answers ? 8490 : 8491, resolver: dns.resolver,
        options: answers ? options : Array(options.prefix(6)))
      _ = try await service.result("watchDomains", ["domains": [.string(ServiceChangeTests.domain)]])
      let isListed = try await eventually { try await service.entry(ServiceChangeTests.domain) != nil }
      #expect(isListed)
      let fresh = try #require(try await service.entry(ServiceChangeTests.domain))
      // A resolver that answers SERVFAIL, or one that is gone.
      if answers { try dns.answer("* * servfail") } else { await dns.stop() }
      let isUnknown = try await eventually {
        try await service.peek("listDomains", ["verdict": "unknown"])?["domains"]?.arrayValue?.count == 1
      }
      #expect(isUnknown)
      let entry = try #require(try await service.entry(ServiceChangeTests.domain))
      #expect(entry["stale"] == true)
      for key in ["domain", "mx", "policy", "basis", "match"] { #expect(entry[key] == fresh[key], "\(key)") }
      let record = try await service.result("checkDomain", ["domain": .string(ServiceChangeTests.domain)])
      #expect(record["verdict"] == "unknown")
      guard answers else { return await service.stop() }
      // Then it answers again.
      try dns.answer()
      let isFresh = try await eventually { try await service.entry(ServiceChangeTests.domain)?["stale"] == false }
      #expect(isFresh)
      await service.stop()
      await dns.stop()
    }
  }
}
