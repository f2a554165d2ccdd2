import DNS
import Foundation
import Posture
import Testing

@testable import Hallmark

/// The dashboard over a store on a real disk.
@Suite struct DashboardTests {

  private static let html = "Accept: text/html\r\n"

  static func check(
    _ name: String, _ verdict: String, certificateEndsAt: Timestamp? = nil, errors: Int = 0, change: String? = nil
  ) -> StoreWrite {
    let digest = RecordDigest(
      verdict: verdict, encryption: verdict == "secure" ? "pass" : "fail", verification: "pass", assurance: "none",
      errors: errors, warnings: 1, checkedAt: epoch, expiresAt: epoch + 300, certificateEndsAt: certificateEndsAt)
    let rendered = change.map { text in { @Sendable (_: UInt64) in Array(text.utf8) } }
    return .assessment(
      Assessment(
        domain: domain(name), header: .of(verdict),
        evidence: EvidenceBlob(octets: [], expiresAt: epoch + 300), digest: digest, change: rendered,
        render: { _ in Array("{}".utf8) }))
  }

  static func change(
    _ name: String, _ verdict: String, was previous: String?, at moment: Timestamp, appeared: [String] = [],
    resolved: [String] = []
  ) -> String {
    func list(_ ids: [String]) -> String { "[" + ids.map { "\"\($0)\"" }.joined(separator: ",") + "]" }
    let before = previous.map { "\"\($0)\"" } ?? "null"
    return """
      {"domain":"\(name)","at":"\(moment)","revision":1,"verdict":"\(verdict)","previous":\(before),\
      "appeared":\(list(appeared)),"resolved":\(list(resolved))}
      """
  }

