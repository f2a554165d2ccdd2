import DNS
import EmailAuth
import Posture

/// A world for the judge: what the DNS holds, what endpoints show. Whatever the judge wants is answered out of it.
struct World {
  static let now = Timestamp("2026-11-24T12:00:00Z") ?? Timestamp(seconds: 0)

  var answers: [String: Answer] = [:]
  var endpoints: [String: EndpointObservation] = [:]
  var policies: [String: PolicyFetch] = [:]
  /// By address; TLS 1.2 and 1.3 where none is stated.
  var versions: [String: VersionsObservation] = [:]
  /// What the DNS says of names that hold nothing here.
  var absence: Answer.Outcome = .noSuchType
  var failingSince: Timestamp?
  var daneMatches = true
  /// What the Public Suffix List says of the domain that is judged.
  var isPublicSuffix = false

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

  /// The one MX host of a good world moves to a name whose records are signed, or not.
  mutating func sign(_ domain: String = "example.org", mx: SecurityStatus, host: SecurityStatus, tlsa: SecurityStatus) {
    add(domain, .mx, ["10 mx.\(domain)"], security: mx)
    add("mx.\(domain)", .a, ["192.0.2.1"], security: host)
    add("_25._tcp.mx.\(domain)", .tlsa, ["x"], security: tlsa)
  }

  /// Serves a policy at the host that RFC 8461 section 3.3 has it at; the record that announces it is another matter.
  mutating func serve(
    _ policy: [String], of domain: String = "example.org", status: Int = 200, contentType: String = "text/plain",
    certificateEnd: Timestamp? = nil
  ) {
    add("mta-sts.\(domain)", .a, ["192.0.2.44"])
    let body = Array(policy.map { $0 + "\r\n" }.joined().utf8)
    policies["mta-sts.\(domain)"] = PolicyFetch(
      outcome: .response(status: status, contentType: contentType, body: body), certificateEnd: certificateEnd)
  }

  /// An announced policy that covers the one MX host of a good world.
  mutating func enforce(
    _ domain: String = "example.org", mode: String = "enforce", mx: String = "mx.example.org",
    certificateEnd: Timestamp? = nil
  ) {
    add("_mta-sts.\(domain)", .txt, ["v=STSv1; id=1"])
    serve(
      ["version: STSv1", "mode: \(mode)", "mx: \(mx)", "max_age: 604800"], of: domain, certificateEnd: certificateEnd)
  }

  /// What an operator does with a remedy: puts the record in, in the place of what was there of its kind.
  mutating func publish(_ record: RemedyRecord) {
    guard let type = RecordType(mnemonic: record.type), let owner = DomainName(record.name) else { return }
    let kind = record.value.prefix { $0 != ";" && $0 != " " }.lowercased()
    let standing = answers[Question(owner, type).description]?.texts.map(\.text) ?? []
    let others = type == .txt ? standing.filter { !$0.filter { $0 != " " }.lowercased().hasPrefix(kind) } : []
    add(record.name, type, others + [record.value])
  }

  /// RFC 4592: what no name answers, the nearest wildcard does.
  private func answer(_ question: Question) -> Answer {
    if let found = answers[question.description] { return found }
    for count in stride(from: question.name.labels.count - 1, through: 1, by: -1) {
      guard let star = question.name.suffix(labels: count).prepending("*") else { continue }
      guard let found = answers[Question(star, question.type).description] else { continue }
      return Answer(question, found.outcome, ttl: found.ttl, security: found.security)
    }
    return Answer(question, absence)
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
    "mx-lookup", "mx-reachable", "mx-too-many", "mx-undeliverable", "mx-starttls", "mx-starttls-injection", "mx-tls12",
    "mx-certificate-dates",
    "mx-certificate-chain", "mx-certificate-name", "spf-missing", "spf-invalid", "spf-all", "dmarc-missing",
    "dmarc-invalid", "dmarc-policy", "dmarc-testing", "dkim-missing",
  ]

  func record(
    of domain: String = "example.org", selectors: [String] = ["s1"], standard: Standard = World.standard
  ) -> PostureRecord? {
    facts(of: domain, selectors: selectors).map {
      Judge.weigh($0, by: standard, checkedAt: World.now, expiresAt: World.now + 300)
    }
  }

  /// Runs the judge until it wants nothing, as the observer does.
  func facts(of domain: String = "example.org", selectors: [String] = ["s1"]) -> Facts? {
    guard let name = DomainName(domain) else { return nil }
    let matches = daneMatches
    let judge = Judge { _, tlsa, _, _ in DANEMatch(usable: tlsa.count, matches: matches) }
    let subject = Subject(domain: name, isPublicSuffix: isPublicSuffix, selectors: selectors)
    var evidence = Evidence()
    for _ in 0..<40 {
      var reader = EvidenceReader(evidence)
      let facts = judge.evaluate(subject, &reader, at: World.now)
      if reader.wanted.isEmpty { return facts }
      for inquiry in reader.wanted { answer(inquiry, into: &evidence) }
    }
    return nil
  }

  private func answer(_ inquiry: Inquiry, into evidence: inout Evidence) {
    let expiry = World.now + 300
    switch inquiry {
    case .lookUp(let question):
      let answer = answer(question)
      evidence.answers[question] = Observed(answer, observedAt: World.now, expiresAt: expiry)
    case .endpoint(let key):
      let value = endpoints[key.address.description] ?? World.endpoint()
      evidence.endpoints[key] = Observed(
        value, observedAt: World.now, expiresAt: expiry, failingSince: value.failure == nil ? nil : failingSince)
    case .versions(let key):
      let usual = VersionsObservation(offered: [.tls12, .tls13], refused: [.tls10, .tls11], weakSuites: .refused)
      evidence.versions[key] = Observed(
        versions[key.endpoint.address.description] ?? usual, observedAt: World.now, expiresAt: expiry)
    case .policy(let key):
      let failure = PolicyFetch(outcome: .failure(.init(kind: .temporary, reason: "nothing answers")))
      evidence.policies[key] = Observed(
        policies[key.host.description] ?? failure, observedAt: World.now, expiresAt: expiry)
    }
  }

  static func endpoint(
    version: TLSVersion = .tls13, matchesName: Bool = true, trusted: Bool = true, expired: Bool = false,
    authorities: [(subject: String, signature: String)] = []
  ) -> EndpointObservation {
    let end = expired ? now + -60 : now + 90 * 86_400
    let certificate = CertificateFacts(
      matchesName: matchesName, chainTrusted: trusted,
      chainError: trusted ? nil : "unable to get local issuer certificate",
      subjectNames: ["mx.example.org"], issuer: "CN=Test", subject: "CN=mx.example.org", notBefore: now + -86_400,
      notAfter: end, chainNotAfter: end, key: "EC", bits: 256, signature: "ecdsa-with-SHA256",
      authorities: authorities.map(AuthoritySignature.init), selfSigned: false)
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
