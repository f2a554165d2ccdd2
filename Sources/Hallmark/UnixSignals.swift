@preconcurrency import Dispatch

#if canImport(Glibc)
  import Glibc
#endif

/// SIGHUP as a sequence.
enum UnixSignals {
  static func hangups() -> AsyncStream<Void> {
    signal(SIGHUP, SIG_IGN)
    return AsyncStream { continuation in
      let source = DispatchSource.makeSignalSource(signal: SIGHUP, queue: .global())
      source.setEventHandler { continuation.yield() }
      continuation.onTermination = { _ in source.cancel() }
      source.resume()
    }
  }
}