  @Test func countsFiltersAndOrder() async throws {
    let door = try await Door(StoreFixture())
    try await door.store.commit([
      .watch("a.gov.uk", "Home Office"), .watch("b.gov.uk", "Home Office"), .watch("c.gov.uk", "HMRC"),
      .watch("c.gov.uk", "Home Office"), .watch("new.gov.uk"), .watch("d.gov.uk"),
    ])
    try await door.store.commit([
      Self.check("a.gov.uk", "secure", certificateEndsAt: epoch + 40 * 86_400),
      Self.check("b.gov.uk", "insecure", certificateEndsAt: epoch + 5 * 86_400, errors: 1),
      Self.check("c.gov.uk", "unknown"), Self.check("d.gov.uk", "no-mail"), Self.check("unwatched.gov.uk", "insecure"),
    ])
    func overview(_ query: [String: String]) throws -> Overview {
      try Overview(door.store, DashboardQuery(query), at: epoch)
    }
    func names(_ query: [String: String]) throws -> [String] { try overview(query).entries.map(\.domain.description) }
    let all = try overview([:])
    #expect(all.tally == VerdictTally(secure: 1, insecure: 1, unknown: 1, noMail: 1) && all.unchecked == 1)
    #expect(all.organisations["Home Office"]?.total == 3 && all.organisations["HMRC"]?.total == 1)
    #expect(all.ending.map(\.entry.domain) == [domain("b.gov.uk")])
    #expect(try names([:]) == ["b.gov.uk", "c.gov.uk", "a.gov.uk", "d.gov.uk", "new.gov.uk"])
    #expect(try names(["sort": "name", "reverse": "1"]).first == "new.gov.uk")
    #expect(try names(["sort": "certificate"]).prefix(2) == ["b.gov.uk", "a.gov.uk"])
    #expect(try names(["organisation": "HMRC"]) == ["c.gov.uk"])
    #expect(try names(["organisation": ""]) == ["d.gov.uk", "new.gov.uk"])
    #expect(try names(["verdict": "insecure"]) == ["b.gov.uk"])
    #expect(try names(["contains": "NEW"]) == ["new.gov.uk"])
    #expect(try names(["verdict": "king", "sort": "x", "page": "-1"]).count == 5)
    let page = try await door.get("/?organisation=Home+Office&verdict=insecure", Self.html)
    #expect(page.status == 200 && page.headers["content-type"] == "text/html; charset=utf-8")
    #expect(page.body.contains("<h1>Home Office</h1>") && page.body.contains("/domains/b.gov.uk"))
    #expect(!page.body.contains("/domains/a.gov.uk"))
    let text = try await door.get("/")
    #expect(text.headers["content-type"] == "text/plain; charset=utf-8")
    #expect(
      text.body.hasPrefix("Hallmark: All domains\n\n1 not secure, 1 could not be determined, 1 secure, 1 no mail.\n"))
    #expect(text.body.split(separator: "\n").allSatisfy { $0.count <= 80 })
    await door.close()
  }

  @Test func whatGotWorse() async throws {
    let door = try await Door(StoreFixture())
    let day: Int64 = 86_400
    func write(
      _ name: String, _ now: String, was: String?, daysAgo: Int64, appeared: [String] = [], resolved: [String] = []
    )
      -> StoreWrite
    {
      Self.check(
        name, now,
        change: Self.change(name, now, was: was, at: epoch + -daysAgo * day, appeared: appeared, resolved: resolved))
    }
    let writes = [
      write("old.gov.uk", "insecure", was: "secure", daysAgo: 9),
      write("first.gov.uk", "insecure", was: nil, daysAgo: 6),
      write("mended.gov.uk", "insecure", was: "secure", daysAgo: 5),
      write("fell.gov.uk", "unknown", was: "secure", daysAgo: 5, appeared: ["mx-starttls-unknown"]),
      write(
        "fell.gov.uk", "insecure", was: "unknown", daysAgo: 4, appeared: ["mx-starttls"],
        resolved: ["mx-starttls-unknown"]),
      write("mended.gov.uk", "secure", was: "insecure", daysAgo: 3),
      write("more.gov.uk", "insecure", was: "insecure", daysAgo: 2, appeared: ["spf-missing"]),
      write("better.gov.uk", "secure", was: "insecure", daysAgo: 2),
      write("unwatched.gov.uk", "insecure", was: "secure", daysAgo: 1),
    ]
    let names = ["old", "first", "mended", "fell", "more", "better"].map { "\($0).gov.uk" }
    try await door.store.commit(names.map { .watch($0, "Home Office") })
    // One commit each, as checks come.
    for each in writes { try await door.store.commit([each]) }
    let worse = try Worsened(door.store, organisation: nil, at: epoch)
    #expect(worse.rows.map(\.domain.description) == ["more.gov.uk", "fell.gov.uk"])
    #expect(worse.rows.last?.before == "secure" && worse.rows.last?.appeared == ["mx-starttls"])
    #expect(try Worsened(door.store, organisation: "HMRC", at: epoch).rows.isEmpty)
    await door.close()
  }

  @Test func theDaysTallyIsKept() async throws {
    let day = epoch.day
    let fixture = StoreFixture()
    let door = try await Door(fixture)
    let tally = DailyTally(keeper: door.keeper)
    await tally.count()
    #expect(try door.store.tallies(of: nil, since: 0).isEmpty, "where nothing is watched there is nothing to tell")
    try await door.store.commit([
      .watch("a.gov.uk", "Home Office"), .watch("b.gov.uk"), .watch("c.gov.uk", "Home Office"),
    ])
    try await door.store.commit([Self.check("a.gov.uk", "insecure"), Self.check("b.gov.uk", "secure")])
    await tally.count()
    try await door.store.commit([Self.check("a.gov.uk", "secure")])
    // The last count of a day stands.
    await tally.count()
    #expect(try door.store.tallies(of: nil, since: day).map(\.tally) == [VerdictTally(secure: 2)])
    #expect(try door.store.tallies(of: "Home Office", since: day).map(\.tally) == [VerdictTally(secure: 1)])
    for back in 1...450 as ClosedRange<Int64> {
      try await door.store.commit([.tally(day: day - back, [nil: VerdictTally(secure: 1, insecure: 1)])])
    }
    // A new day forgets those of over a year ago.
    try await door.store.commit([.tally(day: day + 1, [nil: VerdictTally(secure: 3)])])
    let kept = try door.store.tallies(of: nil, since: 0)
    #expect(kept.first?.day == day + 2 - Store.keptDays && kept.last?.day == day + 1)
    let line = try #require(
      TimeLine(kept.filter { $0.day < day }, today: DayTally(day: day, tally: VerdictTally(secure: 1))))
    #expect(line.lineSummary.contains("to 100 % on 2027-01-15"), "\(line.lineSummary)")
    #expect(TimeLine([], today: DayTally(day: day, tally: VerdictTally(secure: 1))) == nil)
    #expect(Timestamp(seconds: -1).day == -1 && Timestamp(seconds: 86_400).day == 1)
    await door.close()
  }

  @Test("the pages of 10,000 domains are not slow")
  func tenThousandDomains() async throws {
    let door = try await Door(StoreFixture())
    let names = (0..<10_000).map { "d\($0).dept\($0 % 40).gov.uk" }
    for start in stride(from: 0, to: names.count, by: 1000) {
      let part = names[start..<start + 1000]
      try await door.store.commit(
        part.enumerated().flatMap { place, name -> [StoreWrite] in
          let verdict = ["secure", "insecure", "unknown", "no-mail"][place % 4]
          let change = place % 5 == 0 ? Self.change(name, verdict, was: "secure", at: epoch) : nil
          return [
            .watch(name, "Department \(place % 40)"),
            Self.check(name, verdict, certificateEndsAt: epoch + Int64(place) * 3600, change: change),
          ]
        })
    }
    var times: [String] = []
    for path in ["/", "/?sort=name&page=50", "/?sort=certificate&organisation=Department+7", "/?contains=d99"] {
      let started = ContinuousClock.now
      let page = try await door.get(path, Self.html)
      let time = started.duration(to: .now)
      #expect(page.status == 200 && page.body.contains("</html>"))
      #expect(time < .seconds(20), "\(path)")
      times.append("\(path) \(time.formatted(.units(allowed: [.milliseconds])))")
    }
    print("dashboard of 10,000 domains: \(times.joined(separator: ", "))")
    await door.close()
  }
}
