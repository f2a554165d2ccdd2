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

  /// Asked now and then by what reads: its result is not wanted any more.
  typealias Cancellation = @Sendable () -> Bool

  private final class Flag: Sendable {
    let isUp = Atomic(false)
  }

  private let queue: DispatchQueue

  private init(_ name: String) { queue = DispatchQueue(label: "hallmark.store.\(name)") }

  /// Runs the body, and waits for it.
  ///
  /// - Throws: what the body throws; `CancellationError` where the caller was cancelled before it began.
  func run<Result: Sendable>(_ body: @escaping @Sendable (_ isCancelled: Cancellation) throws -> Result) async throws
    -> Result
  {
    let flag = Flag()
    return try await withTaskCancellationHandler {
      try await withCheckedThrowingContinuation { continuation in
        queue.async {
          continuation.resume(
            with: Swift.Result {
              guard !flag.isUp.load(ordering: .relaxed) else { throw CancellationError() }
              return try body { flag.isUp.load(ordering: .relaxed) }
            })
        }
      }
    } onCancel: {
      flag.isUp.store(true, ordering: .relaxed)
    }
  }
}
