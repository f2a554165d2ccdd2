import DNS
import Foundation
import JSON
import Posture
import TestKit
import Testing

@testable import Hallmark

/// `GET /changes.atom`, read by a parser that is not ours.
@Suite struct `The feed of changes` {
  static func read(_ text: some Collection<UInt8>) throws -> JSONValue {
    try JSONValue(parsing: [UInt8](AtomReader.read(text)))
  }

  static let hostile = "<script>alert(1)</script> & \"quoted\" 'text' ]]> \u{1}\u{1b}[31m \u{fffe}"

  static func change(_ name: String, at moment: Timestamp) -> StoreWrite {
    .assessment(
      Assessment(
        domain: domain(name), header: .of("insecure"), evidence: EvidenceBlob(octets: [1], expiresAt: epoch),
        change: { revision in
          let value: JSONValue = [
            "domain": .string(name), "at": .string(moment.description), "revision": .integer(Int64(revision)),
            "verdict": "insecure", "previous": "secure", "appeared": ["spf-all"], "resolved": [],
            "evidence": [["what": "spf", "subject": .string(name), "from": .string(hostile), "to": .null]],
          ]
          return value.serialized()
        }, render: { _ in Array("{}".utf8) }))
  }

  @Test func `tells the newest changes, of all or of an organisation, and keeps its ids`() async throws {
    let door = try await Door(StoreFixture())
    try await door.store.commit([.watch("a.example", "Home & Office"), .watch("b.example", "NHS")])
    let empty = try Self.read(try await door.get("/changes.atom").body.utf8)
    #expect(empty["entries"] == [] && empty["self"] == "/changes.atom")
    for index in 0..<120 {
      try await door.store.commit([Self.change(index % 2 == 0 ? "a.example" : "b.example", at: epoch + Int64(index))])
    }
    let response = try await door.get("/changes.atom")
    #expect(response.headers["content-type"] == "application/atom+xml; charset=utf-8")
    let all = try Self.read(response.body.utf8)
    let entries = all["entries"]?.arrayValue ?? []
    #expect(entries.count == AtomFeed.maximumEntries)
    #expect(Set(entries.compactMap { $0["id"]?.stringValue }).count == entries.count)
    #expect(entries.allSatisfy { $0["id"]?.stringValue?.hasPrefix("urn:uuid:") == true })
    #expect(all["updated"]?.stringValue == (epoch + 119).description && entries[0]["updated"] == all["updated"])
    #expect(entries[0]["title"] == "b.example: secure, now insecure" && entries[0]["link"] == "/domains/b.example")
    #expect(
      entries[0]["content"]?.stringValue?.contains(
        "spf b.example: <script>alert(1)</script> & \"quoted\" 'text' ]]> [31m  -> nothing") == true,
      "\(entries[0])")

    let mine = try Self.read(try await door.get("/changes.atom?organisation=Home%20%26%20Office").body.utf8)
    #expect(mine["self"] == "/changes.atom?organisation=Home%20%26%20Office" && mine["id"] != all["id"])
    let own = mine["entries"]?.arrayValue ?? []
    #expect(own.count == 60 && own.allSatisfy { $0["link"] == "/domains/a.example" })
    #expect(own.allSatisfy { entry in entry["updated"] != all["updated"] })
    // The same change has the same id in either feed, and when asked again.
    #expect(own[0]["id"] == entries[1]["id"])
    #expect(try Self.read(try await door.get("/changes.atom").body.utf8) == all)
    await door.close()
  }

  @Test(arguments: [
    ("/", "/changes.atom"), ("/?organisation=Home%20%26%20Office", "/changes.atom?organisation=Home%20%26%20Office"),
  ]) func `is named by the page of what it tells, for programs and for people`(_ page: String, _ feed: String)
    async throws
  {
    let door = try await Door(StoreFixture())
    try await door.store.commit([.watch("a.example", "Home & Office"), Self.change("a.example", at: epoch)])
    let text = try await door.get(page, "Accept: text/html\r\n").body
    #expect(
      text.contains("<link rel=\"alternate\" type=\"application/atom+xml\" title=\"What changed\" href=\"\(feed)\">"))
    #expect(text.contains("<a href=\"\(feed)\" type=\"application/atom+xml\">"))
    #expect(try await door.get(feed).status == 200)
    let other = try await door.get("/whitelist", "Accept: text/html\r\n").body
    #expect(other.contains("type=\"application/atom+xml\" title=\"What changed\" href=\"/changes.atom\">"))
    await door.close()
  }

  @Test func `is sent when it changed, and otherwise not`() async throws {
    let door = try await Door(StoreFixture())
    try await door.store.commit([.watch("a.example"), Self.change("a.example", at: epoch)])
    let first = try await door.get("/changes.atom")
    let tag = try #require(first.headers["etag"])
    let date = try #require(first.headers["last-modified"])
    #expect(date == HTTPDate.text(epoch.seconds))
    #expect(try await door.get("/changes.atom", "If-None-Match: \(tag)\r\n").status == 304)
    #expect(try await door.get("/changes.atom", "If-Modified-Since: \(date)\r\n").status == 304)
    try await door.store.commit([Self.change("a.example", at: epoch + 9)])
    let second = try await door.get("/changes.atom", "If-None-Match: \(tag)\r\n")
    #expect(second.status == 200 && second.headers["etag"] != tag)
    await door.close()
  }
}
