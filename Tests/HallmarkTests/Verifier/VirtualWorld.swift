import DNS
import Posture
import Synchronization

@testable import Hallmark

/// A world of domains that are set up securely, each with one MX host of a provider, and what the test makes otherwise. It counts who
/// asks for what.
final class VirtualWorld: Sendable {
  struct Counts: Hashable {
    var lookUps = 0
    var probes = 0
    var versions = 0
    var fetches = 0
  }

  struct State {
    var counts = Counts()
    /// Domains in the order in which their MX records were looked up.
    var order: [String] = []
    /// `NAME TYPE` to what it answers instead.
    var answers: [String: Answer.Outcome] = [:]
    /// Seconds, by type.
    var ttl: [RecordType: UInt32] = [:]
    /// Every look-up fails.
    var isDark = false
    var certificateEnd: Timestamp?
    /// Endpoints whose probe waits until the test lets it go on, by host name.
    var held: Set<String> = []
    var waiting: [CheckedContinuation<Void, Never>] = []
    var underWay: [IPAddress: Int] = [:]
    var mostAtOneAddress = 0
    var policy: (id: String, mx: String)?
    /// Of the policy host's certificate.
    var policyEnd: Timestamp?
  }

  let state = Mutex(State())
  /// How many domains share an MX host; 0: each has its own.
  let providers: Int
  private let time: VirtualTime

  init(_ time: VirtualTime, providers: Int = 0) {
    self.time = time
    self.providers = providers
  }

  var counts: Counts { state.withLock { $0.counts } }

  func change(_ body: (inout State) -> Void) { state.withLock { body(&$0) } }

  /// What was asked since the last time.
  func takeCounts() -> Counts {
    state.withLock { state in
      defer { state.counts = Counts() }
      return state.counts
    }
  }

  func letGo() {
    let waiting = state.withLock { state in
      state.held = []
      defer { state.waiting = [] }
      return state.waiting
    }
    for continuation in waiting { continuation.resume() }
  }

  /// Gives a domain twenty hosts with so many addresses each, out of 10.`block`.0.0/16; where they are held, none answers
  /// before the test lets it.
  func makeLarge(_ name: String, addresses count: Int, block: Int, isHeld: Bool) {
    change { state in
      let hosts = (0..<20).map { "h\($0).\(name)" }
      state.answers["\(name) MX"] = .found(hosts.map { .mx(preference: 10, exchange: domain($0)) })
      for (index, host) in hosts.enumerated() {
        let addresses = (0..<count).compactMap { IPAddress("10.\(block).\(index).\($0)") }
        state.answers["\(host) A"] = .found(addresses.map { .address($0) })
        if isHeld { state.held.insert(host) }
      }
    }
  }

  var instruments: Instruments {
    Instruments(
      lookUp: { [self] in lookUp($0) }, observe: { [self] in await observe($0) },
      versions: { [self] _, _ in
        change { $0.counts.versions += 1 }
        return VersionsObservation(offered: [.tls12, .tls13], refused: [.tls10, .tls11], weakSuites: .refused)
      },
      fetch: { [self] _ in fetch() })
  }

  private func lookUp(_ question: Question) -> Answer {
    state.withLock { state in
      state.counts.lookUps += 1
      if question.type == .mx { state.order.append(question.name.description) }
      guard !state.isDark else { return Answer(question, .failure(.timeout), ttl: 0, security: .indeterminate) }
      let outcome = state.answers[question.description] ?? usual(question, state)
      return Answer(question, outcome, ttl: state.ttl[question.type] ?? 3600)
    }
  }

  private func usual(_ question: Question, _ state: State) -> Answer.Outcome {
    let labels = question.name.labels
    switch question.type {
    case .mx where labels.first == "mx": return .noSuchType
    case .mx:
      let host = providers > 0 ? "mx\(number(question.name) % providers).provider.example" : "mx.\(question.name)"
      return .found([.mx(preference: 10, exchange: domain(host))])
    case .a where labels.first?.hasPrefix("mx") == true || labels.first == "mta-sts":
      let number = number(
        providers > 0 ? question.name : domain(question.name.labels.dropFirst().joined(separator: ".")))
      return IPAddress("198.18.\(number / 250 % 250).\(number % 250)").map { .found([.address($0)]) } ?? .noSuchType
    case .txt where labels.first == "_dmarc" && labels.count == 3:
      return .found([.txt(TXTData("v=DMARC1; p=reject; rua=mailto:d@\(labels.dropFirst().joined(separator: "."))"))])
    case .txt where labels.first == "_domainkey": return .noSuchType
    case .txt where labels.first == "s1":
      return .found([.txt(TXTData("v=DKIM1; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="))])
    case .txt where labels.first == "_smtp": return .found([.txt(TXTData("v=TLSRPTv1; rua=mailto:t@gov.example"))])
    case .txt where labels.first == "_mta-sts":
      guard let policy = state.policy else { return .noSuchName }
      return .found([.txt(TXTData("v=STSv1; id=\(policy.id)"))])
    case .txt where labels.count == 2: return .found([.txt(TXTData("v=spf1 ip4:192.0.2.0/24 -all"))])
    default: return labels.count == 2 ? .noSuchType : .noSuchName
    }
  }

  /// The digits of a name as a number.
  private func number(_ name: DomainName) -> Int {
    Int(name.description.filter { $0.isNumber }) ?? 1
  }

  private func observe(_ key: EndpointKey) async -> EndpointObservation {
    let isHeld = state.withLock { state in
      state.counts.probes += 1
      let count = state.underWay[key.address, default: 0] + 1
      state.underWay[key.address] = count
      state.mostAtOneAddress = max(state.mostAtOneAddress, count)
      return state.held.contains(key.serverName.description) || state.held.contains("*")
    }
    if isHeld {
      await withCheckedContinuation { continuation in
        let goesOn = state.withLock { state in
          guard !state.held.isEmpty else { return true }
          state.waiting.append(continuation)
          return false
        }
        if goesOn { continuation.resume() }
      }
    }
    let now = time.now
    return state.withLock { state in
      state.underWay[key.address, default: 1] -= 1
      let end = state.certificateEnd ?? now + 90 * 86_400
      let certificate = CertificateFacts(
        matchesName: true, chainTrusted: true, chainError: nil, subjectNames: [key.serverName.description],
        issuer: "CN=Test", subject: "CN=\(key.serverName)", notBefore: epoch + -86_400, notAfter: end,
        chainNotAfter: end, key: "EC", bits: 256, signature: "ecdsa-with-SHA256", selfSigned: false)
      return EndpointObservation(
        connected: true, greeting: "220 mx", starttlsOffered: true,
        session: TLSSession(
          version: .tls13, cipher: "TLS_AES_256_GCM_SHA384", forwardSecrecy: true, weakCipher: false, chain: [[1]],
          certificate: certificate))
    }
  }

  private func fetch() -> PolicyFetch {
    state.withLock { state in
      state.counts.fetches += 1
      let text = "version: STSv1\r\nmode: enforce\r\nmx: \(state.policy?.mx ?? "*")\r\nmax_age: 604800\r\n"
      return PolicyFetch(
        outcome: .response(status: 200, contentType: "text/plain", body: Array(text.utf8)),
        certificateEnd: state.policyEnd)
    }
  }
}
