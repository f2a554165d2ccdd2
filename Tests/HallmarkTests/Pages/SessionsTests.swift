import Posture
import Testing

@testable import Hallmark

@Suite struct SessionsTests {
  private static let table = try? TokenTable(
    parsing: TokenTable.line(for: "secret", name: "gateway", role: .reader) + "\n"
      + TokenTable.line(for: "boss", name: "postmaster", role: .admin))

  @Test func itHasTheTokensRoleAndEndsWithIt() throws {
    let table = try #require(Self.table)
    let sessions = Sessions(isSecure: false, clock: .fixed)
    let entry = try #require(table.entry(of: "boss"))
    let cookies = "other=1; hallmark=\(sessions.begin(entry))"
    let session = try #require(sessions.session(cookies: cookies, table))
    #expect(session.name == "postmaster" && session.role == .admin)
    // The file was read again: another role for the same token, then none.
    let lower = try TokenTable(parsing: TokenTable.line(for: "boss", name: "postmaster", role: .reader))
    #expect(sessions.session(cookies: cookies, lower)?.role == .reader)
    let none = try TokenTable(parsing: TokenTable.line(for: "else", name: "postmaster", role: .admin))
    #expect(sessions.session(cookies: cookies, none) == nil)
    #expect(sessions.session(cookies: cookies, table) == nil, "a session that ended stays so")
  }

  @Test func itEndsByTimeAndBySigningOut() throws {
    let table = try #require(Self.table)
    let entry = try #require(table.entry(of: "secret"))
    let time = VirtualTime()
    let sessions = Sessions(isSecure: false, clock: time.clock)
    let first = "hallmark=\(sessions.begin(entry))"
    let second = "hallmark=\(sessions.begin(entry))"
    #expect(first != second)
    sessions.end(cookies: first)
    #expect(sessions.session(cookies: first, table) == nil && sessions.session(cookies: second, table) != nil)
    time.advance(to: time.now + (Sessions.lifetime - 1))
    #expect(sessions.session(cookies: second, table) != nil)
    time.advance(to: time.now + 1)
    #expect(sessions.session(cookies: second, table) == nil)
  }

  @Test(arguments: ["", "hallmark", "hallmark=", "hallmark=00", "=x", ";;;", "__Host-hallmark=x", "Hallmark=ID"])
  func whatIsNoSession(_ cookies: String) throws {
    let table = try #require(Self.table)
    let sessions = Sessions(isSecure: false, clock: .fixed)
    let id = sessions.begin(try #require(table.entry(of: "secret")))
    #expect(sessions.session(cookies: cookies.replacing("ID", with: id), table) == nil)
  }

  @Test func theCookieIsAsItShouldBe() {
    let plain = Sessions(isSecure: false).cookie("x")
    #expect(plain == "hallmark=x; Path=/; Max-Age=43200; HttpOnly; SameSite=Strict")
    let secure = Sessions(isSecure: true).cookie("x")
    #expect(secure == "__Host-hallmark=x; Path=/; Max-Age=43200; HttpOnly; SameSite=Strict; Secure")
    #expect(Sessions(isSecure: false, isBehindProxy: true).cookie("x") == secure)
  }

  @Test func aFormOfAnotherSessionIsNone() throws {
    let table = try #require(Self.table)
    let sessions = Sessions(isSecure: false, clock: .fixed)
    let entry = try #require(table.entry(of: "secret"))
    let first = sessions.session(cookies: "hallmark=\(sessions.begin(entry))", table)
    let second = sessions.session(cookies: "hallmark=\(sessions.begin(entry))", table)
    #expect(sessions.holds(sessions.csrf(first), first) && !sessions.holds(sessions.csrf(second), first))
    #expect(
      !sessions.holds("", nil) && !sessions.holds(sessions.csrf(nil), first) && sessions.holds(sessions.csrf(nil), nil))
  }

  @Test func theTableIsBounded() throws {
    let table = try #require(Self.table)
    let entry = try #require(table.entry(of: "secret"))
    let time = VirtualTime()
    let sessions = Sessions(isSecure: false, clock: time.clock)
    let first = "hallmark=\(sessions.begin(entry))"
    time.advance(to: time.now + 1)
    let later = (0..<Sessions.maximumSessions).map { _ in "hallmark=\(sessions.begin(entry))" }
    #expect(sessions.session(cookies: first, table) == nil)
    #expect(later.allSatisfy { sessions.session(cookies: $0, table) != nil })
  }

  @Test func wrongTokensAreCountedForEachAddress() {
    let time = VirtualTime()
    let sessions = Sessions(isSecure: false, clock: time.clock)
    for _ in 0..<Sessions.maximumAttempts {
      #expect(sessions.wait(of: "192.0.2.1") == nil)
      sessions.noteFailure(of: "192.0.2.1")
    }
    #expect(sessions.wait(of: "192.0.2.1") == Sessions.attemptPeriod && sessions.wait(of: "192.0.2.2") == nil)
    time.advance(to: time.now + Sessions.attemptPeriod)
    #expect(sessions.wait(of: "192.0.2.1") == nil)
    #expect(sessions.address("10.0.0.1", forwardedFor: ["192.0.2.9"]) == "10.0.0.1", "anyone can send the field")
    let behind = Sessions(isSecure: false, isBehindProxy: true)
    #expect(behind.address("10.0.0.1", forwardedFor: ["198.51.100.7, 192.0.2.9"]) == "192.0.2.9")
    #expect(behind.address("10.0.0.1", forwardedFor: []) == "10.0.0.1")
  }
}
