import DNS
import NIOCore
import Posture

/// Looks at MX endpoints as a sender of mail would: connects, waits for the greeting, says EHLO and STARTTLS, shakes
/// hands, says QUIT.
///
/// Nothing here judges. What an endpoint says becomes evidence; what could not be found out stays a failure with its
/// kind:
///
/// | what happened | kind |
/// | --- | --- |
/// | no route of our own, no IPv6 | `noRoute` |
/// | the address policy forbids it | `forbiddenAddress` |
/// | nobody listens (the connection is refused) | `refused` |
/// | a 5xx reply, STARTTLS not offered | `refused` |
/// | a fatal TLS alert but `internal_error` and `user_canceled` | `refused` |
/// | a time-out, a reset, a close, a 4xx reply | `temporary` |
/// | what came is not SMTP or not TLS, or beyond a bound | `protocolViolation` |
public struct SMTPProbe: Sendable {
  /// How to look.
  public struct Options: Sendable {
    /// The name given in EHLO (`--ehlo-name`).
    public var name: EHLOName
    /// The bound on one endpoint, all stages together (`--probe-timeout`); for `versions` all connections together.
    public var timeout: Duration
    public var addresses: AddressPolicy
    /// Told of every line of a dialogue.
    public var trace: (@Sendable (TraceEvent) -> Void)?

    public init(
      name: EHLOName, timeout: Duration = .seconds(20), addresses: AddressPolicy = AddressPolicy(),
      trace: (@Sendable (TraceEvent) -> Void)? = nil
    ) {
      self.name = name
      self.timeout = timeout
      self.addresses = addresses
      self.trace = trace
    }
  }

  private let connector: Connector
  private let options: Options
  private let inspector: CertificateInspector
  private let clock: @Sendable () -> Timestamp
  private let everyVersion: TLSContext
  private let weakSuites: TLSContext
  /// Each offers every version up to its key.
  private let oldVersions: [TLSVersion: TLSContext]

  /// - Parameters:
  ///   - group: whose event loops the connections live on.
  ///   - trust: the authorities that MX hosts are verified against.
  ///   - options: the name it gives, its bound in time, and which addresses may be connected to.
  ///   - clock: the wall clock.
  /// - Throws: when OpenSSL cannot make a context of these settings.
  public init(
    group: any EventLoopGroup, trust: TrustStore, options: Options, clock: @escaping @Sendable () -> Timestamp
  ) throws(OpenSSLError) {
    connector = Connector(group: group, policy: options.addresses)
    self.options = options
    inspector = CertificateInspector(trust: trust)
    self.clock = clock
    everyVersion = try TLSContext.observing()
    weakSuites = try TLSContext.weak()
    var contexts: [TLSVersion: TLSContext] = [:]
    for version in TLSVersion.allCases { contexts[version] = try TLSContext.observing(.tls10...version) }
    oldVersions = contexts
  }

  /// Looks at an endpoint by one ordinary connection, which yields STARTTLS, the best version, the cipher and the
  /// certificates.
  public func observe(_ key: EndpointKey) async -> EndpointObservation {
    switch await converse(with: key, everyVersion, until: .now() + TimeAmount(options.timeout)) {
    case .failure(let failure):
      let failure = ProbeFailure(stage: .connect, kind: failure.kind, reason: failure.reason)
      return EndpointObservation(connected: false, failure: failure)
    case .success(let outcome):
      return EndpointObservation(
        connected: true, greeting: outcome.dialogue.greeting, starttlsOffered: outcome.dialogue.starttlsOffered,
        session: session(of: outcome, at: key), injectedPlaintext: outcome.dialogue.injectedPlaintext,
        failure: outcome.dialogue.failure)
    }
  }

  private func session(of outcome: DialogueOutcome, at key: EndpointKey) -> TLSSession? {
    guard outcome.dialogue.failure == nil, let peer = outcome.peer else { return nil }
    let now = clock()
    let facts = inspector.facts(of: peer.chain, for: key.serverName, at: now)
    Tracer(endpoint: key.description, callback: options.trace).noted(peer.chain, facts, at: now)
    return peer.session(facts)
  }

  /// Asks what the endpoint does when it is offered less than the best, one connection after the other (`VersionsInterview`).
  ///
  /// - Parameters:
  ///   - key: address, port and the name of the MX host.
  ///   - best: the version that an ordinary connection got.
  ///   - told: what an earlier round that was broken off told; it is not asked again.
  /// - Returns: a version in neither set could not be told. After a failure before the handshake no more is asked:
  ///   the server may have had enough of us.
  public func versions(
    _ key: EndpointKey, known best: TLSVersion, told: VersionsObservation? = nil
  ) async -> VersionsObservation {
    var interview = VersionsInterview(best: best, told: told)
    let deadline = NIODeadline.now() + TimeAmount(options.timeout)
    while let question = interview.next {
      guard !Task.isCancelled, .now() < deadline, let context = context(for: question) else { break }
      switch await converse(with: key, context, until: deadline) {
      case .failure(let failure):
        interview.note(ProbeFailure(stage: .connect, kind: failure.kind, reason: failure.reason))
      case .success(let outcome):
        if let failure = outcome.dialogue.failure {
          interview.note(failure)
        } else if let peer = outcome.peer {
          interview.note(peer.version, peer.weakness.map { WeakSuite(name: peer.cipher, weakness: $0) })
        } else {
          interview.note(ProbeFailure(stage: .handshake, kind: .temporary, reason: "the session came to nothing"))
        }
      }
    }
    return interview.observation
  }

  private func context(for question: VersionsInterview.Question) -> TLSContext? {
    switch question {
    case .weakSuites: weakSuites
    case .upTo(let version): oldVersions[version]
    }
  }

  private func converse(
    with key: EndpointKey, _ context: TLSContext, until deadline: NIODeadline
  ) async -> Result<DialogueOutcome, ConnectFailure> {
    let dialogue = SMTPDialogue(name: options.name)
    let tracer = Tracer(endpoint: key.description, callback: options.trace)
    let limits = StageLimits(whole: options.timeout)
    let connectDeadline = min(deadline, .now() + TimeAmount(limits.connect))
    let result = await connector.run(to: key.address, port: key.port, until: connectDeadline) { channel, outcome in
      let handler = DialogueHandler(
        dialogue, context: context, serverName: key.serverName, limits: limits, until: deadline, tracer: tracer,
        outcome: outcome)
      try channel.pipeline.syncOperations.addHandler(handler)
    }
    if case .failure(let failure) = result { tracer.noted(failure.reason) }
    return result
  }
}
