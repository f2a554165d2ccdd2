import DNS
import Posture
import Testing

@testable import Hallmark

/// Names whose two forms differ, wherever they are shown.
@Suite struct ShownNameTests {
  private static let ascii = "xn--bcher-kva.gov.uk"
  private static let unicode = "bücher.gov.uk"
  private static let html = "Accept: text/html\r\n"

  @Test func forms() {
    #expect(ShownName.unicode(Self.ascii) == Self.unicode)
    #expect(ShownName.both(Self.ascii) == "\(Self.ascii) (\(Self.unicode))")
    #expect(ShownName.unicode("plain.gov.uk") == nil && ShownName.both("plain.gov.uk") == "plain.gov.uk")
    // No A-label that IDNA 2008 allows: it has no other form, and is shown as it is.
    #expect(ShownName.both("xn--a.gov.uk") == "xn--a.gov.uk")
    #expect(ShownName.contains(Self.ascii, "büch") && ShownName.contains(Self.ascii, "bcher-kva"))
    #expect(!ShownName.contains(Self.ascii, "bucher") && !ShownName.contains("plain.gov.uk", "ü"))
  }

  @Test func lists() async throws {
    let door = try await Door(StoreFixture())
    try await door.store.commit([.watch(Self.ascii, "Library"), .watch("plain.gov.uk")])
    let change = DashboardTests.change(Self.ascii, "insecure", was: "secure", at: epoch + -86_400)
    try await door.store.commit([
      DashboardTests.check(Self.ascii, "insecure", certificateEndsAt: epoch + 86_400, change: change),
      .listed(Self.ascii, WhitelistRouteTests.entry(Self.ascii)),
    ])
    // The list, what got worse and what ends soon.
    let page = try await door.get("/", Self.html)
    #expect(page.body.matches(of: /xn--bcher-kva\.gov\.uk<\/a>(?:<small>| \()bücher\.gov\.uk/).count == 3)
    let text = try await door.get("/")
    #expect(text.body.matches(of: /xn--bcher-kva\.gov\.uk\s+\(bücher\.gov\.uk\)/).count == 3, "\(text.body)")
    let found = try await door.get("/?contains=B%C3%BCCH", Self.html)
    #expect(found.body.contains("<small>1 domain</small>") && found.body.contains(Self.unicode))
    let list = try await door.get("/whitelist?contains=b%C3%BCch", Self.html)
    #expect(list.body.contains("\(Self.ascii)</a><small>\(Self.unicode)</small>"))
    let other = try await door.get("/whitelist?contains=%C3%B6", Self.html)
    #expect(other.body.contains("No domain on the whitelist fits."))
    await door.close()
  }
}
