import DNS
import JSON
import Posture

extension EndpointKey {
  /// What the store keeps the endpoint's observation under.
  var storeKey: [UInt8] { Array("endpoint|\(address)|\(port)|\(serverName)".utf8) }
}

extension VersionsKey {
  /// What the store keeps the endpoint's versions under.
  var storeKey: [UInt8] {
    Array("versions|\(endpoint.address)|\(endpoint.port)|\(endpoint.serverName)|\(best.rawValue)".utf8)
  }
}

extension Observed<EndpointObservation> {
  func serialized() -> [UInt8] { json { $0.json }.serialized() }

  convenience init?(serialized bytes: some Collection<UInt8>) {
    guard let root = try? JSONValue(parsing: bytes, limits: .evidence) else { return nil }
    self.init(root, EndpointObservation.init(json:))
  }
}

extension Observed<VersionsObservation> {
  func serialized() -> [UInt8] { json { $0.json }.serialized() }

  convenience init?(serialized bytes: some Collection<UInt8>) {
    guard let root = try? JSONValue(parsing: bytes, limits: .evidence) else { return nil }
    self.init(root, VersionsObservation.init(json:))
  }
}

extension VersionsObservation {
  fileprivate var json: JSONValue {
    [
      "offered": JSONValue(texts: offered.sorted().map(\.rawValue)),
      "refused": JSONValue(texts: refused.sorted().map(\.rawValue)), "weakSuites": weakSuites?.json ?? .null,
      "failure": failure?.json ?? .null,
    ]
  }

  /// What was kept before weak suites were asked for says nothing of them.
  fileprivate convenience init?(json: JSONValue) {
    func set(_ key: String) -> Set<TLSVersion>? {
      json[key]?.arrayValue.map { Set($0.compactMap { $0.stringValue.flatMap(TLSVersion.init(rawValue:)) }) }
    }
    guard let offered = set("offered"), let refused = set("refused") else { return nil }
    self.init(
      offered: offered, refused: refused, weakSuites: json["weakSuites"].flatMap(WeakSuites.init(json:)),
      failure: json["failure"].flatMap(ProbeFailure.init(json:)))
  }
}

extension WeakSuites {
  fileprivate var json: JSONValue {
    switch self {
    case .accepted(let suite): ["name": .string(suite.name), "weakness": .string(suite.weakness.rawValue)]
    case .refused: .bool(false)
    }
  }

  fileprivate init?(json: JSONValue) {
    if json == .bool(false) {
      self = .refused
    } else if let name = json["name"]?.stringValue,
      let weakness = json["weakness"]?.stringValue.flatMap(WeakSuite.Weakness.init(rawValue:))
    {
      self = .accepted(WeakSuite(name: name, weakness: weakness))
    } else {
      return nil
    }
  }
}

extension EndpointObservation {
  fileprivate var json: JSONValue {
    [
      "connected": .bool(connected), "greeting": JSONValue(greeting), "starttlsOffered": JSONValue(starttlsOffered),
      "injectedPlaintext": .bool(injectedPlaintext), "session": session?.json ?? .null,
      "failure": failure?.json ?? .null,
    ]
  }

  fileprivate convenience init?(json: JSONValue) {
    guard let connected = json["connected"]?.boolValue, let injected = json["injectedPlaintext"]?.boolValue,
      let sessionValue = json["session"], let failureValue = json["failure"]
    else { return nil }
    let session = TLSSession(json: sessionValue)
    let failure = ProbeFailure(json: failureValue)
    guard session != nil || sessionValue == .null, failure != nil || failureValue == .null else { return nil }
    self.init(
      connected: connected, greeting: json["greeting"]?.stringValue,
      starttlsOffered: json["starttlsOffered"]?.boolValue, session: session, injectedPlaintext: injected,
      failure: failure)
  }
}

extension ProbeFailure {
  fileprivate var json: JSONValue {
    [
      "stage": .string(stage.rawValue), "kind": .string(kind.rawValue), "reason": .string(reason),
      "reply": JSONValue(reply),
    ]
  }

