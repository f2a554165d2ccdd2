import DNS
import EmailAuth
import Posture
import Synchronization

@testable import Hallmark

/// Instruments in the process: domains that are set up well, each at one of some providers, and a count of what is asked.
///
/// A provider has two MX hosts at four addresses and an SPF record over two includes; a domain has MX, SPF, DMARC with reports to
/// its provider, a DKIM key, TLS-RPT, and an enforced MTA-STS policy. Every answer holds for an hour.
final class Country: Sendable {
  static let ttl: UInt32 = 3600
  private static let certificateLifetime: Int64 = 60 * 86_400

  let providers: Int
  /// Whether domains have an MTA-STS policy.
  private let hasPolicies: Bool
  private let clock: WallClock
  private let lookUps = Atomic<Int>(0)
  private let probes = Atomic<Int>(0)

  init(providers: Int, clock: WallClock, hasPolicies: Bool = true) {
    self.providers = max(1, providers)
    self.hasPolicies = hasPolicies
    self.clock = clock
  }

  /// All names are of one length, so that a record of one is turned into that of another by its digits alone.
  static func name(_ index: Int) -> String {
    let digits = String(index)
    return "d" + String(repeating: "0", count: max(0, 7 - digits.count)) + digits + ".gov.example"
  }

  static func domain(_ index: Int) -> DomainName { DomainName(name(index)) ?? .root }

  /// Look-ups, and probes of endpoints and policies, since the last time.
  func takeCounts() -> (lookUps: Int, probes: Int) {
    (lookUps.exchange(0, ordering: .relaxed), probes.exchange(0, ordering: .relaxed))
  }

  var instruments: Instruments {
    Instruments(
      lookUp: { [self] question in
        lookUps.add(1, ordering: .relaxed)
        let records = records(question)
        guard records.isEmpty else { return Answer(question, .found(records), ttl: Country.ttl) }
        return Answer(question, question.name.labelCount == 3 ? .noSuchType : .noSuchName, ttl: Country.ttl)
      },
      observe: { [self] key in
        probes.add(1, ordering: .relaxed)
        return endpoint(key)
      },
      versions: { [self] _, _ in
        probes.add(1, ordering: .relaxed)
        return VersionsObservation(offered: [.tls12, .tls13], refused: [.tls10, .tls11], weakSuites: .refused)
      },
      fetch: { [self] _ in
        probes.add(1, ordering: .relaxed)
        let policy = "version: STSv1\r\nmode: enforce\r\nmx: *.provider.example\r\nmax_age: 604800\r\n"
        return PolicyFetch(outcome: .response(status: 200, contentType: "text/plain", body: Array(policy.utf8)))
      })
  }

  private func records(_ question: Question) -> [RecordData] {
    let labels = question.name.labels
    let isHost = labels.count == 4 && labels[2] == "provider"
    switch question.type {
    case .a, .aaaa:
      guard isHost || labels.first == "mta-sts" else { return [] }
      let host = isHost ? labels[0] == "mx2" ? 2 : 1 : 3
      let provider = number(isHost ? labels[1] : labels.dropFirst().first) % providers
      let address =
        question.type == .a
        ? "198.18.\(provider / 64).\(provider % 64 * 4 + host)" : "2001:db8:\(provider)::\(host)"
      return IPAddress(address).map { [.address($0)] } ?? []
    case .mx where labels.count == 3 && labels[1] == "gov":
      let provider = number(labels.first) % providers
      return ["mx1", "mx2"].enumerated().compactMap { index, host in
        DomainName("\(host).p\(provider).provider.example").map { .mx(preference: UInt16(index * 10), exchange: $0) }
      }
    case .txt: return texts(labels).map { .txt(TXTData($0)) }
    default: return []
    }
  }

  private func texts(_ labels: [Substring]) -> [String] {
    let name = labels.joined(separator: ".")
    let provider = "p\(number(labels.suffix(3).first) % providers).provider.example"
    switch labels.count {
    case 3 where labels[1] == "gov":
      return ["v=spf1 include:_spf.\(provider) ip4:192.0.2.0/24 -all", "google-site-verification=4Lk1yXJ1mLrZq0cQ3yq"]
    case 4 where labels[0] == "_dmarc":
      let own = labels.dropFirst().joined(separator: ".")
      return ["v=DMARC1; p=reject; sp=reject; rua=mailto:dmarc@\(own); adkim=s; aspf=s"]
    case 4 where labels[0] == "_mta-sts" && hasPolicies: return ["v=STSv1; id=20260101T000000;"]
    case 4 where labels[0] == "_spf": return ["v=spf1 include:_a.\(name) include:_b.\(name) ~all"]
    case 5 where labels[0] == "_smtp":
      return ["v=TLSRPTv1; rua=mailto:tls@\(labels.dropFirst(2).joined(separator: "."))"]
    case 5 where labels[0] == "selector1":
      return ["v=DKIM1; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="]
    case 5 where labels[1] == "_spf":
      return ["v=spf1 ip4:203.0.113.0/26 ip4:203.0.113.64/26 ip6:2001:db8:1::/48 ~all"]
    default: return []
    }
  }

  /// The digits of a label as a number.
  private func number(_ label: Substring?) -> Int { label.flatMap { Int($0.dropFirst()) } ?? 0 }

  private func endpoint(_ key: EndpointKey) -> EndpointObservation {
    let now = clock.now
    let end = now + Country.certificateLifetime
    let name = key.serverName.description
    let certificate = CertificateFacts(
      matchesName: true, chainTrusted: true, chainError: nil, subjectNames: [name], issuer: "CN=Authority,C=GB",
      subject: "CN=\(name)", notBefore: now + -86_400, notAfter: end, chainNotAfter: end, key: "RSA", bits: 2048,
      signature: "sha256WithRSAEncryption", selfSigned: false)
    let session = TLSSession(
      version: .tls13, cipher: "TLS_AES_256_GCM_SHA384", forwardSecrecy: true, weakCipher: false,
      chain: [[UInt8](repeating: 0x30, count: 1200), [UInt8](repeating: 0x30, count: 1400)], certificate: certificate)
    return EndpointObservation(connected: true, greeting: "220 \(name) ESMTP", starttlsOffered: true, session: session)
  }
}
