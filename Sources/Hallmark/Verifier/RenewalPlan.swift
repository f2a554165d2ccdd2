import DNS
import Posture

/// Which of the due domains come first.
///
/// While the verifier keeps up, that is the longest due. Behind a gap (it was switched off for a week, the resolver was gone)
/// the domains of the whitelist come first, since gateways go by them; and then the others get as long as that took, so that
/// a verifier which never catches up starves nobody.
struct RenewalPlan: Hashable, Sendable {
  /// How late a domain must be for the whitelist to go first, in seconds.
  static let lateness: Int64 = 120
  /// How long the others have their turn at least, in seconds.
  static let shortestRest: Int64 = 300

  private enum State: Hashable, Sendable {
    case inOrder(notBefore: Timestamp?)
    /// Through the whitelist: after which name, and since when.
    case listed(after: DomainName?, since: Timestamp)
  }

  private var state = State.inOrder(notBefore: nil)

  /// What is to be claimed next.
  var order: ClaimOrder {
    switch state {
    case .inOrder: .oldest
    case .listed(let name, _): .listed(after: name)
    }
  }

  /// Takes note of when the longest due is due since; true where the whitelist now goes first.
  mutating func begins(oldest dueAt: Timestamp, at now: Timestamp) -> Bool {
    guard case .inOrder(let notBefore) = state, now - dueAt > RenewalPlan.lateness, now >= notBefore ?? now else {
      return false
    }
    state = .listed(after: nil, since: now)
    return true
  }

  /// Takes note of where a page of the whitelist ended; nil: at its end.
  mutating func went(to next: DomainName?, at now: Timestamp) {
    guard case .listed(_, let since) = state else { return }
    guard let next else {
      state = .inOrder(notBefore: now + max(now - since, RenewalPlan.shortestRest))
      return
    }
    state = .listed(after: next, since: since)
  }
}
