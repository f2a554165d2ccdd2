import DNS
import EmailAuth
import Foundation
import TestKit
import Testing

@Suite struct DKIMSuiteTests {
  /// Cases that we hold to be wrong, by their record's beginning, each with the RFC's words.
  private static let exceptions = [
    // RFC 6376 section 3.2: `tag-list = tag-spec *( ";" tag-spec ) [ ";" ]`. Two semicolons together are outside it;
    // the same suite calls "v=DKIM1;; p=..." invalid.
    "v=DKIM1; k=rsa; p=MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAvzwKQIIWzQXv0nihasFTT3"
  ]

  @Test func keys() throws {
    let file = "dkim/keys.json"
    guard let cases = try PublicSuites.cases(file) else { return }
    var passed = 0
    for test in cases {
      let text = try #require(test["record"] as? String)
      let record = DKIMKeyRecord(parsing: Array(text.utf8))
      let excepted = Self.exceptions.contains { text.hasPrefix($0) }
      let matches = Self.matches(record, test)
      #expect(matches != excepted, "\(text.prefix(120)): \(record.status), \(String(describing: record.error))")
      #expect(record.text == text)
      #expect((record.error == nil) == (record.status != .invalid))
      if matches { passed += 1 }
    }
    PublicSuites.report(file, passed: passed, total: cases.count)
  }

  private static func matches(_ record: DKIMKeyRecord, _ test: [String: Any]) -> Bool {
    var matches =
      record.status.rawValue == test["status"] as? String && record.keyType?.rawValue == test["keyType"] as? String
      && record.bits == test["bits"] as? Int && record.isTesting == test["testing"] as? Bool
      && record.isStrict == test["strict"] as? Bool
    if let hashes = test["hashes"] as? [String] { matches = matches && record.hashes == hashes }
    if let services = test["services"] as? [String] { matches = matches && record.services == services }
    return matches
  }

  @Test func lookups() throws {
    let file = "dkim/lookups.json"
    guard let cases = try PublicSuites.cases(file) else { return }
    let selector = try #require(DKIMSelector("s1"))
    let name = try #require(DomainName("example.com").flatMap(selector.keyName))
    var passed = 0
    for test in cases {
      let records = try #require(test["txt"] as? [[String]])
      let outcome: Answer.Outcome =
        switch test["error"] as? String {
        case "SERVFAIL": .failure(.serverFailure)
        case "TIMEOUT": .failure(.timeout)
        default:
          records.isEmpty
            ? .noSuchName : .found(records.map { .txt(TXTData(strings: $0.map { Array($0.utf8) })) })
        }
      let lookup = DKIMKeyLookup(selector, answer: Answer(Question(name, .txt), outcome))
      let isRight = lookup.status.rawValue == test["status"] as? String
      #expect(isRight, "\(test["name"] ?? ""): \(lookup.status)")
      if isRight { passed += 1 }
    }
    PublicSuites.report(file, passed: passed, total: cases.count)
  }

  /// Real texts: those of DKIM are read as keys, and those of other kinds are not even taken for one.
  @Test func realTexts() throws {
    let file = "records/txt.json"
    guard let cases = try PublicSuites.cases(file) else { return }
    let selector = try #require(DKIMSelector("s1"))
    let name = try #require(DomainName("example.com").flatMap(selector.keyName))
    var total = 0
    var passed = 0
    for test in cases {
      let kind = try #require(test["kind"] as? String)
      let text = try #require(test["record"] as? String)
      guard kind != "other" else { continue }
      let answer = Answer(Question(name, .txt), .found([.txt(TXTData(text))]))
      let lookup = DKIMKeyLookup(selector, answer: answer)
      let note = test["note"] as? String ?? ""
      let isKey = kind == "dkim" && (!note.contains("not a key record") || text.hasPrefix("v=DKIM1"))
      // Quotes of a zone file stand in some keys, with a note or without.
      let isBroken = text.contains("\"") || note.contains("not a key record")
      let expected: Set<DKIMKeyLookup.Status> = !isKey ? [.none] : isBroken ? [.invalid] : [.valid, .revoked]
      #expect(expected.contains(lookup.status), "\(kind): \(text.prefix(80))")
      #expect(lookup.error?.reason == .notAKey || lookup.status != .none)
      total += 1
      if expected.contains(lookup.status) { passed += 1 }
    }
    PublicSuites.report(file + " (as DKIM keys)", passed: passed, total: total)
  }
}
