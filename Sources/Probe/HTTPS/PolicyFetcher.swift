import DNS
import NIOCore
import NIOHTTP1
import Posture

/// Fetches MTA-STS policies over verified HTTPS (RFC 8461 section 3.3): the host's own certificate, TLS 1.2 or
/// better, no redirects, bounds on size and time, and no address that the policy forbids.
public struct PolicyFetcher: Sendable {
  /// The bound on one fetch that RFC 8461 section 3.3 suggests: one minute.
  public static let longestTimeout = Duration.seconds(60)
  /// The most addresses of one host that are tried.
  public static let maximumAddresses = 8

  private let connector: Connector
  private let port: UInt16
  private let timeout: Duration
  private let inspector: CertificateInspector
  private let context: TLSContext
  private let clock: @Sendable () -> Timestamp
  private let trace: (@Sendable (TraceEvent) -> Void)?

  /// - Parameters:
  ///   - group: whose event loops the connections live on.
  ///   - trust: the authorities that policy hosts are verified against.
  ///   - addresses: which addresses may be connected to.
  ///   - port: `--https-port`.
  ///   - timeout: the bound on one fetch, all addresses together; at most a minute.
  ///   - clock: the wall clock, which certificates are held against.
  ///   - trace: is told of every step as it happens; nil: nobody is.
  public init(
    group: any EventLoopGroup, trust: TrustStore, addresses: AddressPolicy = AddressPolicy(), port: UInt16 = 443,
    timeout: Duration = longestTimeout, clock: @escaping @Sendable () -> Timestamp,
    trace: (@Sendable (TraceEvent) -> Void)? = nil
  ) throws(OpenSSLError) {
    connector = Connector(group: group, policy: addresses)
    self.port = port
    self.timeout = min(timeout, PolicyFetcher.longestTimeout)
    inspector = CertificateInspector(trust: trust)
    context = try TLSContext.authenticating()
    self.clock = clock
    self.trace = trace
  }

  /// Tries the addresses in turn until one answers; what is `invalid` at one is final, since every address is the
  /// host's own word.
  public func fetch(_ key: PolicyFetchKey) async -> PolicyFetch {
    let deadline = NIODeadline.now() + TimeAmount(timeout)
    let addresses = key.addresses.prefix(PolicyFetcher.maximumAddresses)
    var last = PolicyFetch.Failure(kind: .invalid, reason: "\(key.host) has no address")
    for (index, address) in addresses.enumerated() {
      guard !Task.isCancelled else { return failure(.temporary, "the fetch was cancelled") }
      // Each gets an equal part of what is left, so that one that is silent leaves time for the others.
      let share = (deadline - .now()).nanoseconds / Int64(addresses.count - index)
      let result = await attempt(key.host, address, until: .now() + .nanoseconds(max(share, 1)))
      switch result {
      case .success(let fetch):
        guard case .failure(let failure) = fetch.outcome, failure.kind == .temporary else { return fetch }
        last = failure
      case .failure(let failure):
        let kind: PolicyFetch.Failure.Kind = failure.kind == .forbiddenAddress ? .invalid : .temporary
        // A forbidden address says nothing where another could not be reached.
        if index == 0 || kind == .temporary { last = PolicyFetch.Failure(kind: kind, reason: failure.reason) }
      }
    }
    return PolicyFetch(outcome: .failure(last))
  }

  private func failure(_ kind: PolicyFetch.Failure.Kind, _ reason: String) -> PolicyFetch {
    PolicyFetch(outcome: .failure(PolicyFetch.Failure(kind: kind, reason: reason)))
  }

  private func attempt(
    _ host: DomainName, _ address: IPAddress, until deadline: NIODeadline
  ) async -> Result<PolicyFetch, ConnectFailure> {
    let tracer = Tracer(endpoint: "\(host) [\(address)]:\(port)", callback: trace)
    let now = clock()
    return await connector.run(to: address, port: port, until: deadline) { [self] channel, outcome in
      let engine = try TLSEngine(context, serverName: host, applicationProtocols: ["http/1.1"])
      let pipeline = channel.pipeline.syncOperations
      try pipeline.addHandler(TLSHandler(engine))
      try pipeline.addHTTPClientHandlers(leftOverBytesStrategy: .dropBytes)
      try pipeline.addHandler(
        PolicyExchange(
          host: host, port: port, inspector: inspector, now: now, until: deadline, tracer: tracer, outcome: outcome))
    }
  }
}
