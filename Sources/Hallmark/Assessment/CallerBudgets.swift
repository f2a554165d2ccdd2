import DNS
import Synchronization

/// How many checks each caller may have started: so many at once, and so many a second from then on. What is answered out of
/// the store, and what joins a check that is under way, costs nothing.
final class CallerBudgets: Sendable {
  /// Checks that a caller who has been quiet may start at once: a list of a government's domains in one go.
  static let burst = 2000.0
  /// Checks a second that come back to it.
  static let refill = 50.0
  /// Callers that are remembered. One that has its whole budget needs not be.
  static let maximumCallers = 10_000

  private struct Budget {
    var left: Double
    var at: ContinuousClock.Instant
  }

  private let burst: Double
  private let now: @Sendable () -> ContinuousClock.Instant
  private let budgets = Mutex<[String: Budget]>([:])

  init(burst: Double = CallerBudgets.burst, now: @escaping @Sendable () -> ContinuousClock.Instant = { .now }) {
    self.burst = burst
    self.now = now
  }

  /// Takes one check from a caller's budget.
  ///
  /// - Returns: nil where it was there, else the seconds after which it will be.
  func take(_ caller: String) -> Int? {
    let now = now()
    return budgets.withLock { budgets in
      var budget = filled(budgets[caller], now)
      guard budget.left >= 1 else { return Int(((1 - budget.left) / CallerBudgets.refill).rounded(.up)) }
      budget.left -= 1
      if budgets[caller] == nil, budgets.count >= CallerBudgets.maximumCallers { makeRoom(&budgets, now) }
      budgets[caller] = budget
      return nil
    }
  }

  var remembered: Int { budgets.withLock { $0.count } }

  private func filled(_ budget: Budget?, _ now: ContinuousClock.Instant) -> Budget {
    guard let budget else { return Budget(left: burst, at: now) }
    let (seconds, attoseconds) = (now - budget.at).components
    let passed = Double(seconds) + Double(attoseconds) / 1e18
    return Budget(left: min(burst, budget.left + passed * CallerBudgets.refill), at: now)
  }

  /// Forgets who has all back; where that is nobody, everybody: ten thousand callers at once are held by the bound on all
  /// checks together.
  private func makeRoom(_ budgets: inout [String: Budget], _ now: ContinuousClock.Instant) {
    budgets = budgets.filter { filled($0.value, now).left < burst }
    if budgets.count >= CallerBudgets.maximumCallers { budgets = [:] }
  }

  /// Whose budget an address draws on: a host of IPv6 has as many addresses as it likes within its own network of 64 bits
  /// (RFC 4291 section 2.5.4).
  static func key(ofAddress text: String) -> String {
    // An address of IPv4 that came in by a socket of IPv6 stays apart (RFC 4291 section 2.5.5.2).
    guard let address = IPAddress(text), address.isIPv6, address.octets.prefix(8).contains(where: { $0 != 0 }) else {
      return text
    }
    return Hex.encode(Array(address.octets.prefix(8))) + "/64"
  }
}
