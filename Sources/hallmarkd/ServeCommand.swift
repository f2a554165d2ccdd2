import ArgumentParser
import Hallmark
import Logging

#if canImport(Glibc)
  import Glibc
#endif

struct ServeCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "serve",
    abstract: "Run the service in the foreground; SIGTERM drains and exits, SIGHUP reads files again.")
  @OptionGroup var options: Options

  func run() async throws {
    let settings = try options.settings()
    LoggingSystem.bootstrap { LineLog.handler(label: $0, settings: settings) }
    try await HallmarkService.serve(settings, log: Logger(label: "hallmarkd"))
  }
}

/// Text to standard output, past any buffer, so that a pipe sees each record as it is done.
enum StandardOutput {
  static func write(_ text: String) {
    var octets = Array(text.utf8)[...]
    while !octets.isEmpty {
      let count = octets.withUnsafeBytes { Glibc.write(STDOUT_FILENO, $0.baseAddress, $0.count) }
      if count < 0, errno == EINTR { continue }
      // A reader that went away wants no more.
      guard count > 0 else { exit(2) }
      octets = octets.dropFirst(count)
    }
  }
}
