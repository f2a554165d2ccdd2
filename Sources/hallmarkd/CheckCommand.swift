import ArgumentParser
import Hallmark

/// What check and pair print, and where the names come from.
struct Output: ParsableArguments {
  @Flag(help: "One record a line, as JSON.") var json = false
  @Flag(help: "Print look-ups and dialogues to standard error as they happen.") var trace = false

  var tracer: Laboratory.Trace? {
    guard trace else { return nil }
    return { line in StandardError.write(line + "\n") }
  }
}

struct CheckCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "check", abstract: "Check domains now, without a server.",
    discussion: """
      Exit status: 0 secure (or no-mail), 1 not secure, 3 could not be determined, 2 wrong usage or a failure; for several \
      domains the worst, in the order 2, 1, 3, 0.
      """)

  @Argument(help: "Domains, in any case, as U-labels or A-labels.") var domains: [String] = []
  @Option(help: "A file of domains, one a line, # comments; - is standard input.") var from: String?
  @Option(name: .customLong("selector"), help: "A DKIM selector of the domains, repeatable.") var selectors: [String] =
    []
  @OptionGroup var output: Output
  @OptionGroup var options: Options

  func run() async throws {
    var names = domains
    if let from { names += TextFile.lines(try TextFile.read(from, option: "--from")) }
    guard !names.isEmpty else { throw SettingsError("check: name a domain, or give --from FILE") }
    let workshop = try Workshop(options.settings(), trace: output.tracer)
    var progress: (@Sendable (String) -> Void)?
    if StandardError.isTerminal { progress = { text in StandardError.write(text) } }
    let status = await workshop.check(names, selectors: selectors, json: output.json, progress: progress) {
      StandardOutput.write($0)
    }
    throw ExitCode(status.rawValue)
  }
}

struct PairCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "pair", abstract: "Say whether mail from one domain to another would be secure.")

  @Argument(help: "The domain that sends.") var sender: String
  @Argument(help: "The domain that receives.") var recipient: String
  @OptionGroup var output: Output
  @OptionGroup var options: Options

  func run() async throws {
    let workshop = try Workshop(options.settings(), trace: output.tracer)
    let status = try await workshop.pair(sender: sender, recipient: recipient, json: output.json) {
      StandardOutput.write($0)
    }
    throw ExitCode(status.rawValue)
  }
}
