import Synchronization
import Testing

@testable import Hallmark

@Suite struct CallerBudgetsTests {
  /// A clock that a test moves.
  final class Clock: Sendable {
    private let instant = Mutex(ContinuousClock.now)
    var now: ContinuousClock.Instant { instant.withLock { $0 } }
    func advance(_ time: Duration) { instant.withLock { $0 += time } }
  }

  @Test func whatIsSpentComesBackWithTime() {
    let clock = Clock()
    let budgets = CallerBudgets(burst: 100, now: { clock.now })
    #expect((0..<100).allSatisfy { _ in budgets.take("a") == nil })
    #expect(budgets.take("a") == 1)
    #expect(budgets.take("b") == nil, "another caller's is another")
    clock.advance(.milliseconds(100))
    #expect((0..<5).allSatisfy { _ in budgets.take("a") == nil })
    #expect(budgets.take("a") == 1)
    clock.advance(.seconds(3600))
    #expect((0..<100).allSatisfy { _ in budgets.take("a") == nil })
    #expect(budgets.take("a") == 1, "it does not grow beyond the burst")
  }

  @Test func manyCallersTakeBoundedMemory() {
    let clock = Clock()
    let budgets = CallerBudgets(burst: 2, now: { clock.now })
    _ = budgets.take("first")
    _ = budgets.take("first")
    clock.advance(.milliseconds(5))
    for number in 0..<(CallerBudgets.maximumCallers - 1) { _ = budgets.take("\(number)") }
    #expect(budgets.remembered == CallerBudgets.maximumCallers)
    clock.advance(.seconds(1))
    #expect(budgets.take("one more") == nil)
    #expect(budgets.remembered == 1, "who has all back is forgotten")
  }

  static let addresses: [(String, String)] = [
    ("192.0.2.1", "192.0.2.1"), ("local", "local"), ("::ffff:192.0.2.1", "::ffff:192.0.2.1"), ("::1", "::1"),
    ("2001:db8:1:2::1", "20010db800010002/64"), ("2001:db8:1:2:ffff::9", "20010db800010002/64"),
    ("2001:db8:1:3::1", "20010db800010003/64"),
  ]

  @Test(arguments: addresses)
  func keys(address: String, key: String) { #expect(CallerBudgets.key(ofAddress: address) == key) }
}
