import Foundation
import JSON
import TestKit
import Testing

extension ServiceTests {
  /// The watch list, the whitelist that follows from it, and what is told of their changes.
  @Suite struct ServiceWatchTests {
    @Test("what is watched and secure is on the whitelist within seconds, and off it when it is given up")
    func watchAndUnwatch() async throws {
      guard let lab = Lab.ready else { return }
      let service = try await ServiceProcess.start(in: lab, port: 8481)
      let empty = try await service.result("listWhitelist")
      #expect(empty["entries"] == [])
      let names: JSONValue = ["fully-secure.gov.uk", "observed.gov.uk", "plain.gov.uk", "sts-enforce.gov.uk"]
      let began = ContinuousClock.now
      let added = try await service.result("watchDomains", ["domains": names, "organisation": "Home Office"])
      #expect(added == ["added": 4, "unchanged": 0])
      let again = try await service.result("watchDomains", ["domains": names, "organisation": "Home Office"])
      #expect(again == ["added": 0, "unchanged": 4])
      let other: JSONValue = ["domains": ["observed.gov.uk"], "organisation": "NHS"]
      #expect(try await service.result("watchDomains", other)["added"] == 1)
      let isListed = try await eventually {
        try await service.peek("listWhitelist")?["entries"]?.arrayValue?.count == 3
      }
      #expect(isListed)
      #expect(ContinuousClock.now - began < .seconds(20))
      let whole = try await service.result("listWhitelist")
      let expected: JSONValue = [
        ["domain": "fully-secure.gov.uk", "policy": "dane-only", "basis": "dane", "stale": false],
        ["domain": "observed.gov.uk", "policy": "secure", "basis": "observed", "match": ["mx.observed.gov.uk"]],
        ["domain": "sts-enforce.gov.uk", "policy": "secure", "basis": "mta-sts"],
      ]
      #expect(Expectation.differences(expected, whole["entries"]) == [])

      // By pages it is the same.
      var paged: [JSONValue] = []
      var token: JSONValue?
      repeat {
        var params: [String: JSONValue] = ["pageSize": 1]
        params["pageToken"] = token
        let page = try await service.result("listWhitelist", ServiceWatchTests.object(params))
        #expect(page["entries"]?.arrayValue?.count ?? 0 <= 1)
        paged += page["entries"]?.arrayValue ?? []
        token = page["nextPageToken"]
      } while token != nil && paged.count < 9
      #expect(.array(paged) == whole["entries"])
      #expect(
        try await service.result("listWhitelist", ["under": "observed.gov.uk"])["entries"]?.arrayValue?.count == 1)

      // Since the empty one all have come; since now nothing has.
      let sinceEmpty = try await service.result("listWhitelist", ["since": empty["revision"] ?? .null])
      #expect(sinceEmpty["entries"]?.arrayValue?.count == 3 && sinceEmpty["removed"] == [])
      let revision = try #require(whole["revision"])
      let sinceNow = try await service.result("listWhitelist", ["since": revision])
      #expect(sinceNow["entries"] == [] && sinceNow["removed"] == [])

      // Of two organisations one gives it up, and it stays; of both, it leaves.
      let one: JSONValue = ["domains": ["observed.gov.uk", "nobody.gov.uk"], "organisation": "Home Office"]
      #expect(try await service.result("unwatchDomains", one) == ["removed": 1, "unknown": 1])
      #expect(try await service.entry("observed.gov.uk") != nil)
      #expect(try await service.result("unwatchDomains", ["domains": ["observed.gov.uk"]])["removed"] == 1)
      let after = try await service.result("listWhitelist", ["since": revision])
      #expect(after["removed"] == ["observed.gov.uk"] && after["entries"] == [])
      #expect(after["revision"]?.integerValue ?? 0 > revision.integerValue ?? 0)

      let ahead = try await service.failure("listWhitelist", ["since": 1_000_000])
      #expect(ahead["code"] == -32011)
      #expect(ahead["data"]?["status"] == "OUT_OF_RANGE")
      #expect(try await service.failure("listChanges", ["since": 1_000_000])["code"] == -32011)
      await service.stop()
    }

    private static func object(_ members: [String: JSONValue]) -> JSONValue {
      var object = JSONObject()
      for (key, value) in members { object[key] = value }
      return .object(object)
    }

