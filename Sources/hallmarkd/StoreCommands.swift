import ArgumentParser
import Hallmark

struct WatchCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "watch", abstract: "The watch list of a store.", subcommands: [Add.self, Remove.self, List.self])

  struct Add: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Watch domains.")
    @Argument var domains: [String] = []
    @Option(help: "A file of domains, one a line; - is standard input.") var from: String?
    @Option(help: "The organisation that they belong to.") var organisation = ""
    @OptionGroup var options: Options

    func run() async throws {
      let desk = try StoreDesk(options.settings(), writes: true)
      StandardOutput.write(try await desk.watch(try names(domains, from), organisation: organisation))
    }
  }

  struct Remove: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Give up watching domains.")
    @Argument var domains: [String] = []
    @Option(help: "A file of domains, one a line; - is standard input.") var from: String?
    @Option(help: "The organisation that gives them up, others keep theirs; without it they are given up altogether.")
    var organisation: String?
    @OptionGroup var options: Options

    func run() async throws {
      let desk = try StoreDesk(options.settings(), writes: true)
      StandardOutput.write(try await desk.unwatch(try names(domains, from), organisation: organisation))
    }
  }

  struct List: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Print the watched domains, one a line.")
    @Option(help: "Only those of the organisation.") var organisation: String?
    @OptionGroup var options: Options

    func run() async throws {
      let desk = try StoreDesk(options.settings(), writes: false)
      try desk.watched(organisation: organisation) { StandardOutput.write($0) }
    }
  }

  private static func names(_ domains: [String], _ from: String?) throws -> [String] {
    var names = domains
    if let from { names += TextFile.lines(try TextFile.read(from, option: "--from")) }
    guard !names.isEmpty else { throw SettingsError("watch: name a domain, or give --from FILE") }
    return names
  }
}

struct WhitelistCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "whitelist", abstract: "Print the whitelist of a store.")
  @Option(help: "txt, json, ndjson, csv, postfix or rspamd.") var format = "txt"
  @OptionGroup var options: Options

  func run() async throws {
    let desk = try StoreDesk(options.settings(), writes: false)
    try await desk.whitelist(format: format) { StandardOutput.write($0) }
  }
}

struct BackupCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "backup", abstract: "Make a consistent copy of a store that may be in use.")
  @Argument(help: "Where the copy goes: a directory that does not exist or is empty.") var directory: String
  @OptionGroup var options: Options

  func run() async throws {
    let desk = try StoreDesk(options.settings(), writes: false)
    try await desk.backup(to: directory)
  }
}

struct TokenCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "token", abstract: "Make an access token: printed once, with the line for the token file.")
  @Argument(help: "A name for the log: letters, digits, dots, hyphens and underscores.") var name: String
  @Option(help: "reader or admin.") var role: String

  func run() throws {
    let token = try AccessToken(name: name, role: role)
    StandardOutput.write("token: \(token.secret)\nline:  \(token.line)\n")
  }
}
