import Dispatch
import LMDB
import Synchronization

/// Writes on a thread of its own, since a commit waits for the disk; what arrives meanwhile shares the next commit.
final class StoreWriter: Sendable {
  private struct Job {
    let batch: [StoreWrite]
    let continuation: CheckedContinuation<[StoreOutcome], any Error>
  }

  private struct State {
    var jobs: [Job] = []
    var isRunning = false
    var mustMend = false
    var isMending = false
    /// What could not be mended once is left to the operator.
    var isBeyondRepair = false
    /// Values that were found damaged since the start.
    var broken = 0
    var isClosed = false
  }

  /// Batches that share a commit at most, so that the first does not wait long for the last.
  static let maximumGroup = 512

  private let environment: Environment
  private let rules: StoreRules
  private let onRevision: (@Sendable (UInt64) -> Void)?
  private let onRepair: (@Sendable (Result<StoreRepair, any Error>) -> Void)?
  // A serial queue has a thread of its own, apart from the cooperative pool's.
  private let queue = DispatchQueue(label: "hallmark.store.writer")
  private let state = Mutex(State())

  init(
    environment: Environment, rules: StoreRules, onRevision: (@Sendable (UInt64) -> Void)?,
    onRepair: (@Sendable (Result<StoreRepair, any Error>) -> Void)?
  ) {
    self.environment = environment
    self.rules = rules
    self.onRevision = onRevision
    self.onRepair = onRepair
  }

  func commit(_ batch: [StoreWrite]) async throws -> [StoreOutcome] {
    for write in batch { try write.check() }
    guard !batch.isEmpty else { return [] }
    return try await withCheckedThrowingContinuation { continuation in
      let job = Job(batch: batch, continuation: continuation)
      let (isClosed, mustStart) = state.withLock { state in
        guard !state.isClosed else { return (true, false) }
        state.jobs.append(job)
        defer { state.isRunning = true }
        return (false, !state.isRunning)
      }
      if isClosed { continuation.resume(throwing: StoreError.notWritable) }
      if mustStart { queue.async { self.drain() } }
    }
  }

  var broken: Int { state.withLock { $0.broken } }

  /// Has what is damaged taken out before the next commit; soon, and once however often it is asked for meanwhile: who reads a
  /// damaged value while that is under way has met what is being taken out.
  func mend() {
    let mustStart = state.withLock { state in
      guard !state.isClosed, !state.mustMend, !state.isMending, !state.isBeyondRepair else { return false }
      state.mustMend = true
      defer { state.isRunning = true }
      return !state.isRunning
    }
    if mustStart { queue.async { self.drain() } }
  }

  func close() async {
    state.withLock { $0.isClosed = true }
    await withCheckedContinuation { continuation in queue.async { continuation.resume() } }
  }

  private func drain() {
    while true {
      let (group, mustMend) = state.withLock { state in
        let group = state.mustMend ? [] : Array(state.jobs.prefix(StoreWriter.maximumGroup))
        state.jobs.removeFirst(group.count)
        if group.isEmpty, !state.mustMend { state.isRunning = false }
        state.isMending = state.mustMend
        state.mustMend = false
        return (group, state.isMending)
      }
      if mustMend {
        repair()
      } else if group.isEmpty {
        return
      } else {
        run(group)
      }
    }
  }

  private func repair() {
    let rules = self.rules
    let result = Result {
      try StoreError.translating { try environment.write { try rules.mend($0) } }
    }
    state.withLock { state in
      state.isMending = false
      switch result {
      case .success(let repair): state.broken += repair.broken.values.reduce(0, +)
      case .failure: state.isBeyondRepair = true
      }
    }
    onRepair?(result)
  }

  private func run(_ group: [Job]) {
    do {
      let outcomes = try apply(group)
      for (job, outcome) in zip(group, outcomes) { job.continuation.resume(returning: outcome) }
    } catch {
      if case .broken = error as? StoreError { mend() }
      // One batch that meets a damaged value must not take the others with it.
      guard group.count > 1 else { return group[0].continuation.resume(throwing: error) }
      for job in group { run([job]) }
    }
  }

  private func apply(_ group: [Job]) throws -> [[StoreOutcome]] {
    let rules = self.rules
    let (outcomes, before, after) = try StoreError.translating {
      try environment.write { transaction in
        let before = try rules.layout.number(StoreMeta.head, transaction.reading)
        var outcomes: [[StoreOutcome]] = []
        for job in group {
          var outcome: [StoreOutcome] = []
          for write in job.batch { outcome.append(try rules.apply(write, transaction)) }
          outcomes.append(outcome)
        }
        return (outcomes, before, try rules.layout.number(StoreMeta.head, transaction.reading))
      }
    }
    if after != before { onRevision?(after) }
    return outcomes
  }
}