    @Test("domains are listed by organisation and verdict, a page at a time")
    func domains() async throws {
      guard let lab = Lab.ready else { return }
      let service = try await ServiceProcess.start(in: lab, port: 8482)
      let home: JSONValue = ["fully-secure.gov.uk", "plain.gov.uk", "no-mail.gov.uk", "lame.gov.uk"]
      let health: JSONValue = ["observed.gov.uk", "plain.gov.uk"]
      _ = try await service.result("watchDomains", ["domains": home, "organisation": "Home Office"])
      _ = try await service.result("watchDomains", ["domains": health, "organisation": "NHS"])
      func names(_ params: JSONValue) async throws -> [String] {
        try await service.result("listDomains", params)["domains"]?.arrayValue?.compactMap { $0["domain"]?.stringValue }
          ?? []
      }
      let isChecked = try await eventually {
        let domains = try await service.peek("listDomains")?["domains"]?.arrayValue ?? []
        return domains.count == 5 && domains.allSatisfy { $0["verdict"] != .null }
      }
      #expect(isChecked)
      #expect(try await names(["organisation": "NHS"]) == ["observed.gov.uk", "plain.gov.uk"])
      #expect(try await names(["organisation": "nobody"]) == [])
      #expect(try await names(["verdict": "insecure"]) == ["plain.gov.uk"])
      #expect(try await names(["verdict": "no-mail", "organisation": "Home Office"]) == ["no-mail.gov.uk"])
      #expect(try await names(["verdict": "unknown"]) == ["lame.gov.uk"])
      #expect(try await names(["verdict": "secure", "organisation": "NHS"]) == ["observed.gov.uk"])
      let first = try await service.result("listDomains", ["pageSize": 3])
      let token = try #require(first["nextPageToken"])
      let second = try await service.result("listDomains", ["pageSize": 3, "pageToken": token])
      let all = try await service.result("listDomains")
      #expect(
        (first["domains"]?.arrayValue ?? []) + (second["domains"]?.arrayValue ?? []) == all["domains"]?.arrayValue)
      #expect(second["nextPageToken"] == nil)
      let plain = all["domains"]?.arrayValue?.first { $0["domain"] == "plain.gov.uk" }
      #expect(plain?["organisations"] == ["Home Office", "NHS"])
      await service.stop()
    }

    @Test("selectors that are kept count in every check")
    func selectors() async throws {
      guard let lab = Lab.ready else { return }
      let service = try await ServiceProcess.start(in: lab, port: 8483)
      let watch: JSONValue = ["domains": ["dkim-absent.gov.uk"], "selectors": ["nothing-here"]]
      #expect(try await service.result("checkDomain", ["domain": "dkim-absent.gov.uk"])["verdict"] == "secure")
      _ = try await service.result("watchDomains", watch)
      let isSeen = try await eventually {
        try await service.peek("checkDomain", ["domain": "dkim-absent.gov.uk"])?["verdict"] == "insecure"
      }
      #expect(isSeen)
      await service.stop()
    }

    @Test("who waits for changes is told when there is one")
    func longPoll() async throws {
      guard let lab = Lab.ready else { return }
      let service = try await ServiceProcess.start(in: lab, port: 8484)
      let start = try #require(try await service.result("listChanges")["revision"])
      let nothing = try await service.result("listChanges", ["since": start, "wait": 0])
      #expect(nothing["changes"] == [] && nothing["revision"] == start)
      let began = ContinuousClock.now
      async let told = service.result("listChanges", ["since": start, "wait": 60, "organisation": "Home Office"])
      // What is no business of the organisation's does not wake it for good.
      _ = try await service.result("checkDomain", ["domain": "dual-stack.gov.uk"])
      let watch: JSONValue = ["domains": ["plain.gov.uk"], "organisation": "Home Office"]
      _ = try await service.result("watchDomains", watch)
      let changes = try #require(try await told["changes"]?.arrayValue)
      let took = ContinuousClock.now - began
      // Told by the bell, and not by the end of its wait; otherwise what is known says whether the check was late or the bell.
      let known = try await service.peek("listDomains").map(Expectation.text) ?? "nothing"
      #expect(took < .seconds(50), "\(known)")
      #expect(changes.map { $0["domain"] } == ["plain.gov.uk"], "\(known)")
      #expect(changes.first?["verdict"] == "insecure" && changes.first?["previous"] == .null)
      #expect(changes.first?["appeared"]?.arrayValue?.contains("mx-starttls") == true)

      let all = try await service.result("listChanges")
      #expect(all["changes"]?.arrayValue?.count == 2)
      let head = try #require(all["revision"])
      let second = ContinuousClock.now
      let empty = try await service.result("listChanges", ["since": head, "wait": 1])
      #expect(empty["changes"] == [] && empty["revision"] == head)
      #expect(ContinuousClock.now - second >= .seconds(1))
      await service.stop()
    }

    @Test("an assurance stands in the record until its day, and its history is told")
    func assurance() async throws {
      guard let lab = Lab.ready else { return }
      let service = try await ServiceProcess.start(in: lab, port: 8485)
      let domain: JSONValue = ["domain": "observed.gov.uk"]
      #expect(try await service.result("checkDomain", domain)["assurance"]?["verdict"] == "none")
      let given: JSONValue = [
        "domain": "observed.gov.uk", "scheme": "Cyber Essentials", "reference": "IASME-CE-1",
        "validUntil": "2099-01-31T00:00:00Z",
      ]
      let record = try await service.result("setAssurance", given)
      let expected: JSONValue = [
        "verdict": "current", "scheme": "Cyber Essentials", "reference": "IASME-CE-1",
        "validUntil": "2099-01-31T00:00:00Z",
      ]
      #expect(record["assurance"] == expected)
      #expect(try await service.result("checkDomain", domain) == record)
      let pair = try await service.result("checkPair", ["fully-secure.gov.uk", "observed.gov.uk"])
      #expect(pair["assurance"]?["grade"] == "current")
      let past: JSONValue = [
        "domain": "observed.gov.uk", "scheme": "Cyber Essentials", "reference": "IASME-CE-1",
        "validUntil": "2020-01-31T00:00:00Z",
      ]
      #expect(try await service.result("setAssurance", past)["assurance"]?["verdict"] == "expired")
      let history = try await service.result("domainHistory", domain)["changes"]?.arrayValue ?? []
      #expect(history.count == 3)
      let revisions = history.compactMap { $0["revision"]?.integerValue }
      #expect(revisions == revisions.sorted(by: >))
      let page = try await service.result("domainHistory", ["domain": "observed.gov.uk", "pageSize": 2])
      let token = try #require(page["nextPageToken"])
      let rest = try await service.result(
        "domainHistory", ["domain": "observed.gov.uk", "pageSize": 2, "pageToken": token])
      #expect((page["changes"]?.arrayValue ?? []) + (rest["changes"]?.arrayValue ?? []) == history)
      await service.stop()
    }
  }
}
