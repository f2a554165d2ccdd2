import ArgumentParser
import Hallmark
import Logging

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
