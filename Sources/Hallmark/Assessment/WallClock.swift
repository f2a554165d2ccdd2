import Posture

#if canImport(Glibc)
  import Glibc
#endif

/// Where the application takes the time from; handed in, so that a test can step it.
public struct WallClock: Sendable {
  private let read: @Sendable () -> Timestamp

  public init(_ read: @escaping @Sendable () -> Timestamp) { self.read = read }

  public var now: Timestamp { read() }

  /// The machine's own clock.
  public static let system = WallClock {
    // Asked for each record that is served: the kernel has the second ready.
    Timestamp(seconds: Int64(time(nil)))
  }
}
