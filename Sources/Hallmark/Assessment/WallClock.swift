import Posture

#if canImport(Glibc)
  import Glibc
#endif

/// Where the application takes the time from; handed in, so that a test can step it.
public struct WallClock: Sendable {
  /// nil for the machine's own, which is asked for each record that is served: no closure has to be held for that.
  private let read: (@Sendable () -> Timestamp)?

  public init(_ read: @escaping @Sendable () -> Timestamp) { self.read = read }

  private init() { read = nil }

  public var now: Timestamp {
    // The kernel has the second ready.
    read?() ?? Timestamp(seconds: Int64(time(nil)))
  }

  /// The machine's own clock.
  public static let system = WallClock()
}