  fileprivate init?(json: JSONValue) {
    guard let stage = json["stage"]?.stringValue.flatMap(ProbeStage.init(rawValue:)),
      let kind = json["kind"]?.stringValue.flatMap(Kind.init(rawValue:)), let reason = json["reason"]?.stringValue
    else { return nil }
    self.init(stage: stage, kind: kind, reason: reason, reply: json["reply"]?.stringValue)
  }
}

extension TLSSession {
  fileprivate var json: JSONValue {
    [
      "version": .string(version.rawValue), "cipher": .string(cipher), "forwardSecrecy": .bool(forwardSecrecy),
      "weakCipher": .bool(weakCipher), "chain": JSONValue(texts: chain.map(Hex.encode)),
      "certificate": certificate?.json ?? .null,
    ]
  }

  fileprivate convenience init?(json: JSONValue) {
    guard let version = json["version"]?.stringValue.flatMap(TLSVersion.init(rawValue:)),
      let cipher = json["cipher"]?.stringValue, let secrecy = json["forwardSecrecy"]?.boolValue,
      let weak = json["weakCipher"]?.boolValue, let chain = json["chain"]?.arrayValue,
      let certificateValue = json["certificate"]
    else { return nil }
    let octets = chain.compactMap { $0.stringValue.flatMap(Hex.decode) }
    let certificate = CertificateFacts(json: certificateValue)
    guard octets.count == chain.count, certificate != nil || certificateValue == .null else { return nil }
    self.init(
      version: version, cipher: cipher, forwardSecrecy: secrecy, weakCipher: weak, chain: octets,
      certificate: certificate)
  }
}

extension CertificateFacts {
  fileprivate var json: JSONValue {
    [
      "matchesName": .bool(matchesName), "chainTrusted": .bool(chainTrusted), "chainError": JSONValue(chainError),
      "subjectNames": JSONValue(texts: subjectNames), "issuer": .string(issuer), "subject": .string(subject),
      "notBefore": .integer(notBefore.seconds), "notAfter": .integer(notAfter.seconds),
      "chainNotAfter": .integer(chainNotAfter.seconds), "key": .string(key), "bits": JSONValue(bits),
      "signature": .string(signature), "authorities": authorities.map { .array($0.map(\.json)) } ?? .null,
      "selfSigned": .bool(selfSigned),
    ]
  }

  fileprivate convenience init?(json: JSONValue) {
    func time(_ key: String) -> Timestamp? { json[key]?.integerValue.map { Timestamp(seconds: $0) } }
    guard let matchesName = json["matchesName"]?.boolValue, let trusted = json["chainTrusted"]?.boolValue,
      let names = json["subjectNames"]?.arrayValue?.compactMap(\.stringValue), let issuer = json["issuer"]?.stringValue,
      let subject = json["subject"]?.stringValue, let notBefore = time("notBefore"), let notAfter = time("notAfter"),
      let chainNotAfter = time("chainNotAfter"), let key = json["key"]?.stringValue,
      let bits = json["bits"]?.integerValue.flatMap({ Int(exactly: $0) }),
      let signature = json["signature"]?.stringValue,
      let selfSigned = json["selfSigned"]?.boolValue
    else { return nil }
    self.init(
      matchesName: matchesName, chainTrusted: trusted, chainError: json["chainError"]?.stringValue,
      subjectNames: names, issuer: issuer, subject: subject, notBefore: notBefore, notAfter: notAfter,
      chainNotAfter: chainNotAfter, key: key, bits: bits, signature: signature,
      authorities: json["authorities"]?.arrayValue?.compactMap(AuthoritySignature.init(json:)), selfSigned: selfSigned)
  }
}

extension AuthoritySignature {
  fileprivate var json: JSONValue { ["subject": .string(subject), "signature": .string(signature)] }

  fileprivate init?(json: JSONValue) {
    guard let subject = json["subject"]?.stringValue, let signature = json["signature"]?.stringValue else { return nil }
    self.init(subject: subject, signature: signature)
  }
}
