import DNS
import JSONRPC
import Synchronization

/// Whether the service can do its work: the store can be read, and the resolver answers.
///
/// It is found out when somebody asks and what is known is no longer new, never by itself.
final class Readiness: Sendable {
  /// How long the resolver may take to answer.
  static let patience = Duration.seconds(5)
  /// How long a good answer holds for who can wait for another.
  static let goodFor = Duration.seconds(10)
  /// How long a bad one does.
  static let badFor = Duration.seconds(1)
  /// How long either holds for who cannot wait.
  static let staleFor = Duration.seconds(30)

  struct Status: Hashable, Sendable {
    /// What is wrong, in a phrase; nil where the service is ready.
    let problem: String?

    var isServing: Bool { problem == nil }
    var name: String { isServing ? "SERVING" : "NOT_SERVING" }
  }

  private let store: @Sendable () throws -> Void
  private let ask: @Sendable () async -> Answer
  private let now: @Sendable () -> ContinuousClock.Instant
  private let known = Mutex<(status: Status, at: ContinuousClock.Instant)?>(nil)
  private let questions = SingleFlight<Bool, Status>()
  private let isDraining = Atomic(false)

  /// - Parameters:
  ///   - store: reads something of the store.
  ///   - ask: asks the resolver something that it cannot answer out of a cache of ours.
  init(
    store: @escaping @Sendable () throws -> Void, ask: @escaping @Sendable () async -> Answer,
    now: @escaping @Sendable () -> ContinuousClock.Instant = { .now }
  ) {
    self.store = store
    self.ask = ask
    self.now = now
  }

  /// From now on the service is not ready, whatever else is so: it stops.
  func drain() { isDraining.store(true, ordering: .relaxed) }

  /// What was found out lately; nil where `status` has to be asked.
  func recent(within age: Duration = staleFor) -> Status? {
    if isDraining.load(ordering: .relaxed) { return Status(problem: "the service is stopping") }
    return known.withLock { known in
      guard let known, now() - known.at <= (known.status.isServing ? age : min(age, Readiness.badFor)) else {
        return nil
      }
      return known.status
    }
  }

  /// Asks the resolver where what is known is no longer new; however many want to know, it is asked once.
  func status() async -> Status {
    if let recent = recent(within: Readiness.goodFor) { return recent }
    let flight = questions.join(true) { [self] in
      let status = await look()
      known.withLock { $0 = (status, now()) }
      return status
    }
    return await flight.result(within: Readiness.patience)
      ?? Status(problem: "the resolver has not answered within \(Readiness.patience.components.seconds) seconds")
  }

  private func look() async -> Status {
    do {
      try store()
    } catch {
      return Status(problem: "the store cannot be read")
    }
    switch await ask().failure {
    // Whatever it says, it is there; what it says of signatures is for each record to tell.
    case nil, .bogus, .malformed: return Status(problem: nil)
    case .timeout?, .serverFailure?, .refused?, .internalError?: return Status(problem: "the resolver does not answer")
    }
  }
}

extension Readiness {
  /// The root's name servers: every resolver can tell them, and most have them at hand.
  static let question = Question(.root, .ns)
}
