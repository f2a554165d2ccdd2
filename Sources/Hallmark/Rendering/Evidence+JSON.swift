import DNS
import JSON
import Posture

/// Evidence as it is kept. Endpoints are kept apart, since domains share them; a domain's own evidence names them.
///
/// Every field is read back as strictly as if a stranger had written it: what does not read is as good as not kept, and is found
/// out anew.
extension Evidence {
  /// Answers and policies of the domain, with the keys of the endpoints it rests on.
  func serialized() -> [UInt8] {
    var object: JSONObject = [
      "answers": .array(answers.values.map { $0.json { $0.json } }),
      "policies": .array(
        policies.map { key, value in
          [
            "host": .string(key.host.description), "addresses": JSONValue(texts: key.addresses.map(\.description)),
            "fetch": value.json { $0.json },
          ]
        }),
      "endpoints": .array(endpoints.keys.map(\.json)),
      "versions": .array(versions.keys.map { ["endpoint": $0.endpoint.json, "best": .string($0.best.rawValue)] }),
    ]
    if let policyMark { object["policyMark"] = policyMark.json }
    return JSONValue.object(object).serialized()
  }

  /// Reads what `serialized` wrote; `endpoint` and `versions` fetch the shared pieces by their key.
  init?(
    serialized bytes: some Collection<UInt8>, endpoint: (EndpointKey) -> Observed<EndpointObservation>?,
    versions lookUpVersions: (VersionsKey) -> Observed<VersionsObservation>?
  ) {
    guard let root = try? JSONValue(parsing: bytes, limits: .evidence), root.objectValue != nil else { return nil }
    self.init()
    for value in root["answers"]?.arrayValue ?? [] {
      guard let observed = Observed(value, Answer.init(json:)) else { continue }
      answers[observed.value.question] = observed
    }
    for value in root["policies"]?.arrayValue ?? [] {
      guard let host = value["host"]?.stringValue.flatMap({ DomainName($0) }), let fetch = value["fetch"],
        let observed = Observed(fetch, PolicyFetch.init(json:))
      else { continue }
      let addresses = (value["addresses"]?.arrayValue ?? []).compactMap { $0.stringValue.flatMap { IPAddress($0) } }
      policies[PolicyFetchKey(host: host, addresses: addresses)] = observed
    }
    for value in root["endpoints"]?.arrayValue ?? [] {
      guard let key = EndpointKey(json: value), let observed = endpoint(key) else { continue }
      endpoints[key] = observed
    }
    for value in root["versions"]?.arrayValue ?? [] {
      guard let endpoint = value["endpoint"].flatMap({ EndpointKey(json: $0) }),
        let best = value["best"]?.stringValue.flatMap(TLSVersion.init(rawValue:))
      else { continue }
      let key = VersionsKey(endpoint: endpoint, best: best)
      if let observed = lookUpVersions(key) { versions[key] = observed }
    }
    policyMark = root["policyMark"].flatMap { PolicyMark(json: $0) }
  }
}

extension JSONLimits {
  /// What we wrote ourselves: larger than what a caller may send, and bounded all the same.
  /// What hostile zones published stands in it as it is, and is read, never compared.
  static let evidence = JSONLimits(size: 16 << 20, depth: 16, isStreamSafe: false)
}

extension Observed {
  func json(_ value: (Value) -> JSONValue) -> JSONValue {
    [
      "value": value(self.value), "observedAt": .integer(observedAt.seconds), "expiresAt": .integer(expiresAt.seconds),
      "failingSince": failingSince.map { .integer($0.seconds) } ?? .null, "failures": JSONValue(failures),
    ]
  }

  convenience init?(_ json: JSONValue, _ read: (JSONValue) -> Value?) {
    guard let value = json["value"].flatMap(read), let observedAt = json["observedAt"]?.integerValue,
      let expiresAt = json["expiresAt"]?.integerValue
    else { return nil }
    self.init(
      value, observedAt: Timestamp(seconds: observedAt), expiresAt: Timestamp(seconds: expiresAt),
      failingSince: json["failingSince"]?.integerValue.map { Timestamp(seconds: $0) },
      failures: json["failures"]?.integerValue.flatMap { Int(exactly: $0) } ?? 0)
  }
}

extension PolicyMark {
  fileprivate var json: JSONValue {
    [
      "id": .string(id), "content": .string(String(content, radix: 16)),
      "changedAt": changedAt.map { .integer($0.seconds) } ?? .null,
    ]
  }

  fileprivate init?(json: JSONValue) {
    guard let id = json["id"]?.stringValue, let text = json["content"]?.stringValue,
      let content = UInt64(text, radix: 16)
    else { return nil }
    self.init(
      id: id, content: content, changedAt: json["changedAt"]?.integerValue.map { Timestamp(seconds: $0) })
  }
}

extension EndpointKey {
  fileprivate var json: JSONValue {
    ["address": .string(address.description), "port": .integer(Int64(port)), "name": .string(serverName.description)]
  }

  fileprivate init?(json: JSONValue) {
    guard let address = json["address"]?.stringValue.flatMap({ IPAddress($0) }),
      let port = json["port"]?.integerValue.flatMap({ UInt16(exactly: $0) }),
      let name = json["name"]?.stringValue.flatMap({ DomainName($0) })
    else { return nil }
    self.init(address: address, port: port, serverName: name)
  }
}

extension PolicyFetch {
  fileprivate var json: JSONValue {
    switch outcome {
    case .response(let status, let contentType, let body):
      [
        "status": JSONValue(status), "contentType": JSONValue(contentType), "body": .string(Hex.encode(body)),
        "certificateEnd": certificateEnd.map { .integer($0.seconds) } ?? .null,
      ]
    case .failure(let failure): ["failure": .string(failure.kind.rawValue), "reason": .string(failure.reason)]
    }
  }

  fileprivate init?(json: JSONValue) {
    if let kind = json["failure"]?.stringValue.flatMap(Failure.Kind.init(rawValue:)) {
      self.init(outcome: .failure(Failure(kind: kind, reason: json["reason"]?.stringValue ?? "")))
    } else if let status = json["status"]?.integerValue.flatMap({ Int(exactly: $0) }),
      let body = json["body"]?.stringValue.flatMap(Hex.decode)
    {
      self.init(
        outcome: .response(status: status, contentType: json["contentType"]?.stringValue, body: body),
        certificateEnd: json["certificateEnd"]?.integerValue.map { Timestamp(seconds: $0) })
    } else {
      return nil
    }
  }
}
