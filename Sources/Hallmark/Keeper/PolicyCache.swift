import DNS
import JSON
import Synchronization

/// What entries of the whitelist say in Postfix's words, so that a look-up reads no JSON. An entry is still read from the
/// store each time: the revision says whether what is kept is of the same entry.
final class PolicyCache: Sendable {
  /// Some 200 octets each; beyond it everything is forgotten, and comes again as it is asked for.
  static let maximumEntries = 20_000

  private let policies = Mutex<[DomainName: (revision: UInt64, policy: String?)]>([:])

  func policy(of entry: WhitelistEntry) -> String? {
    let known = policies.withLock { $0[entry.domain] }
    if let known, known.revision == entry.revision { return known.policy }
    let policy = (try? JSONValue(parsing: entry.octets)).flatMap(WhitelistFormat.postfixPolicy)
    policies.withLock { policies in
      if policies.count >= PolicyCache.maximumEntries { policies = [:] }
      policies[entry.domain] = (entry.revision, policy)
    }
    return policy
  }
}
