import ArgumentParser
import Hallmark
import Yams

#if canImport(Glibc)
  import Glibc
#endif

/// The options of every command. Each is also a key of the file given with --config, and an environment variable.
struct Options: ParsableArguments {
  @Option(help: "A YAML file whose keys are these options.") var config: String?
  @Option(help: "The LMDB environment (var/hallmark).") var store: String?
  @Option(help: "JSON-RPC and the web, ADDRESS:PORT (127.0.0.1:8460).") var http: String?
  @Option(help: "Serve HTTPS with this certificate chain.") var tlsCertificate: String?
  @Option(help: "The key of --tls-certificate.") var tlsKey: String?
  @Option(help: "Postfix socketmap server, ADDRESS:PORT (off).") var socketmap: String?
  @Option(help: "A resolver to forward to, ADDRESS[@PORT], repeatable; or `recursive` (/etc/resolv.conf).")
  var resolver: [String] = []
  @Option(help: "DNSSEC root anchor, DS or DNSKEY lines (the system's).") var trustAnchor: String?
  @Option(help: "PEM bundle of certificate authorities (the system's).") var caFile: String?
  @Option(help: "Probe addresses of this block though they are special-purpose, repeatable.")
  var allowAddress: [String] = []
  @Option(help: "Where MX hosts are probed (25).") var smtpPort: String?
  @Option(help: "Where MTA-STS hosts are probed (443).") var httpsPort: String?
  @Option(help: "The name given in EHLO (the host's own).") var ehloName: String?
  @Option(help: "The standard to hold domains against, a name or a file (baseline).") var standard: String?
  @Option(help: "Names to keep watched, one a line; read again at SIGHUP, which adds and never removes.")
  var watch: String?
  @Option(help: "Floor of evidence lifetimes, seconds (300).") var minTtl: String?
  @Option(help: "Ceiling of evidence lifetimes, seconds (86400).") var maxTtl: String?
  @Option(help: "The bound on one MX endpoint, seconds (20).") var probeTimeout: String?
  @Option(help: "The bound on one whole check, seconds (60).") var checkTimeout: String?
  @Option(help: "Access tokens and their roles.") var tokenFile: String?
  @Option(help: "trace, debug, info, notice, warning, error or critical (info).") var logLevel: String?
  @Option(help: "text or json (text).") var logFormat: String?
  @Flag(help: "Plain HTTP beyond loopback: a proxy in front speaks TLS.") var behindProxy = false

  func settings() throws -> Settings {
    try Settings(SettingsSource(flags: flags, environment: environment, file: try file()))
  }

  private var flags: [String: [String]] {
    let single: [String: String?] = [
      "store": store, "http": http, "tls-certificate": tlsCertificate, "tls-key": tlsKey, "socketmap": socketmap,
      "trust-anchor": trustAnchor, "ca-file": caFile, "smtp-port": smtpPort, "https-port": httpsPort,
      "ehlo-name": ehloName, "standard": standard, "watch": watch, "min-ttl": minTtl, "max-ttl": maxTtl,
      "probe-timeout": probeTimeout, "check-timeout": checkTimeout, "token-file": tokenFile, "log-level": logLevel,
      "log-format": logFormat, "behind-proxy": behindProxy ? "true" : nil,
    ]
    var flags = single.compactMapValues { $0.map { [$0] } }
    flags["resolver"] = resolver
    flags["allow-address"] = allowAddress
    return flags
  }

  private var environment: [String: String] {
    var found: [String: String] = [:]
    for option in Settings.options {
      let name = SettingsSource.environmentName(option)
      if let value = getenv(name) { found[name] = String(cString: value) }
    }
    return found
  }

  private func file() throws -> [String: [String]] {
    guard let path = config else { return [:] }
    let text = String(decoding: try TextFile.read(path, option: "--config"), as: UTF8.self)
    let node: Node?
    do {
      node = try Yams.compose(yaml: text)
    } catch {
      throw SettingsError("--config: \(path) is not YAML: \("\(error)".split(separator: "\n").first ?? "")")
    }
    guard let node else { return [:] }
    guard let mapping = node.mapping else { throw SettingsError("--config: \(path) must hold keys with values") }
    var values: [String: [String]] = [:]
    for (key, value) in mapping {
      guard let name = key.string else { throw SettingsError("--config: a key of \(path) is no text") }
      let items = value.sequence.map { Array($0) } ?? [value]
      let texts = items.compactMap(\.scalar?.string)
      guard texts.count == items.count else {
        throw SettingsError("\(name) in the configuration file: give one value, or a list of values")
      }
      values[name] = texts
    }
    return values
  }
}
