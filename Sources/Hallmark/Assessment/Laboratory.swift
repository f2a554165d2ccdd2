import DNS
import NIOCore
import NIOPosix
import Posture
import Probe
import Unbound

#if canImport(Glibc)
  import Glibc
#endif

/// The real instruments, made of the settings: libunbound, the SMTP probe, the policy fetch.
public struct Laboratory: Sendable {
  /// Told of look-ups and dialogues, line by line, for `--trace`.
  public typealias Trace = @Sendable (String) -> Void

  let resolver: UnboundResolver
  private let probe: SMTPProbe
  private let fetcher: PolicyFetcher

  /// - Throws: where a file that the settings name cannot be used, in one line that names the option.
  public init(_ settings: Settings, clock: WallClock, group: any EventLoopGroup, trace: Trace? = nil)
    throws(SettingsError)
  {
    LibraryLifetime.coversExit()
    let script = trace.map { TraceScript(began: clock.now, write: $0) }
    let dialogue = script.map { script in { @Sendable (event: TraceEvent) in script.note(event) } }
    let lookUps = script.map { script in
      { @Sendable (question: Question, answer: Answer, time: Duration) in script.note(question, answer, took: time) }
    }
    do {
      resolver = try UnboundResolver(Laboratory.configuration(settings), trace: lookUps)
    } catch {
      throw SettingsError("--resolver, --trust-anchor: \(error)")
    }
    // OpenSSL keeps the reason to itself.
    if let path = settings.caFile { _ = try TextFile.read(path, option: "--ca-file") }
    let addresses = AddressPolicy(allowed: settings.allowedAddresses)
    do {
      let trust = try TrustStore(pemFile: settings.caFile)
      let options = SMTPProbe.Options(
        name: try Laboratory.ehloName(settings), timeout: .seconds(settings.probeTimeout), addresses: addresses,
        trace: dialogue)
      probe = try SMTPProbe(group: group, trust: trust, options: options, clock: { clock.now })
      fetcher = try PolicyFetcher(
        group: group, trust: trust, addresses: addresses, port: settings.httpsPort,
        timeout: .seconds(settings.probeTimeout), clock: { clock.now }, trace: dialogue)
    } catch let error as SettingsError {
      throw error
    } catch {
      throw SettingsError("--ca-file: \(error)")
    }
  }

  private static func configuration(_ settings: Settings) -> UnboundConfiguration {
    let upstream: UnboundConfiguration.Upstream =
      switch settings.resolution {
      case .systemConfiguration: .resolvConf(path: "/etc/resolv.conf")
      case .recursive: .recursive
      case .forward(let forwarders):
        .forward(forwarders.map { UnboundConfiguration.Forwarder($0.address, port: $0.port) })
      }
    // What the resolver caches must not outlive the ceiling that evidence has.
    let ceiling = UInt32(clamping: settings.maximumTTL)
    return UnboundConfiguration(
      upstream: upstream, trustAnchor: settings.trustAnchor.map { .file($0) } ?? .system, maximumTTL: ceiling,
      maximumNegativeTTL: min(ceiling, 3600))
  }

  /// The name that was set, or the host's own where it is one that EHLO takes.
  private static func ehloName(_ settings: Settings) throws(SettingsError) -> EHLOName {
    if let text = settings.ehloName, let name = EHLOName(text) { return name }
    var buffer = [CChar](repeating: 0, count: 256)
    gethostname(&buffer, buffer.count - 1)
    let own = String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    guard let name = EHLOName(own) ?? EHLOName("localhost") else {
      throw SettingsError("--ehlo-name: the host's own name is no name that EHLO takes; give one")
    }
    return name
  }

  /// Instruments whose resolver has the service's cache.
  public var instruments: Instruments { instruments(resolver) }

  /// Instruments whose resolver has an empty cache, for a check that must see the DNS as it is now.
  public var freshInstruments: Instruments { instruments((try? resolver.uncached()) ?? resolver) }

  private func instruments(_ resolver: UnboundResolver) -> Instruments {
    Instruments(
      lookUp: { await resolver.lookUp($0) },
      observe: { [probe] in await probe.observe($0) },
      versions: { [probe] key, told in await probe.versions(key.endpoint, known: key.best, told: told) },
      fetch: { [fetcher] in await fetcher.fetch($0) })
  }

  /// The judge, with OpenSSL's matching of TLSA records.
  public static let judge = Judge { chain, tlsa, names, moment in
    DANEMatcher.match(chain: chain, tlsa: tlsa, names: names, at: moment)
  }
}
