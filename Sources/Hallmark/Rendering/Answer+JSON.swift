import DNS
import JSON

extension Answer {
  var json: JSONValue {
    var object: JSONObject = [
      "name": .string(question.name.description), "type": .string(question.type.mnemonic),
      "ttl": .integer(Int64(ttl)), "security": .string(security.rawValue),
    ]
    if let canonicalName { object["canonicalName"] = .string(canonicalName.description) }
    switch outcome {
    case .found(let records):
      object["outcome"] = "found"
      object["records"] = .array(records.map(\.json))
    case .noSuchName: object["outcome"] = "noSuchName"
    case .noSuchType: object["outcome"] = "noSuchType"
    case .failure(let failure):
      object["outcome"] = .string(failure.keyword)
      object["reason"] = JSONValue(failure.detail)
    }
    return .object(object)
  }

  convenience init?(json: JSONValue) {
    guard let name = json["name"]?.stringValue.flatMap({ DomainName($0) }),
      let type = json["type"]?.stringValue.flatMap({ RecordType(mnemonic: $0) }),
      let ttl = json["ttl"]?.integerValue.flatMap({ UInt32(exactly: $0) }),
      let security = json["security"]?.stringValue.flatMap(SecurityStatus.init(rawValue:)),
      let outcome = Answer.outcome(json)
    else { return nil }
    self.init(
      Question(name, type), outcome, canonicalName: json["canonicalName"]?.stringValue.flatMap { DomainName($0) },
      ttl: ttl, security: security)
  }

  private static func outcome(_ json: JSONValue) -> Outcome? {
    switch json["outcome"]?.stringValue {
    case "found":
      let values = json["records"]?.arrayValue ?? []
      let records = values.compactMap(RecordData.init(json:))
      // Half an answer is none: it would read as the absence of the other half.
      return records.isEmpty || records.count != values.count ? nil : .found(records)
    case "noSuchName": return .noSuchName
    case "noSuchType": return .noSuchType
    case let keyword?:
      return LookupFailure(keyword: keyword, detail: json["reason"]?.stringValue).map(Outcome.failure)
    case nil: return nil
    }
  }
}

extension LookupFailure {
  fileprivate var keyword: String {
    switch self {
    case .timeout: "timeout"
    case .serverFailure: "serverFailure"
    case .refused: "refused"
    case .bogus: "bogus"
    case .malformed: "malformed"
    case .internalError: "internalError"
    }
  }

  fileprivate var detail: String? {
    switch self {
    case .bogus(let reason), .internalError(let reason): reason
    case .timeout, .serverFailure, .refused, .malformed: nil
    }
  }

  fileprivate init?(keyword: String, detail: String?) {
    switch keyword {
    case "timeout": self = .timeout
    case "serverFailure": self = .serverFailure
    case "refused": self = .refused
    case "bogus": self = .bogus(detail ?? "")
    case "malformed": self = .malformed
    case "internalError": self = .internalError(detail ?? "")
    default: return nil
    }
  }
}

extension RecordData {
  fileprivate var json: JSONValue {
    switch self {
    case .address(let address): ["address": .string(address.description)]
    case .mx(let preference, let exchange):
      ["preference": .integer(Int64(preference)), "exchange": .string(exchange.description)]
    case .txt(let data): ["txt": JSONValue(texts: data.strings.map(Hex.encode))]
    case .tlsa(let data):
      [
        "usage": .integer(Int64(data.usage)), "selector": .integer(Int64(data.selector)),
        "matching": .integer(Int64(data.matchingType)), "data": .string(Hex.encode(data.association)),
      ]
    case .name(let name): ["name": .string(name.description)]
    }
  }

  fileprivate init?(json: JSONValue) {
    func octet(_ key: String) -> UInt8? { json[key]?.integerValue.flatMap { UInt8(exactly: $0) } }
    if let address = json["address"]?.stringValue.flatMap({ IPAddress($0) }) {
      self = .address(address)
    } else if let preference = json["preference"]?.integerValue.flatMap({ UInt16(exactly: $0) }),
      let exchange = json["exchange"]?.stringValue.flatMap({ DomainName($0) })
    {
      self = .mx(preference: preference, exchange: exchange)
    } else if let texts = json["txt"]?.arrayValue {
      let strings = texts.compactMap { $0.stringValue.flatMap(Hex.decode) }
      guard strings.count == texts.count else { return nil }
      self = .txt(TXTData(strings: strings))
    } else if let usage = octet("usage"), let selector = octet("selector"), let matching = octet("matching"),
      let data = json["data"]?.stringValue.flatMap(Hex.decode)
    {
      self = .tlsa(TLSAData(usage: usage, selector: selector, matchingType: matching, association: data))
    } else if let name = json["name"]?.stringValue.flatMap({ DomainName($0) }) {
      self = .name(name)
    } else {
      return nil
    }
  }
}
