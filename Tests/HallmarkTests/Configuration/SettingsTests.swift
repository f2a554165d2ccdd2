import DNS
import Testing

@testable import Hallmark

@Suite("Settings")
struct SettingsTests {
  static func settings(
    flags: [String: [String]] = [:], environment: [String: String] = [:], file: [String: [String]] = [:]
  ) throws -> Settings {
    try Settings(SettingsSource(flags: flags, environment: environment, file: file))
  }

  @Test("nothing set: the defaults")
  func defaults() throws {
    let settings = try SettingsTests.settings()
    #expect(settings.store == "var/hallmark")
    #expect("\(settings.http.address):\(settings.http.port)" == "127.0.0.1:8460")
    #expect(settings.socketmap == nil)
    #expect(settings.resolution == .systemConfiguration)
    #expect(settings.smtpPort == 25)
    #expect(settings.httpsPort == 443)
    #expect(settings.standard == "baseline")
    #expect((settings.minimumTTL, settings.maximumTTL) == (300, 86_400))
    #expect((settings.probeTimeout, settings.checkTimeout) == (20, 60))
    #expect(settings.logLevel == .info)
    #expect(settings.logFormat == .text)
    #expect(!settings.behindProxy)
    try settings.checkListeners()
  }

  /// An option with three values that differ, and how each reads.
  static let options: [(option: String, values: [String], read: @Sendable (Settings) -> String)] = [
    ("store", ["/a", "/b", "/c"], { $0.store }),
    ("http", ["127.0.0.1:1", "[::1]:2", "::1:3"], { "\($0.http.address):\($0.http.port)" }),
    ("socketmap", ["127.0.0.1:1", "off", "127.0.0.1:3"], { $0.socketmap.map { "\($0.port)" } ?? "off" }),
    ("trust-anchor", ["a", "b", "c"], { $0.trustAnchor ?? "" }),
    ("ca-file", ["a", "b", "c"], { $0.caFile ?? "" }),
    ("smtp-port", ["1", "2525", "65535"], { "\($0.smtpPort)" }),
    ("https-port", ["1", "8443", "65535"], { "\($0.httpsPort)" }),
    ("ehlo-name", ["a.example", "b.example", "c.example"], { $0.ehloName ?? "" }),
    ("standard", ["uk-gov", "./own.json", "nl-internet"], { $0.standard }),
    ("watch", ["a", "b", "c"], { $0.watch ?? "" }),
    ("min-ttl", ["0", "60", "300"], { "\($0.minimumTTL)" }),
    ("max-ttl", ["600", "604800", "3600"], { "\($0.maximumTTL)" }),
    ("probe-timeout", ["1", "30", "600"], { "\($0.probeTimeout)" }),
    ("check-timeout", ["1", "120", "3600"], { "\($0.checkTimeout)" }),
    ("token-file", ["a", "b", "c"], { $0.tokenFile ?? "" }),
    ("log-level", ["debug", "WARNING", "critical"], { "\($0.logLevel)" }),
    ("log-format", ["json", "text", "JSON"], { $0.logFormat.rawValue }),
    ("behind-proxy", ["true", "no", "1"], { "\($0.behindProxy)" }),
  ]

  @Test("a flag wins over the environment, that over the file", arguments: options)
  func precedence(option: String, values: [String], read: @Sendable (Settings) -> String) throws {
    let name = "HALLMARK_" + option.uppercased().replacing("-", with: "_")
    let flag = try read(SettingsTests.settings(flags: [option: [values[0]]]))
    let environment = try read(SettingsTests.settings(environment: [name: values[1]]))
    let file = try read(SettingsTests.settings(file: [option: [values[2]]]))
    #expect(flag != environment && environment != file)
    let both = try SettingsTests.settings(environment: [name: values[1]], file: [option: [values[2]]])
    #expect(read(both) == environment)
    let all = try SettingsTests.settings(
      flags: [option: [values[0]]], environment: [name: values[1]], file: [option: [values[2]]])
    #expect(read(all) == flag)
    // An empty variable is as good as none.
    #expect(try read(SettingsTests.settings(environment: [name: ""], file: [option: [values[2]]])) == file)
  }

  @Test("every option of the interface can be set in the file")
  func complete() {
    let here = Set(SettingsTests.options.map(\.option)).union([
      "tls-certificate", "tls-key", "resolver", "allow-address",
    ])
    #expect(here == Set(Settings.options))
  }

