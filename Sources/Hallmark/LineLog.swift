import JSON
import Logging
import Posture

#if canImport(Glibc)
  import Glibc
#endif

/// Log lines on standard error: `TIME LEVEL message key=value`, or one JSON object a line.
public struct LineLog: LogHandler {
  public var metadata: Logger.Metadata = [:]
  public var logLevel: Logger.Level
  private let format: Settings.LogFormat

  /// For `LoggingSystem.bootstrap`.
  public static func handler(label: String, settings: Settings) -> any LogHandler {
    LineLog(logLevel: settings.logLevel, format: settings.logFormat)
  }

  private init(logLevel: Logger.Level, format: Settings.LogFormat) {
    self.logLevel = logLevel
    self.format = format
  }

  public subscript(metadataKey key: String) -> Logger.Metadata.Value? {
    get { metadata[key] }
    set { metadata[key] = newValue }
  }

  public func log(event: LogEvent) {
    let level = event.level
    let message = event.message
    let all = metadata.merging(event.metadata ?? [:]) { $1 }.sorted { $0.key < $1.key }
    let time = WallClock.system.now.description
    let text: String
    switch format {
    case .text:
      // Remote text was escaped when it became metadata's value; a line break would begin a line of its own.
      let pairs = all.map { " \($0.key)=\(TextReport.printable("\($0.value)"))" }.joined()
      text = "\(time) \(level.rawValue) \(message)\(pairs)\n"
    case .json:
      var object: JSONObject = [
        "time": .string(time), "level": .string(level.rawValue), "message": .string("\(message)"),
      ]
      for (key, value) in all { object[key] = .string("\(value)") }
      text = String(decoding: JSONValue.object(object).serialized(), as: UTF8.self) + "\n"
    }
    var octets = Array(text.utf8)
    // One write a line, so that lines of several threads do not mix.
    _ = octets.withUnsafeMutableBytes { write(STDERR_FILENO, $0.baseAddress, $0.count) }
  }
}
