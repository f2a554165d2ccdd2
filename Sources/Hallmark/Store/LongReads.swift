import Dispatch
import Synchronization

/// A thread for what reads long, one after the other: the cooperative pool has no more threads than there are processors, and
/// calls are answered on them.
final class LongReads: Sendable {
  /// Backups, and what clears up: minutes.
  static let maintenance = LongReads("maintenance")
  /// What the service does by itself, and at the end of which nobody waits: seconds.
  static let background = LongReads("background")
  /// Pages, for somebody who waits.
  static let pages = LongReads("pages")

  /// Whether the result of a read is not wanted any more.
  final class Cancellation: Sendable {
    /// Of what is short, or not to be cut off.
    static let never = Cancellation()

    private let isAskedFor = Atomic(false)

    fileprivate func ask() { isAskedFor.store(true, ordering: .relaxed) }

    /// For what reads, between one value and the next.
    ///
    /// - Throws: `CancellationError` where it is to end.
    func check() throws {
      if isAskedFor.load(ordering: .relaxed) { throw CancellationError() }
    }
  }

  private let queue: DispatchQueue

  private init(_ name: String) { queue = DispatchQueue(label: "hallmark.store.\(name)") }

  /// Runs the body, and waits for it.
  ///
  /// - Throws: what the body throws; `CancellationError` where the caller was cancelled before it began.
  func run<Result: Sendable>(_ body: @escaping @Sendable (Cancellation) throws -> Result) async throws -> Result {
    let cancellation = Cancellation()
    return try await withTaskCancellationHandler {
      try await withCheckedThrowingContinuation { continuation in
        queue.async {
          continuation.resume(
            with: Swift.Result {
              try cancellation.check()
              return try body(cancellation)
            })
        }
      }
    } onCancel: {
      cancellation.ask()
    }
  }
}