  @Test("repeatable options take several values, in the environment between commas")
  func repeatable() throws {
    let two = Settings.Resolution.forward([
      .init(address: try #require(IPAddress("192.0.2.1")), port: 53),
      .init(address: try #require(IPAddress("2001:db8::1")), port: 5353),
    ])
    let values = ["192.0.2.1", "2001:db8::1@5353"]
    #expect(try SettingsTests.settings(flags: ["resolver": values]).resolution == two)
    #expect(try SettingsTests.settings(file: ["resolver": values]).resolution == two)
    let environment = ["HALLMARK_RESOLVER": "192.0.2.1, 2001:db8::1@5353"]
    #expect(try SettingsTests.settings(environment: environment).resolution == two)
    #expect(try SettingsTests.settings(flags: ["resolver": ["recursive"]]).resolution == .recursive)
    let blocks = try SettingsTests.settings(flags: ["allow-address": ["127.0.0.0/8", "fd00::/8"]])
    #expect(blocks.allowedAddresses.map(\.description) == ["127.0.0.0/8", "fd00::/8"])
  }

  static let wrong: [(option: String, value: String)] = [
    ("http", "8460"), ("http", "localhost:8460"), ("http", "127.0.0.1:65536"), ("http", "127.0.0.1:"),
    ("socketmap", "127.0.0.1"), ("resolver", "dns.example"), ("resolver", "192.0.2.1@0"), ("resolver", "192.0.2.1@x"),
    ("allow-address", "127.0.0.0/33"), ("allow-address", "everything"), ("smtp-port", "0"), ("smtp-port", "65536"),
    ("smtp-port", "99999999999999999999"), ("https-port", "-1"), ("https-port", "https"), ("ehlo-name", "not a name"),
    ("ehlo-name", "under_score.example"), ("min-ttl", "-1"), ("min-ttl", "5m"), ("max-ttl", "0"),
    ("probe-timeout", "0"), ("probe-timeout", "1.5"), ("check-timeout", "3601"), ("log-level", "verbose"),
    ("log-format", "xml"), ("behind-proxy", "maybe"),
  ]

  @Test("a wrong value ends with one line that names where it came from, and the value", arguments: wrong)
  func wrongValue(option: String, value: String) throws {
    let name = SettingsSource.environmentName(option)
    let sources: [(String, () throws -> Settings)] = [
      ("--\(option): ", { try SettingsTests.settings(flags: [option: [value]]) }),
      ("\(name): ", { try SettingsTests.settings(environment: [name: value]) }),
      ("\(option) in the configuration file: ", { try SettingsTests.settings(file: [option: [value]]) }),
    ]
    for (origin, settings) in sources {
      let error = try #require(throws: SettingsError.self) { try settings() }
      #expect(error.description.hasPrefix(origin), "\(error)")
      #expect(error.description.contains(value), "\(error)")
      #expect(!error.description.contains("\n"))
    }
  }

  @Test("`recursive` stands alone")
  func recursiveAlone() throws {
    let error = try #require(throws: SettingsError.self) {
      try SettingsTests.settings(flags: ["resolver": ["192.0.2.1", "recursive"]])
    }
    #expect(error.description.hasPrefix("--resolver: recursive "))
  }

  @Test("a key of the file that is no option is refused by name")
  func unknownKey() throws {
    let error = try #require(throws: SettingsError.self) {
      try SettingsTests.settings(file: ["standart": ["uk-gov"], "http": ["127.0.0.1:1"]])
    }
    #expect(error.description.hasPrefix("standart in the configuration file: "))
  }

  @Test("options that contradict each other")
  func together() throws {
    let ttl = try #require(throws: SettingsError.self) {
      try SettingsTests.settings(flags: ["min-ttl": ["600"], "max-ttl": ["500"]])
    }
    #expect(ttl.description.hasPrefix("--min-ttl: "))
    for option in ["tls-certificate", "tls-key"] {
      let error = try #require(throws: SettingsError.self) { try SettingsTests.settings(flags: [option: ["file"]]) }
      #expect(error.description.contains("--tls-certificate and --tls-key"))
    }
  }

  /// Listeners, and whether they may be: nil, or how the refusal begins.
  static let listeners: [(flags: [String: [String]], refusal: String?)] = [
    (["http": ["127.0.0.1:1"]], nil),
    (["http": ["127.9.9.9:1"]], nil),
    (["http": ["[::1]:1"]], nil),
    (["http": ["192.0.2.1:1"]], "--http: 192.0.2.1"),
    (["http": ["0.0.0.0:1"]], "--http: 0.0.0.0"),
    (["http": ["[::]:1"]], "--http: ::"),
    (["http": ["192.0.2.1:1"], "behind-proxy": ["true"]], "--http: 192.0.2.1"),
    (["http": ["192.0.2.1:1"], "token-file": ["t"]], "--http: plain HTTP"),
    (["http": ["192.0.2.1:1"], "token-file": ["t"], "behind-proxy": ["true"]], nil),
    (["http": ["192.0.2.1:1"], "token-file": ["t"], "tls-certificate": ["c"], "tls-key": ["k"]], nil),
    (["http": ["192.0.2.1:1"], "tls-certificate": ["c"], "tls-key": ["k"]], "--http: 192.0.2.1"),
    (["socketmap": ["192.0.2.1:1"]], "--socketmap: 192.0.2.1"),
    (["socketmap": ["127.0.0.1:1"]], nil),
    (["socketmap": ["192.0.2.1:1"], "token-file": ["t"]], nil),
  ]

  @Test("beyond loopback only with tokens, and in the clear only behind a proxy", arguments: listeners)
  func beyondLoopback(flags: [String: [String]], refusal: String?) throws {
    let settings = try SettingsTests.settings(flags: flags)
    guard let refusal else { return try settings.checkListeners() }
    let error = try #require(throws: SettingsError.self) { try settings.checkListeners() }
    #expect(error.description.hasPrefix(refusal), "\(error)")
  }
}
