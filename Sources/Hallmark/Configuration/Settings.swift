import DNS
import Logging

/// Everything that an operator can set, read and checked once.
public struct Settings: Sendable {
  /// An address to listen on.
  public struct Listener: Hashable, Sendable {
    public let address: IPAddress
    public let port: UInt16

    public var isLoopback: Bool {
      switch address {
      case .v4(let address): address.octets[0] == 127
      case .v6(let address): address.description == "::1"
      }
    }
  }

  /// A recursive resolver to forward to.
  public struct Forwarder: Hashable, Sendable {
    public let address: IPAddress
    public let port: UInt16
  }

  /// Whom the resolver asks.
  public enum Resolution: Hashable, Sendable {
    /// The resolvers of /etc/resolv.conf.
    case systemConfiguration
    case forward([Forwarder])
    /// The authoritative servers, from the root down.
    case recursive
  }

  /// How a line of the log looks.
  public enum LogFormat: String, Sendable, CaseIterable {
    case text, json
  }

  /// Every option with the contract's name; what else stands in a configuration file is refused.
  public static let options = [
    "store", "http", "tls-certificate", "tls-key", "socketmap", "resolver", "trust-anchor", "ca-file", "allow-address",
    "smtp-port", "https-port", "ehlo-name", "standard", "watch", "min-ttl", "max-ttl", "probe-timeout",
    "check-timeout", "token-file", "log-level", "log-format", "behind-proxy",
  ]
  static let repeatable: Set<String> = ["resolver", "allow-address"]

  /// The directory of the LMDB environment.
  public var store: String
  /// Where JSON-RPC and the web are served.
  public var http: Listener
  /// A file in PEM; with `tlsKey`, or neither.
  public var tlsCertificate: String?
  public var tlsKey: String?
  /// nil: off.
  public var socketmap: Listener?
  public var resolution: Resolution
  /// A file of DS or DNSKEY records; nil: the system's.
  public var trustAnchor: String?
  /// A bundle in PEM; nil: the system's authorities.
  public var caFile: String?
  /// Special-purpose blocks that may be probed all the same.
  public var allowedAddresses: [AddressBlock]
  /// Where MX hosts are probed.
  public var smtpPort: UInt16
  /// Where MTA-STS policies are fetched.
  public var httpsPort: UInt16
  /// nil: the host's own name.
  public var ehloName: String?
  /// A name, or the path of a file.
  public var standard: String
  /// A file of names to keep watched.
  public var watch: String?
  /// The floor of evidence lifetimes, in seconds.
  public var minimumTTL: Int64
  /// Their ceiling, in seconds.
  public var maximumTTL: Int64
  /// The bound on one MX endpoint, all stages together, in seconds.
  public var probeTimeout: Int64
  /// The bound on one whole check, in seconds.
  public var checkTimeout: Int64
  /// nil: every caller on loopback may do all.
  public var tokenFile: String?
  public var logLevel: Logger.Level
  public var logFormat: LogFormat
  /// A proxy in front speaks TLS.
  public var behindProxy: Bool

  /// - Throws: in one line, for the first option that cannot be used.
  public init(_ source: SettingsSource) throws(SettingsError) {
    if let unknown = source.file.keys.sorted().first(where: { !Settings.options.contains($0) }) {
      throw SettingsError(
        "\(unknown) in the configuration file: there is no such option; take it out or correct its spelling")
    }
    let read = Reader(source: source)
    store = read.text("store") ?? "var/hallmark"
    http = try read.listener("http") ?? Listener(address: .v4(IPv4Address(value: 0x7f00_0001)), port: 8460)
    tlsCertificate = read.text("tls-certificate")
    tlsKey = read.text("tls-key")
    socketmap = try read.listener("socketmap")
    resolution = try read.resolution("resolver")
    trustAnchor = read.text("trust-anchor")
    caFile = read.text("ca-file")
    allowedAddresses = try read.blocks("allow-address")
    smtpPort = try read.number("smtp-port", 1...65535, default: 25)
    httpsPort = try read.number("https-port", 1...65535, default: 443)
    ehloName = try read.hostName("ehlo-name")
    standard = read.text("standard") ?? "baseline"
    watch = read.text("watch")
    minimumTTL = try read.number("min-ttl", 0...604_800, default: 300)
    maximumTTL = try read.number("max-ttl", 1...604_800, default: 86_400)
    probeTimeout = try read.number("probe-timeout", 1...600, default: 20)
    checkTimeout = try read.number("check-timeout", 1...3600, default: 60)
    tokenFile = read.text("token-file")
    logLevel = try read.choice("log-level", default: .info)
    logFormat = try read.choice("log-format", default: .text)
    behindProxy = try read.flag("behind-proxy")
    try check()
  }

