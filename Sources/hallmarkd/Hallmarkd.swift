import ArgumentParser
import Hallmark

#if canImport(Glibc)
  import Glibc
#endif

/// The program: the service and its command line.
@main
struct Hallmarkd: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "hallmarkd",
    abstract:
      "Looks at how a domain's e-mail is secured, says whether mail between two domains would be, and keeps looking.",
    version: "hallmarkd \(Version.current)",
    subcommands: [
      ServeCommand.self, CheckCommand.self, PairCommand.self, WatchCommand.self, WhitelistCommand.self,
      BackupCommand.self, TokenCommand.self,
    ])

  static func main() async {
    // A client that went away must not end the service.
    signal(SIGPIPE, SIG_IGN)
    // A file size limit is an error of the write, not the end.
    signal(SIGXFSZ, SIG_IGN)
    do {
      var command = try parseAsRoot()
      if var asynchronous = command as? any AsyncParsableCommand {
        try await asynchronous.run()
      } else {
        try command.run()
      }
    } catch let status as ExitCode {
      Glibc.exit(status.rawValue)
    } catch {
      finish(error)
    }
  }

  /// Help and version go to standard output; every failure is one line on standard error, and status 2.
  private static func finish(_ error: any Error) -> Never {
    if exitCode(for: error) == .success {
      print(fullMessage(for: error))
      Glibc.exit(0)
    }
    let line = message(for: error).split(separator: "\n").joined(separator: " ")
    StandardError.write("hallmarkd: \(line.isEmpty ? "\(error)" : line)\n")
    Glibc.exit(2)
  }
}
