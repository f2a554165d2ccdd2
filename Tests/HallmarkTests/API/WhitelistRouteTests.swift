import DNS
import Foundation
import JSON
import Posture
import Synchronization
import Testing

@testable import Hallmark

/// `GET /whitelist` over a store on a real disk.
@Suite struct WhitelistRouteTests {
  typealias T = TestServer

  static func entry(_ name: String) -> String {
    "{\"domain\":\"\(name)\",\"mx\":[\"mx.\(name)\"],\"policy\":\"secure\",\"basis\":\"observed\",\"match\":[\"mx.\(name)\"]}"
  }

  static func listed(_ names: [String]) -> [StoreWrite] {
    names.map { .watch($0) } + names.map { .listed($0, entry($0)) }
  }

  @Test func changesSinceARevision() async throws {
    let door = try await Door(StoreFixture())
    try await door.store.commit(Self.listed(["b.gov.uk", "a.gov.uk", "other.example"]))
    let before = try door.store.headRevision()
    try await door.store.commit(Self.listed(["c.gov.uk"]) + [.unwatch(domain("a.gov.uk"), organisation: nil)])
    let after = try door.store.headRevision()
    func body(_ format: String, _ more: String = "") async throws -> String {
      try await door.get("/whitelist?format=\(format)&since=\(before)\(more)").body
    }
    #expect(try await body("txt") == "# revision \(after)\n+ c.gov.uk\n- a.gov.uk\n")
    #expect(try await body("txt", "&under=example") == "# revision \(after)\n")
    #expect(
      try await body("postfix")
        == "# Hallmark whitelist, revision \(after)\nc.gov.uk secure match=mx.c.gov.uk servername=hostname\n# removed a.gov.uk\n"
    )
    #expect(try await body("rspamd").hasSuffix("c.gov.uk\n# removed a.gov.uk\n"))
    let csv = try await body("csv")
    #expect(csv.split(separator: "\r\n").last == "a.gov.uk,removed,,,,,,")
    let json = try JSONValue(parsing: await body("json"))
    #expect(json["revision"] == .integer(Int64(after)) && json["removed"] == ["a.gov.uk"])
    #expect(json["entries"]?.arrayValue?.map { $0["domain"] } == ["c.gov.uk"])
    let lines = try await body("ndjson").split(separator: "\n").map { try JSONValue(parsing: String($0)) }
    #expect(lines.count == 2 && lines[1] == ["domain": "a.gov.uk", "removed": true])
    for wrong in ["-1", "x", "9999", "99999999999999999999"] {
      let answer = try await door.get("/whitelist?since=\(wrong)")
      #expect(answer.status == 400 && answer.body.split(separator: "\n").count == 1, "\(wrong)")
    }
    await door.close()
  }

  @Test(arguments: WhitelistFormat.allCases)
  func under(_ format: WhitelistFormat) async throws {
    let door = try await Door(StoreFixture())
    try await door.store.commit(Self.listed(["gov.uk", "a.gov.uk", "gov.uk.example", "xgov.uk", "b.a.gov.uk"]))
    let some = try await door.get("/whitelist?format=\(format.rawValue)&under=gov.uk")
    let all = try await door.get("/whitelist?format=\(format.rawValue)")
    for name in ["xgov.uk", "gov.uk.example"] {
      #expect(!some.body.contains(name) && all.body.contains(name), "\(name)")
    }
    #expect(some.body.contains("b.a.gov.uk") && some.headers["etag"] != all.headers["etag"])
    #expect(try await door.get("/whitelist?under=a..b").status == 400)
    await door.close()
  }

  @Test("tag and date are those of the whitelist, not of the service, and outlive it")
  func validators() async throws {
    let fixture = StoreFixture()
    // It lets the store go with the end of its scope.
    let one = try await firstService(fixture)
    let second = try await Door(fixture, clock: WallClock { epoch + 1000 })
    let later = try await second.get("/whitelist")
    for name in ["etag", "last-modified"] { #expect(later.headers[name] == one.headers[name], "\(name)") }
    let fields = "If-Modified-Since: \(HTTPDate.text(epoch.seconds + 5))\r\n"
    #expect(try await second.get("/whitelist", fields).status == 304)
    try await second.store.commit([.unwatch(domain("a.gov.uk"), organisation: nil)])
    let changed = try await second.get("/whitelist", fields)
    #expect(changed.status == 200 && changed.headers["last-modified"] == HTTPDate.text(epoch.seconds + 1000))
    await second.close()
  }

  private func firstService(_ fixture: StoreFixture) async throws -> Socket.Response {
    let first = try await Door(fixture)
    let empty = try await first.get("/whitelist")
    #expect(empty.status == 200 && empty.body.isEmpty && empty.headers["last-modified"] == nil)
    try await first.store.commit(Self.listed(["a.gov.uk"]))
    let one = try await first.get("/whitelist")
    #expect(one.headers["last-modified"] == HTTPDate.text(epoch.seconds))
    #expect(one.headers["etag"]?.hasPrefix("\"") == true, "a strong one: the text is the same while the tag is")
    // What happens to a domain that is not on it changes neither.
    try await first.store.commit([.check("elsewhere.uk", "insecure", changed: true)])
    let same = try await first.get("/whitelist?format=postfix")
    try await first.store.commit([.check("elsewhere.uk", "unknown", changed: true)])
    let again = try await first.get("/whitelist?format=postfix")
    #expect(again.headers["etag"] == same.headers["etag"] && again.body == same.body)
    await first.close()
    return one
  }

  @Test("a hundred thousand entries go out sorted, in pieces, in memory that does not grow with them")
  func large() async throws {
    let count = 100_000
    let door = try await Door(StoreFixture())
    let names = (0..<count).map { "d\(String($0, radix: 36)).gov.uk" }
    for start in stride(from: 0, to: count, by: 5000) {
      try await door.store.commit(Self.listed(Array(names[start..<start + 5000])))
    }
    let before = ProcessState.now().residentBytes
    let largest = Mutex(0)
    for format in ["txt", "json", "postfix"] {
      let port = door.port
      let lines = try await offPool {
        let client = try Socket(port: port)
        client.send(T.get("/whitelist?format=\(format)", "Connection: close\r\n"))
        var (lines, rest) = ([String](), "")
        // Read in pieces, so that it is not this side that takes the memory.
        while let text = client.readSome() {
          largest.withLock { $0 = max($0, ProcessState.now().residentBytes) }
          guard format == "txt" else { continue }
          rest += text
          let parts = rest.split(separator: "\n", omittingEmptySubsequences: false)
          lines += parts.dropLast().filter { $0.contains(".gov.uk") }.map(String.init)
          rest = String(parts.last ?? "")
        }
        return lines
      }
      if format == "txt" {
        let sorted = names.sorted { domain($0) < domain($1) }
        // A chunk's head may stand within a line.
        #expect(lines.count >= count - 400 && lines.count <= count + 400)
        #expect(sorted.first.map { lines.first?.contains($0) == true } == true)
      }
    }
    let growth = (largest.withLock { $0 } - before) >> 20
    print("whitelist of \(count) entries in three formats: resident memory grew by \(growth) MiB while it was streamed")
    #expect(growth < 200, "the JSON alone has some 20 MB, its values as objects many times that")
    let whole = try await door.get("/whitelist")
    let domains = whole.body.split(separator: "\n").map(String.init)
    #expect(domains == names.sorted { domain($0) < domain($1) })
    await door.close()
  }
}