  /// What options say together.
  private func check() throws(SettingsError) {
    guard minimumTTL <= maximumTTL else {
      throw SettingsError("--min-ttl: \(minimumTTL) is above --max-ttl (\(maximumTTL)); give a smaller one")
    }
    guard (tlsCertificate == nil) == (tlsKey == nil) else {
      throw SettingsError("--tls-certificate and --tls-key go together; give both or neither")
    }
  }

  /// What may be listened on: beyond loopback only with tokens, and in the clear only behind a proxy.
  public func checkListeners() throws(SettingsError) {
    for (name, listener) in [("--http", http), ("--socketmap", socketmap)].compactMap({ pair in
      pair.1.map { (pair.0, $0) }
    })
    where !listener.isLoopback {
      guard tokenFile != nil else {
        throw SettingsError(
          "\(name): \(listener.address) is not a loopback address; give --token-file, or listen on 127.0.0.1")
      }
      if name == "--http", tlsCertificate == nil, !behindProxy {
        throw SettingsError(
          "--http: plain HTTP beyond loopback is refused; give --tls-certificate and --tls-key, or --behind-proxy")
      }
    }
  }
}

/// Reads one option after the other, each error naming where the value came from.
private struct Reader {
  let source: SettingsSource

  func text(_ option: String) -> String? { source.values(option)?.values.last }

  func number<Number: FixedWidthInteger>(
    _ option: String, _ range: ClosedRange<Number>, default fallback: Number
  ) throws(SettingsError) -> Number {
    guard let (values, origin) = source.values(option), let value = values.last else { return fallback }
    guard let number = Number(value), range.contains(number) else {
      throw SettingsError("\(origin): \(value) is not a whole number from \(range.lowerBound) to \(range.upperBound)")
    }
    return number
  }

  func flag(_ option: String) throws(SettingsError) -> Bool {
    guard let (values, origin) = source.values(option), let value = values.last else { return false }
    switch value.lowercased() {
    case "true", "yes", "1": return true
    case "false", "no", "0": return false
    default: throw SettingsError("\(origin): \(value) is neither true nor false")
    }
  }

  func choice<Choice: RawRepresentable<String> & CaseIterable>(
    _ option: String, default fallback: Choice
  ) throws(SettingsError) -> Choice {
    guard let (values, origin) = source.values(option), let value = values.last else { return fallback }
    guard let choice = Choice(rawValue: value.lowercased()) else {
      let all = Choice.allCases.map(\.rawValue).joined(separator: ", ")
      throw SettingsError("\(origin): \(value) is none of \(all)")
    }
    return choice
  }

  func listener(_ option: String) throws(SettingsError) -> Settings.Listener? {
    guard let (values, origin) = source.values(option), let value = values.last else { return nil }
    guard value != "off" else { return nil }
    guard let colon = value.lastIndex(of: ":"), let port = UInt16(value[value.index(after: colon)...]),
      let address = IPAddress(String(value[..<colon].filter { $0 != "[" && $0 != "]" }))
    else {
      throw SettingsError("\(origin): \(value) is not ADDRESS:PORT, such as 127.0.0.1:8460 or [::1]:8460")
    }
    return Settings.Listener(address: address, port: port)
  }

  func resolution(_ option: String) throws(SettingsError) -> Settings.Resolution {
    guard let (values, origin) = source.values(option) else { return .systemConfiguration }
    if values == ["recursive"] { return .recursive }
    var forwarders: [Settings.Forwarder] = []
    for value in values {
      let parts = value.split(separator: "@", maxSplits: 1, omittingEmptySubsequences: false)
      guard let address = IPAddress(String(parts[0])), let port = parts.count == 2 ? UInt16(parts[1]) : 53, port > 0
      else {
        throw SettingsError("\(origin): \(value) is not ADDRESS or ADDRESS@PORT, nor is it `recursive` alone")
      }
      forwarders.append(Settings.Forwarder(address: address, port: port))
    }
    return .forward(forwarders)
  }

  func blocks(_ option: String) throws(SettingsError) -> [AddressBlock] {
    guard let (values, origin) = source.values(option) else { return [] }
    var blocks: [AddressBlock] = []
    for value in values {
      guard let block = AddressBlock(value) else {
        throw SettingsError("\(origin): \(value) is not a block of addresses, such as 192.0.2.0/24")
      }
      blocks.append(block)
    }
    return blocks
  }

  func hostName(_ option: String) throws(SettingsError) -> String? {
    guard let (values, origin) = source.values(option), let value = values.last else { return nil }
    guard let name = DomainName(value), name.isHostName else {
      throw SettingsError("\(origin): \(value) is not a host name, which EHLO takes (RFC 5321 section 4.1.1.1)")
    }
    return name.description
  }
}
