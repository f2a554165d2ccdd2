import DNS
import Synchronization
import Testing

@testable import Hallmark

@Suite struct ReadinessTests {
  typealias Clock = CallerBudgetsTests.Clock

  private final class Resolver: Sendable {
    let outcome = Mutex(Answer.Outcome.noSuchType)
    let asked = Atomic(0)

    func answer() -> Answer {
      asked.add(1, ordering: .relaxed)
      return Answer(Readiness.question, outcome.withLock { $0 })
    }
  }

  private struct Unreadable: Error {}

  static let outcomes: [(Answer.Outcome, Bool)] = [
    (.found([]), true), (.noSuchName, true), (.noSuchType, true), (.failure(.bogus("")), true),
    (.failure(.malformed), true), (.failure(.timeout), false), (.failure(.serverFailure), false),
    (.failure(.refused), false), (.failure(.internalError("x")), false),
  ]

  @Test(arguments: outcomes)
  func theResolverMustAnswer(outcome: Answer.Outcome, isServing: Bool) async {
    let clock = Clock()
    let readiness = Readiness(store: {}, ask: { Answer(Readiness.question, outcome) }, now: { clock.now })
    #expect(readiness.recent() == nil)
    let status = await readiness.status()
    #expect(status.isServing == isServing && (status.problem == nil) == isServing)
    #expect(readiness.recent() == status)
  }

  @Test func theStoreMustBeRead() async {
    let readiness = Readiness(store: { throw Unreadable() }, ask: { Answer(Readiness.question, .noSuchType) })
    #expect(await readiness.status().problem == "the store cannot be read")
  }

  @Test func whatIsKnownHoldsForAWhile() async {
    let (clock, resolver) = (Clock(), Resolver())
    let readiness = Readiness(store: {}, ask: { resolver.answer() }, now: { clock.now })
    _ = await readiness.status()
    clock.advance(Readiness.goodFor)
    #expect(await readiness.status().isServing && resolver.asked.load(ordering: .relaxed) == 1)
    resolver.outcome.withLock { $0 = .failure(.timeout) }
    clock.advance(.milliseconds(1))
    #expect(await !readiness.status().isServing)
    // Who is not ready is asked again soon.
    resolver.outcome.withLock { $0 = .noSuchType }
    #expect(await !readiness.status().isServing)
    clock.advance(Readiness.badFor + .milliseconds(1))
    #expect(await readiness.status().isServing)
    #expect(resolver.asked.load(ordering: .relaxed) == 3)
    clock.advance(Readiness.staleFor + .milliseconds(1))
    #expect(readiness.recent() == nil)
  }

  @Test func whoStopsIsNotReady() async {
    let readiness = Readiness(store: {}, ask: { Answer(Readiness.question, .noSuchType) })
    #expect(await readiness.status().isServing)
    readiness.drain()
    #expect(await readiness.status().name == "NOT_SERVING")
    #expect(readiness.recent()?.name == "NOT_SERVING")
  }
}
