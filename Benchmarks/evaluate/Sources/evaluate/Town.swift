import DNS
import EmailAuth
import Posture

/// A domain as councils have them, with all its evidence: two MX hosts at four addresses, an SPF record over five
/// includes, DMARC, MTA-STS, TLS-RPT, and DKIM keys at selectors that nobody told us.
struct Town {
  static let now = Timestamp(seconds: 1_795_000_000)

  let subject: Subject
  let evidence: Evidence
  private static let judge = Judge { _, tlsa, _, _ in DANEMatch(usable: tlsa.count, matches: true) }
  private static let expiry = now + 3600

  /// nil where the judge wants what this town does not have.
  init?() {
    guard let domain = DomainName("town.gov.example") else { return nil }
    subject = Subject(domain: domain)
    var evidence = Evidence()
    // As the observer does it: what the judge wants is found out, until it wants nothing.
    for _ in 0..<20 {
      var reader = EvidenceReader(evidence)
      _ = Town.judge.evaluate(subject, &reader, at: Town.now)
      if reader.wanted.isEmpty {
        self.evidence = evidence
        return
      }
      for inquiry in reader.wanted { Town.answer(inquiry, into: &evidence) }
    }
    return nil
  }

  /// One full evaluation.
  func record(by standard: Standard) -> PostureRecord {
    var reader = EvidenceReader(evidence)
    let facts = Town.judge.evaluate(subject, &reader, at: Town.now)
    return Judge.weigh(facts, by: standard, checkedAt: Town.now, expiresAt: reader.earliestExpiry ?? Town.expiry)
  }

  private static func answer(_ inquiry: Inquiry, into evidence: inout Evidence) {
    switch inquiry {
    case .lookUp(let question):
      let records = (zone["\(question)"] ?? []).compactMap { data(question.type, $0) }
      let outcome: Answer.Outcome =
        records.isEmpty ? (question.name.labels.first == "_domainkey" ? .noSuchType : .noSuchName) : .found(records)
      evidence.answers[question] = observed(Answer(question, outcome))
    case .endpoint(let key): evidence.endpoints[key] = observed(endpoint(key))
    case .versions(let key):
      evidence.versions[key] = observed(
        VersionsObservation(offered: [.tls12, .tls13], refused: [.tls10, .tls11], weakSuites: .refused))
    case .policy(let key):
      let response = PolicyFetch.Outcome.response(status: 200, contentType: "text/plain", body: Array(policy.utf8))
      evidence.policies[key] = observed(PolicyFetch(outcome: response))
    }
  }

  private static func observed<Value>(_ value: Value) -> Observed<Value> {
    Observed(value, observedAt: now, expiresAt: expiry)
  }

  private static let policy = """
    version: STSv1
    mode: enforce
    mx: *.mail.example
    max_age: 604800

    """

  private static let zone = [
    "town.gov.example MX": ["10 mx1.mail.example", "20 mx2.mail.example"],
    "mx1.mail.example A": ["192.0.2.1"], "mx1.mail.example AAAA": ["2001:db8::1"],
    "mx2.mail.example A": ["192.0.2.2"], "mx2.mail.example AAAA": ["2001:db8::2"],
    "town.gov.example TXT": [
      "v=spf1 ip4:198.51.100.0/24 include:_spf.mail.example include:spf.forms.example include:_spf.bulk.example -all",
      "google-site-verification=4Lk1yXJ1mLrZq0cQ3yqTqkqVqkq8Zqkqk",
      "MS=ms12345678",
    ],
    "_spf.mail.example TXT": ["v=spf1 include:_a.mail.example include:_b.mail.example ~all"],
    "_a.mail.example TXT": [
      "v=spf1 ip4:203.0.113.0/26 ip4:203.0.113.64/26 ip4:203.0.113.128/26 ip6:2001:db8:1::/48 ~all"
    ],
    "_b.mail.example TXT": ["v=spf1 ip6:2001:db8:2::/48 ip6:2001:db8:3::/48 ip4:192.0.2.128/25 ~all"],
    "spf.forms.example TXT": ["v=spf1 ip4:198.51.100.7 ip4:198.51.100.8 -all"],
    "_spf.bulk.example TXT": ["v=spf1 ip4:203.0.113.200/29 ip4:203.0.113.208/28 ?all"],
    "_dmarc.town.gov.example TXT": [
      "v=DMARC1; p=reject; sp=reject; rua=mailto:dmarc@town.gov.example,mailto:reports@dmarc.example; adkim=s; aspf=s"
    ],
    "town.gov.example._report._dmarc.dmarc.example TXT": ["v=DMARC1"],
    "_mta-sts.town.gov.example TXT": ["v=STSv1; id=20260101T000000;"],
    "mta-sts.town.gov.example A": ["192.0.2.10"], "mta-sts.town.gov.example AAAA": ["2001:db8::10"],
    "_smtp._tls.town.gov.example TXT": ["v=TLSRPTv1; rua=mailto:tls@town.gov.example"],
    "selector1._domainkey.town.gov.example TXT": [
      "v=DKIM1; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="
    ],
  ]

  private static func data(_ type: RecordType, _ text: String) -> RecordData? {
    switch type {
    case .a, .aaaa: return IPAddress(text).map(RecordData.address)
    case .txt: return .txt(TXTData(text))
    case .mx:
      let parts = text.split(separator: " ")
      guard let preference = UInt16(parts[0]), let host = DomainName(String(parts[1])) else { return nil }
      return .mx(preference: preference, exchange: host)
    default: return nil
    }
  }

  private static func endpoint(_ key: EndpointKey) -> EndpointObservation {
    let end = now + 60 * 86_400
    let name = key.serverName.description
    let certificate = CertificateFacts(
      matchesName: true, chainTrusted: true, chainError: nil, subjectNames: [name, "mail.example"],
      issuer: "CN=Authority,O=Example,C=GB", subject: "CN=\(name)", notBefore: now + -30 * 86_400, notAfter: end,
      chainNotAfter: end, key: "RSA", bits: 2048, signature: "sha256WithRSAEncryption", selfSigned: false)
    let session = TLSSession(
      version: .tls13, cipher: "TLS_AES_256_GCM_SHA384", forwardSecrecy: true, weakCipher: false,
      chain: [[UInt8](repeating: 0x30, count: 1200), [UInt8](repeating: 0x30, count: 1400)], certificate: certificate)
    return EndpointObservation(
      connected: true, greeting: "220 \(name) ESMTP; 250 \(name)", starttlsOffered: true, session: session)
  }
}
