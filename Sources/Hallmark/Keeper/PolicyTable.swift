import DNS
import IDNA
import JSON
import Posture

/// The whitelist as gateways ask for it: the policy of smtp_tls_policy_maps for a domain.
final class PolicyTable: SocketmapTable {
  private let keeper: Keeper
  private let found: Counter
  private let absent: Counter
  private let failed: Counter

  /// The counters are there from now on, so that a first look-up is seen as a rise.
  init(_ keeper: Keeper) {
    self.keeper = keeper
    let lookups = keeper.metrics.lookups
    (found, absent, failed) = (lookups["ok"], lookups["notfound"], lookups["failure"])
  }

  func answer(for domain: String, last: SocketmapAnswer?) -> SocketmapAnswer { keeper.policy(of: domain, last: last) }

  /// Where the store cannot be read it is not; the look-up that follows says why.
  func isCurrent(_ answer: SocketmapAnswer) -> Bool {
    guard let basis = answer.basis, let commit = try? keeper.store.lastCommit() else { return false }
    return commit == basis.commit && keeper.clock.now < basis.end
  }

  func count(_ answer: SocketmapAnswer) {
    switch answer.reply {
    case .ok: found.add()
    case .notFound: absent.add()
    case .temporary, .permanent: failed.add()
    }
  }
}

extension Keeper {
  /// What a gateway asks for one domain. What can be no mail domain is on no list.
  ///
  /// - Parameters:
  ///   - text: the domain.
  ///   - last: an earlier answer for it. Where the entry is still the same, no JSON is read again.
  func policy(of text: String, last: SocketmapAnswer? = nil) -> SocketmapAnswer {
    // A gateway that speaks SMTPUTF8 asks for U-labels (RFC 6531 section 3.2).
    guard let name = CanonicalName.domain(text) ?? (try? MailDomain(validating: text))?.name else {
      return SocketmapAnswer(.notFound)
    }
    do {
      let (entry, commit) = try store.whitelistEntryAndCommit(of: name)
      guard let entry else { return SocketmapAnswer(.notFound, basis: .init(commit: commit)) }
      // An answer that only the clock decides is not kept: the clock may be set back.
      guard entry.isServed(at: clock.now) else { return SocketmapAnswer(.notFound) }
      let reply = last?.basis?.revision == entry.revision ? last?.reply : nil
      return SocketmapAnswer(
        reply ?? entry.postfixPolicy.map { .ok($0) } ?? .notFound,
        basis: .init(commit: commit, revision: entry.revision, end: entry.expiresAt + Store.graceTime))
    } catch {
      log.error("the whitelist could not be read", metadata: ["reason": "\(error)"])
      return SocketmapAnswer(.temporary("the whitelist cannot be read"))
    }
  }
}

extension WhitelistEntry {
  fileprivate var postfixPolicy: String? {
    (try? JSONValue(parsing: octets)).flatMap(WhitelistFormat.postfixPolicy)
  }
}
