import Synchronization
import Testing

@testable import Hallmark

/// Lines in the order they were added.
private final class Lines: Sendable {
  private let lines = Mutex<[String]>([])
  var all: [String] { lines.withLock { $0 } }
  func add(_ line: String) { lines.withLock { $0.append(line) } }
}

@Suite struct `A gate` {
  @Test func `lets callers in before the verifier, each in its order, and keeps the verifier to its share`() async {
    let gate = AsyncGate(2, shares: .init(verifier: 1))
    let order = Lines()
    await gate.enter(.verifier)
    await gate.enter(.caller)
    await withTaskGroup(of: Void.self) { group in
      for (index, urgency) in [Urgency.verifier, .verifier, .caller, .caller].enumerated() {
        group.addTask {
          await gate.enter(urgency)
          order.add("\(urgency.rawValue) \(index)")
          gate.leave(urgency)
        }
        // The next comes once this one waits.
        while gate.waiting < index + 1 { await Task.yield() }
      }
      gate.leave(.caller)
      while order.all.count < 2 { await Task.yield() }
      #expect(order.all == ["caller 2", "caller 3"])
      gate.leave(.verifier)
      await group.waitForAll()
    }
    #expect(order.all == ["caller 2", "caller 3", "verifier 0", "verifier 1"])
  }

  @Test func `keeps places from strangers and the verifier together for who is soon done`() async {
    let gate = AsyncGate(3, shares: .init(stranger: 2, verifier: 1))
    let order = Lines()
    await gate.enter(.verifier)
    await gate.enter(.stranger)
    await withTaskGroup(of: Void.self) { group in
      for (index, urgency) in [Urgency.stranger, .verifier].enumerated() {
        group.addTask {
          await gate.enter(urgency)
          order.add("\(urgency.rawValue) \(index)")
        }
        while gate.waiting < index + 1 { await Task.yield() }
      }
      // A place is free, and it is not theirs.
      await gate.enter(.caller)
      gate.leave(.caller)
      #expect(order.all.isEmpty && gate.waiting == 2)
      gate.leave(.stranger)
      while order.all.isEmpty { await Task.yield() }
      #expect(order.all == ["stranger 0"] && gate.waiting == 1)
      gate.leave(.stranger)
      // The verifier has its share already.
      #expect(gate.waiting == 1)
      gate.leave(.verifier)
      await group.waitForAll()
    }
    #expect(order.all == ["stranger 0", "verifier 1"])
  }
}
