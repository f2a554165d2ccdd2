import Synchronization
import Testing

@testable import Hallmark

@Suite struct FlightTests {
  /// Work that goes on until it is cancelled, and says that it was.
  private static let endless: @Sendable () async -> Bool = {
    try? await Task.sleep(for: .seconds(3600))
    return Task.isCancelled
  }

  @Test("a waiter whose time is up already is told so, however soon that is")
  func noTime() async {
    let flight = Flight<Int>()
    for nanoseconds in -5..<45 {
      #expect(await flight.result(within: .nanoseconds(nanoseconds)) == nil)
    }
    flight.land(1)
    #expect(await flight.result(within: .zero) == 1)
  }

  @Test("who gives up leaves the others waiting")
  func givingUp() async {
    let flight = Flight<Int>()
    async let patient = flight.result()
    #expect(await flight.result(within: .milliseconds(1)) == nil)
    let cancelled = Task { await flight.result() }
    cancelled.cancel()
    #expect(await cancelled.value == nil)
    flight.land(2)
    #expect(await patient == 2)
  }

  @Test("whoever asks for the same joins; a refusal is of what would have to be begun")
  func joining() async {
    let flights = SingleFlight<String, Bool>()
    let first = flights.join("a", work: Self.endless)
    #expect(flights.join("a", mayBegin: { _ in false }, work: Self.endless) === first)
    #expect(flights.join("b", mayBegin: { $0 == 0 }, work: Self.endless) == nil)
    #expect(flights.flight { $0 == "a" } === first && flights.count == 1)
    flights.cancelAll()
    #expect(await first.result() == true)
  }

  @Test(
    "at the end all that is under way is cancelled, and so is what is begun after; who waits for it knows when it has ended"
  )
  func ending() async {
    let flights = SingleFlight<Int, Bool>()
    let begun = (0..<50).map { flights.join($0, work: Self.endless) }
    flights.cancelAll()
    let late = flights.join(50, work: Self.endless)
    #expect(await flights.drained(until: .now + .seconds(60)))
    #expect(flights.count == 0)
    for flight in begun + [late] { #expect(await flight.result() == true) }

    // What does not heed it is not waited for beyond the deadline.
    let gate = Flight<Bool>()
    let deaf = flights.join(51) { await Task { await gate.result() }.value ?? false }
    #expect(await !flights.drained(until: .now + .milliseconds(1)))
    gate.land(false)
    #expect(await deaf.result() == false)
  }
}
