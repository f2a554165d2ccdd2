import Dispatch
import Foundation
import Logging
import Testing

@testable import Hallmark

@Suite struct `Reads that take long` {
  @Test func `run apart from who waits for them`() async throws {
    // Held up by this test itself: where a read ran on the pool's threads, as many as there are would be the end of it.
    let gates = (0..<ProcessInfo.processInfo.activeProcessorCount + 2).map { _ in DispatchSemaphore(value: 0) }
    let numbers = try await withThrowingTaskGroup(of: Int?.self) { group in
      for (number, gate) in gates.enumerated() {
        group.addTask {
          try await LongReads.background.run { _ in
            gate.wait()
            return number
          }
        }
      }
      group.addTask {
        for gate in gates { gate.signal() }
        return nil
      }
      return try await group.reduce(into: []) { numbers, number in numbers += number.map { [$0] } ?? [] }
    }
    #expect(numbers.sorted() == Array(gates.indices))
  }

  @Test func `hear of it when their result is not wanted any more, and are not begun then`() async throws {
    let begun = DispatchSemaphore(value: 0)
    let reading = Task {
      try await LongReads.background.run { cancellation in
        begun.signal()
        while true {
          try cancellation.check()
          usleep(100)
        }
      }
    }
    try await offPool { begun.wait() }
    let waiting = Task { try await LongReads.background.run { _ in Issue.record("it was begun") } }
    waiting.cancel()
    reading.cancel()
    await #expect(throws: CancellationError.self) { try await reading.value }
    await #expect(throws: CancellationError.self) { try await waiting.value }
  }

  @Test func `what is cut off is no error`() async throws {
    let lines = LogKeeper.Lines()
    let time = VirtualTime()
    let service = try VirtualService(
      time, VirtualWorld(time), StoreFixture(), log: Logger(label: "test") { _ in LogKeeper(lines: lines) })
    let cut = Task {
      withUnsafeCurrentTask { $0?.cancel() }
      await service.keeper.prune()
      return await service.keeper.outdated(after: nil, limit: 1) == nil
    }
    #expect(await cut.value)
    #expect(lines.all.isEmpty)
  }

  @Test func `a day's count that is cut off leaves what was counted before`() async throws {
    let door = try await Door(StoreFixture())
    try await door.store.commit([.watch("a.gov.uk"), .check("a.gov.uk", "secure")])
    let tally = DailyTally(keeper: door.keeper)
    await tally.count()
    try await door.store.commit([.check("a.gov.uk", "insecure")])
    let cut = Task {
      withUnsafeCurrentTask { $0?.cancel() }
      await tally.count()
    }
    await cut.value
    #expect(try door.store.tallies(of: nil, since: epoch.day).map(\.tally) == [VerdictTally(secure: 1)])
    await door.close()
  }
}
