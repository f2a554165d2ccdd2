import DNS
import EmailAuth
import Posture

/// A world for the judge: what the DNS holds, what endpoints show. Whatever the judge wants is answered out of it.
struct World {
  static let now = Timestamp("2026-11-24T12:00:00Z") ?? Timestamp(seconds: 0)

  var answers: [String: Answer] = [:]
  var endpoints: [String: EndpointObservation] = [:]
  var policies: [String: PolicyFetch] = [:]
  var failingSince: Timestamp?
  var daneMatches = true

  /// Puts records in: `example.org MX` and the like, with the texts of their data.
  mutating func add(
    _ name: String, _ type: RecordType, _ values: [String], security: SecurityStatus = .insecure
  ) {
    guard let owner = DomainName(name) else { return }
    let records = values.compactMap { World.data(type, $0) }
    let question = Question(owner, type)
    answers[question.description] = Answer(question, .found(records), ttl: 3600, security: security)
  }

  mutating func fail(_ name: String, _ type: RecordType, _ failure: LookupFailure) {
    guard let owner = DomainName(name) else { return }
    let question = Question(owner, type)
    answers[question.description] = Answer(question, .failure(failure), security: .indeterminate)
  }

  private static func data(_ type: RecordType, _ text: String) -> RecordData? {
    switch type {
    case .a, .aaaa: return IPAddress(text).map(RecordData.address)
    case .txt: return .txt(TXTData(text))
    case .mx:
      let parts = text.split(separator: " ")
      guard parts.count == 2, let preference = UInt16(parts[0]), let host = DomainName(String(parts[1])) else {
        return nil
      }
      return .mx(preference: preference, exchange: host)
    case .tlsa:
      return .tlsa(TLSAData(usage: 3, selector: 1, matchingType: 1, association: [UInt8](repeating: 7, count: 32)))
    case .cname, .ns, .ptr, .soa: return DomainName(text).map(RecordData.name)
    }
  }

  /// A domain that does everything right by its certificate.
  static func good(_ domain: String = "example.org") -> World {
    var world = World()
    world.add(domain, .mx, ["10 mx.\(domain)"])
    world.add("mx.\(domain)", .a, ["192.0.2.1"])
    world.add(domain, .txt, ["v=spf1 mx -all"])
    world.add("_dmarc.\(domain)", .txt, ["v=DMARC1; p=reject; rua=mailto:d@\(domain)"])
    world.add("_smtp._tls.\(domain)", .txt, ["v=TLSRPTv1; rua=mailto:t@\(domain)"])
    world.add("s1._domainkey.\(domain)", .txt, ["v=DKIM1; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="])
    return world
  }

  static let standard: Standard = {
    let rules = Checks.requirements.values.map { requirement -> (Requirement, Standard.Rule) in
      let level: Standard.Level = errors.contains(requirement.id) ? .error : .warning
      return (requirement, Standard.Rule(level: level, clause: "a clause", source: "a source"))
    }
    return Standard(name: "test", title: "Test", version: "1", rules: Dictionary(uniqueKeysWithValues: rules))
  }()

  private static let errors: Set<String> = [
    "mx-lookup", "mx-reachable", "mx-undeliverable", "mx-starttls", "mx-starttls-injection", "mx-tls12",
    "mx-certificate-dates",
    "mx-certificate-chain", "mx-certificate-name", "spf-missing", "spf-invalid", "spf-all", "dmarc-missing",
    "dmarc-invalid", "dmarc-policy", "dmarc-testing", "dkim-missing",
  ]

  /// Runs the judge until it wants nothing, as the observer does.
  func record(of domain: String = "example.org", selectors: [String] = ["s1"]) -> PostureRecord? {
    guard let name = DomainName(domain) else { return nil }
    let matches = daneMatches
    let judge = Judge { _, tlsa, _, _ in DANEMatch(usable: tlsa.count, matches: matches) }
    let subject = Subject(domain: name, selectors: selectors)
    var evidence = Evidence()
    for _ in 0..<40 {
      var reader = EvidenceReader(evidence)
      let facts = judge.evaluate(subject, &reader, at: World.now)
      if reader.wanted.isEmpty {
        return Judge.weigh(facts, by: World.standard, checkedAt: World.now, expiresAt: World.now + 300)
      }
      for inquiry in reader.wanted { answer(inquiry, into: &evidence) }
    }
    return nil
  }

  private func answer(_ inquiry: Inquiry, into evidence: inout Evidence) {
    let expiry = World.now + 300
    switch inquiry {
    case .lookUp(let question):
      let answer = answers[question.description] ?? Answer(question, .noSuchType)
      evidence.answers[question] = Observed(answer, observedAt: World.now, expiresAt: expiry)
    case .endpoint(let key):
      let value = endpoints[key.address.description] ?? World.endpoint()
      evidence.endpoints[key] = Observed(
        value, observedAt: World.now, expiresAt: expiry, failingSince: value.failure == nil ? nil : failingSince)
    case .versions(let key):
      evidence.versions[key] = Observed(
        VersionsObservation(offered: [.tls12, .tls13], refused: [.tls10, .tls11]), observedAt: World.now,
        expiresAt: expiry)
    case .policy(let key):
      let failure = PolicyFetch(outcome: .failure(.init(kind: .temporary, reason: "nothing answers")))
      evidence.policies[key] = Observed(
        policies[key.host.description] ?? failure, observedAt: World.now, expiresAt: expiry)
    }
  }

  static func endpoint(
    version: TLSVersion = .tls13, matchesName: Bool = true, trusted: Bool = true, expired: Bool = false
  ) -> EndpointObservation {
    let end = expired ? now + -60 : now + 90 * 86_400
    let certificate = CertificateFacts(
      matchesName: matchesName, chainTrusted: trusted,
      chainError: trusted ? nil : "unable to get local issuer certificate",
      subjectNames: ["mx.example.org"], issuer: "CN=Test", subject: "CN=mx.example.org", notBefore: now + -86_400,
      notAfter: end, chainNotAfter: end, key: "EC", bits: 256, signature: "ecdsa-with-SHA256", selfSigned: false)
    return EndpointObservation(
      connected: true, greeting: "220 mx", starttlsOffered: true,
      session: TLSSession(
        version: version, cipher: "TLS_AES_256_GCM_SHA384", forwardSecrecy: true, weakCipher: false, chain: [[1]],
        certificate: certificate))
  }

  static func failure(_ stage: ProbeStage, _ kind: ProbeFailure.Kind, reply: String? = nil) -> EndpointObservation {
    EndpointObservation(
      connected: stage != .connect, failure: ProbeFailure(stage: stage, kind: kind, reason: "a reason", reply: reply))
  }
}

extension PostureRecord {
  var ids: Set<String> { Set(findings.map(\.id)) }
  var errorIDs: Set<String> { Set(findings.filter { $0.severity == .error }.map(\.id)) }
}
