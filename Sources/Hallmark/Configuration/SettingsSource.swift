/// Where the value of an option comes from: a flag wins over the environment, that over the file.
public struct SettingsSource: Sendable {
  /// Option names without the dashes, each with its values; a flag that was not given does not stand here.
  public var flags: [String: [String]]
  /// Names as `environmentName` has them.
  public var environment: [String: String]
  /// The keys of the configuration file, each with its values.
  public var file: [String: [String]]

  public init(flags: [String: [String]] = [:], environment: [String: String] = [:], file: [String: [String]] = [:]) {
    self.flags = flags
    self.environment = environment
    self.file = file
  }

  /// `min-ttl` is HALLMARK_MIN_TTL.
  public static func environmentName(_ option: String) -> String {
    "HALLMARK_" + option.uppercased().replacing("-", with: "_")
  }

  /// The values and where they came from, as an error names it; nil where the option was not given.
  func values(_ option: String) -> (values: [String], origin: String)? {
    if let values = flags[option], !values.isEmpty { return (values, "--\(option)") }
    let name = SettingsSource.environmentName(option)
    if let value = environment[name], !value.isEmpty {
      // Repeatable options take several values, separated by commas.
      let list = value.split(separator: ",").map { String($0.drop { $0 == " " }) }
      return (Settings.repeatable.contains(option) ? list : [value], name)
    }
    if let values = file[option], !values.isEmpty { return (values, "\(option) in the configuration file") }
    return nil
  }
}

/// What is wrong with an option, in one line that names it.
public struct SettingsError: Error, Hashable, Sendable, CustomStringConvertible {
  public let description: String

  public init(_ description: String) { self.description = description }
}
