import JSON
import Synchronization

/// A request or batch in which some calls are still to be answered. It answers once: when the last call is done, or
/// when whoever carries the request says that the caller's deadline passed.
public final class Exchange: Sendable {
  /// Calls of one batch that run at once.
  public static let concurrency = 16

  struct Waiting: Sendable {
    let id: JSONValue?
    let method: Method
    let call: Call
    let slow: Method.Slow
    let observer: Dispatcher.Observer?

    func note(_ error: RPCError?) {
      observer?(CallRecord(method: method, parameters: call.parameters, caller: call.caller, error: error))
    }
  }

  enum Slot: Sendable {
    /// nil for a notification.
    case answered(RPCReply?)
    case waiting(Waiting)
  }

  private struct State {
    var slots: [Slot]
    var completion: (@Sendable (RPCReply?) -> Void)?
    var task: Task<Void, Never>?
    var isOver = false
  }

  private let isBatch: Bool
  private let state: Mutex<State>

  init(_ slots: [Slot], isBatch: Bool) {
    self.isBatch = isBatch
    state = Mutex(State(slots: slots))
  }

  /// Runs the slow calls in a task that this exchange owns. `completion` is called once, with nil where nothing is to
  /// be sent; never after `cancel`.
  public func run(completion: @escaping @Sendable (RPCReply?) -> Void) {
    let calls = state.withLock { state -> [(Int, Waiting)] in
      state.completion = completion
      return state.slots.enumerated().compactMap { place, slot in
        if case .waiting(let waiting) = slot { (place, waiting) } else { nil }
      }
    }
    let task = Task { await self.perform(calls) }
    let isOver = state.withLock { state in
      state.task = task
      return state.isOver
    }
    if isOver { task.cancel() }
  }

  /// Answers what is still open with DEADLINE_EXCEEDED.
  public func expire() {
    finish { slots in
      for (place, slot) in slots.enumerated() {
        guard case .waiting(let waiting) = slot else { continue }
        waiting.note(.deadlineExceeded)
        slots[place] = .answered(waiting.id.map { RPCReply(.deadlineExceeded, id: $0) })
      }
    }
  }

  /// Nobody waits for the answer any more.
  public func cancel() {
    let task = state.withLock { state in
      state.isOver = true
      state.completion = nil
      return state.task
    }
    task?.cancel()
  }

  private func perform(_ calls: [(Int, Waiting)]) async {
    await withTaskGroup(of: Void.self) { group in
      for (started, (place, waiting)) in calls.enumerated() {
        if started >= Exchange.concurrency { await group.next() }
        group.addTask { self.settle(place, waiting, await Exchange.answer(waiting)) }
      }
    }
    finish { _ in }
  }

  private static func answer(_ waiting: Waiting) async -> Result<RPCResult, RPCError> {
    do {
      return .success(try await waiting.slow(waiting.call))
    } catch {
      return .failure(error)
    }
  }

  private func settle(_ place: Int, _ waiting: Waiting, _ outcome: Result<RPCResult, RPCError>) {
    let reply: RPCReply?
    var failure: RPCError?
    switch outcome {
    case .success(let result): reply = waiting.id.map { RPCReply(result, id: $0) }
    case .failure(let error):
      reply = waiting.id.map { RPCReply(error, id: $0) }
      failure = error
    }
    let isFirst = state.withLock { state in
      guard case .waiting = state.slots[place] else { return false }
      state.slots[place] = .answered(reply)
      return !state.isOver
    }
    // What was answered by the deadline, or is asked by nobody any more, has been told or needs not be.
    if isFirst { waiting.note(failure) }
  }

  /// The first caller completes the exchange; the lock is not held while it does.
  private func finish(_ close: (inout [Slot]) -> Void) {
    let ending = state.withLock {
      state -> (slots: [Slot], done: @Sendable (RPCReply?) -> Void, task: Task<Void, Never>?)? in
      guard !state.isOver, let completion = state.completion else { return nil }
      state.isOver = true
      state.completion = nil
      close(&state.slots)
      return (state.slots, completion, state.task)
    }
    guard let ending else { return }
    ending.task?.cancel()
    ending.done(Exchange.assemble(ending.slots, isBatch: isBatch))
  }

  static func assemble(_ slots: [Slot], isBatch: Bool) -> RPCReply? {
    let replies = slots.compactMap { if case .answered(let reply) = $0 { reply } else { nil } }
    // JSON-RPC 2.0 section 6: never an empty array.
    guard !replies.isEmpty else { return nil }
    return isBatch ? RPCReply(batch: replies) : replies[0]
  }
}
