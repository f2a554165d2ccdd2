import DNS
import EmailAuth
import JSON

/// The public suite for RFC 7208, read once, then evaluated over and over.
struct SPFSuite {
  private struct Test {
    let request: SPFRequest
    let zone: Int
    /// What the suite takes for right; empty where only the time counts.
    let results: [String]
  }

  private struct Zone: AnswerSource {
    var records: [Question: [RecordData]] = [:]
    var names: Set<DomainName> = []
    var aliases: [DomainName: DomainName] = [:]
    var failures: Set<DomainName> = []

    func answer(_ question: Question) -> Answer? {
      var name = question.name
      for _ in 0..<8 {
        if let found = records[Question(name, question.type)] { return Answer(question, .found(found)) }
        if failures.contains(name) { return Answer(question, .failure(.timeout)) }
        guard let target = aliases[name] else {
          return Answer(question, names.contains(name) ? .noSuchType : .noSuchName)
        }
        name = target
      }
      return Answer(question, .failure(.serverFailure))
    }
  }

  private var tests: [Test] = []
  private var zones: [Zone] = []

  var count: Int { tests.count }

  /// Reads spf/rfc7208-typed.json.
  init?(_ octets: [UInt8]) {
    guard let root = try? JSONValue(parsing: octets), let suites = root["suites"]?.arrayValue else { return nil }
    for suite in suites {
      zones.append(SPFSuite.zone(suite["zonedata"]?.objectValue ?? [:]))
      for test in suite["tests"]?.arrayValue ?? [] {
        guard let address = IPAddress(test["host"]?.stringValue ?? "") else { return nil }
        let request = SPFRequest(
          address: address, mailFrom: test["mailfrom"]?.stringValue ?? "", helo: test["helo"]?.stringValue ?? "")
        let results = (test["result"]?.arrayValue ?? []).compactMap(\.stringValue)
        tests.append(Test(request: request, zone: zones.count - 1, results: results))
      }
    }
  }

  /// Evaluates every test once; the number of right results.
  func run() -> Int {
    tests.count { test in
      var zone = zones[test.zone]
      guard case .result(let verdict) = SPFEvaluator.checkHost(test.request, source: &zone) else { return false }
      return test.results.contains(verdict.result.rawValue)
    }
  }

  private static func zone(_ data: JSONObject) -> Zone {
    var zone = Zone()
    for (text, value) in data {
      guard let name = DomainName(text) else { continue }
      let records = value.arrayValue ?? []
      let hasTXT = records.contains { $0["type"]?.stringValue == "TXT" }
      for record in records { add(record, name, servesSPF: !hasTXT, to: &zone) }
    }
    return zone
  }

  private static func add(_ record: JSONValue, _ name: DomainName, servesSPF: Bool, to zone: inout Zone) {
    let value = record["value"]?.stringValue ?? ""
    func put(_ type: RecordType, _ data: RecordData?) {
      zone.names.insert(name)
      if let data { zone.records[Question(name, type), default: []].append(data) }
    }
    switch record["type"]?.stringValue {
    case "TXT" where record["none"] == nil: put(.txt, texts(record))
    case "SPF" where servesSPF: put(.txt, texts(record))
    case "A": put(.a, IPAddress(value).map(RecordData.address))
    case "AAAA": put(.aaaa, IPAddress(value).map(RecordData.address))
    case "PTR": put(.ptr, DomainName(value).map(RecordData.name))
    case "MX":
      let exchange = DomainName(record["exchange"]?.stringValue ?? "") ?? .root
      guard case .integer(let preference)? = record["preference"] else { return }
      put(.mx, .mx(preference: UInt16(clamping: preference), exchange: exchange))
    case "CNAME": zone.aliases[name] = DomainName(value)
    case "TIMEOUT": zone.failures.insert(name)
    default: break
    }
  }

  /// The suite writes octets beyond ASCII as characters of the same number.
  private static func texts(_ record: JSONValue) -> RecordData {
    let strings = (record["strings"]?.arrayValue ?? []).compactMap(\.stringValue)
    return .txt(TXTData(strings: strings.map { $0.unicodeScalars.map { UInt8(truncatingIfNeeded: $0.value) } }))
  }
}
