import Foundation
import JSON
import TestKit
import Testing

extension ServiceTests {
  /// The feed of what changed, at a service that runs.
  @Suite struct ServiceFeedTests {
    static func read(_ answer: ServiceProcess.Answer) throws -> JSONValue {
      try JSONValue(parsing: AtomReader.read(answer.body.utf8))
    }

    @Test("a feed reader is told of a change, once, and of nothing while nothing changed")
    func feed() async throws {
      guard let lab = Lab.ready else { return }
      let domain = ServiceChangeTests.domain
      let dns = try await ServiceDNS.start(in: lab, address: "127.0.7.9")
      let service = try await ServiceProcess.start(in: lab, port: 8526, resolver: dns.resolver)
      _ = try await service.result("watchDomains", ["domains": [.string(domain)], "organisation": "Home Office"])
      let isListed = try await eventually { try await service.entry(domain) != nil }
      #expect(isListed)

      let page = try await service.get("/", "Accept: text/html")
      let link = try #require(
        page.body.firstMatch(of: /<link rel="alternate" type="application\/atom\+xml"[^>]* href="([^"]+)">/)?.1)
      let first = try await service.get(String(link))
      #expect(first.status == 200 && first.headers["content-type"] == "application/atom+xml; charset=utf-8")
      let before = try Self.read(first)
      let entries = before["entries"]?.arrayValue ?? []
      #expect(entries.map { $0["title"] } == [.string("\(domain): first checked, secure")])
      let tag = try #require(first.headers["etag"])
      let date = try #require(first.headers["last-modified"])
      for field in ["If-None-Match: \(tag)", "If-Modified-Since: \(date)"] {
        let again = try await service.get(String(link), field)
        #expect(again.status == 304 && again.body.isEmpty, "\(field)")
      }

      try dns.answer(ServiceChangeTests.unprotected)
      _ = try await service.result("checkDomain", ["domain": .string(domain), "maxAge": 0])
      let second = try await service.get(String(link), "If-None-Match: \(tag)")
      #expect(second.status == 200 && second.headers["etag"] != tag)
      let after = try Self.read(second)
      let told = after["entries"]?.arrayValue ?? []
      #expect(told.map { $0["title"] } == [.string("\(domain): secure, now insecure"), entries.first?["title"]])
      #expect(told.last == entries.first && told.first?["updated"] == after["updated"] && after["id"] == before["id"])
      let content = told.first?["content"]?.stringValue ?? ""
      #expect(content.contains("appeared: ") && content.contains("spf-all"), "\(content)")
      #expect(content.contains("spf \(domain): ") && content.contains("v=spf1 +all"), "\(content)")
      // Where its entry leads to is the domain's report.
      let address = try #require(told.first?["link"]?.stringValue)
      #expect(try await service.get(address).body.contains(domain))

      let mine = try Self.read(try await service.get("/changes.atom?organisation=Home%20Office"))
      #expect(mine["entries"] == after["entries"] && mine["id"] != after["id"])
      let others = try Self.read(try await service.get("/changes.atom?organisation=Other"))
      #expect(others["entries"] == [])
      await service.stop()
      await dns.stop()
    }
  }
}
