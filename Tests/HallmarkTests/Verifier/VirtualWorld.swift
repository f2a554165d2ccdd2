import DNS
import IDNA
import Logging
import Posture
import Synchronization
import Testing

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

/// A desk, a verifier and a store over a virtual world.
struct VirtualService {
  let time: VirtualTime
  let world: VirtualWorld
  let store: Store
  let keeper: Keeper
  let desk: CheckDesk
  let verifier: Verifier

  /// - Parameter instruments: others than those of the world, such as ones that may not be used.
  init(
    _ time: VirtualTime, _ world: VirtualWorld, _ fixture: StoreFixture, standard: String = "baseline",
    options: Store.Options = .init(mapSize: 1 << 24), instruments: Instruments? = nil,
    freshness: Freshness = Freshness(), log: Logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
  ) throws {
    self.time = time
    self.world = world
    store = try fixture.open(options, clock: time.clock)
    let standards = try Standards(preferred: standard) { path, option throws(SettingsError) in
      try TextFile.read(path, option: option)
    }
    let keeper = Keeper(store: store, standards: standards, clock: time.clock, log: log)
    self.keeper = keeper
    let judge = Judge { _, tlsa, _, _ in DANEMatch(usable: tlsa.count, matches: true) }
    let endpoints = EndpointObserver(freshness: freshness, clock: time.clock, kept: keeper.keptEndpoints)
    let observer = Observer(
      judge: judge, endpoints: endpoints, freshness: freshness, clock: time.clock, timeout: .seconds(600))
    let used = instruments ?? world.instruments
    desk = CheckDesk(
      observer: observer, keeper: keeper, instruments: used, freshInstruments: { used }, standards: standards,
      clock: time.clock, smtpPort: 25)
    let verifier = Verifier(
      desk: desk, keeper: keeper, clock: time.clock, log: log, sleep: { try await time.sleep($0) })
    self.verifier = verifier
    keeper.wakeOnDue { [weak verifier] in verifier?.wake() }
  }

  func watch(_ names: [String], organisation: String = "") async throws {
    let now = time.now
    for start in stride(from: 0, to: names.count, by: 1000) {
      try await store.commit(
        names[start...].prefix(1000).map {
          .watch(domain($0), organisation: organisation, selectors: ["s1"], at: now, dueAt: now)
        })
    }
    keeper.noteDue()
  }

  func check(_ name: String, maxAge: Int64? = nil) async throws -> Examination {
    try await desk.renew(CheckRequest(domain: try MailDomain(validating: name), maxAge: maxAge))
  }

  /// Runs the verifier while the body does.
  func running<Result: Sendable>(_ body: @Sendable () async throws -> Result) async throws -> Result {
    let verifier = self.verifier
    let task = Task { try await verifier.run() }
    let result: Result
    do {
      result = try await body()
    } catch {
      task.cancel()
      throw error
    }
    task.cancel()
    world.letGo()
    _ = await task.result
    return result
  }

  /// Waits until nothing is due any more and the verifier sleeps.
  func settle() async throws {
    let isSettled = try await becomes { [self] in
      try store.dueCounts(at: time.now, overdueBefore: time.now).due == 0 && time.nextWake != nil
        && store.claimed.withLock { $0.isEmpty }
    }
    #expect(isSettled)
  }

  /// Lets the seconds go by for which renewals were put off, once nothing else is under way. One that began before the clock was
  /// stepped has nothing to say of the time after, so that its domain is due still and waits a while.
  func letPutOffWorkBegin() {
    let now = time.now
    let ends = store.claimed.withLock { Array($0.values) }
    guard let last = ends.max(), last - now <= Verifier.longestPause, let wake = time.nextWake, wake <= last else {
      return
    }
    time.advance(to: max(wake, now))
  }

  /// Lets the time go by from one wake to the next.
  func pass(_ seconds: Int64) async throws {
    let end = time.now + seconds
    while time.now < end {
      try await settle()
      let next = time.nextWake ?? end
      time.advance(to: min(max(next, time.now + 1), end))
    }
    try await settle()
  }
}
