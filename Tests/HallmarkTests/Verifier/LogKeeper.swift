import Logging
import Synchronization

/// Keeps what is logged.
struct LogKeeper: LogHandler {
  let lines: Lines
  var metadata: Logger.Metadata = [:]
  var logLevel = Logger.Level.info

  final class Lines: Sendable {
    private let kept = Mutex<[(message: String, metadata: Logger.Metadata)]>([])
    var all: [(message: String, metadata: Logger.Metadata)] { kept.withLock { $0 } }
    func add(_ message: String, _ metadata: Logger.Metadata) { kept.withLock { $0.append((message, metadata)) } }
  }

  subscript(metadataKey key: String) -> Logger.Metadata.Value? {
    get { metadata[key] }
    set { metadata[key] = newValue }
  }

  func log(event: LogEvent) { lines.add("\(event.message)", event.metadata ?? [:]) }
}
