import DNS
import JSON
import JSONRPC
import Logging
import Posture
import Synchronization

/// Between what Hallmark knows and what the store keeps: it turns examinations into writes and stored bytes into
/// answers, and decides what a check means for the whitelist.
final class Keeper: Sendable {
  /// How long before its expiry a record is renewed at the earliest, in hundredths of its lifetime.
  static let earliestRenewal: Int64 = 15
  /// How long evidence is kept behind its expiry where nobody watches, in seconds: longer than a host may be dead
  /// before it no longer counts.
  static let keptAfterExpiry: Int64 = 8 * 86_400

  let store: Store
  let standards: Standards
  /// What the records of this service are judged by.
  let judgement: Judgement
  let clock: WallClock
  let log: Logger
  let metrics: Metrics
  let bell = RevisionBell()
  /// Told when something may be due earlier than was known.
  private let onDue = Mutex<DueHook?>(nil)
  /// The commit that the oldest reader was last seen to look at, and since when.
  let heldBack = Mutex<(commit: UInt64, since: Timestamp)?>(nil)

  init(store: Store, standards: Standards, clock: WallClock, log: Logger, metrics: Metrics = Metrics()) {
    self.metrics = metrics
    self.store = store
    self.standards = standards
    judgement = Judgement(standard: standards.preferred.identity, programVersion: Version.current)
    self.clock = clock
    self.log = log
  }

  /// A closure that stands in a generic place by itself is wrapped once more at each access, and each call then goes
  /// through all the wraps; within a structure it is not.
  private struct DueHook: Sendable { let call: @Sendable () -> Void }

  func wakeOnDue(_ body: @escaping @Sendable () -> Void) { onDue.withLock { $0 = DueHook(call: body) } }

  func noteDue() { onDue.withLock { $0 }?.call() }

  /// What is known of a domain beside its evidence.
  struct Known {
    let selectors: [String]
    let assurance: Assurance?
    /// Where it is on the whitelist: until when it stays there without a check that tells more.
    let listedUntil: Timestamp?
  }

  func known(_ domain: DomainName) -> Known {
    Known(
      selectors: reading { try store.watchEntry(of: domain) }?.selectors ?? [],
      assurance: reading { try store.assurance(of: domain) },
      listedUntil: reading { try store.whitelistEntry(of: domain) }.map { $0.expiresAt + Store.graceTime })
  }

  /// Lends the stored bytes of a record that may be served as it is: not expired, of the service's standard, by this program.
  ///
  /// - Returns: false where there are none, or where what was lent turned out to be broken, and is not to be used.
  func lendFreshRecord(of domain: DomainName, _ body: (UnsafeRawBufferPointer) -> Void) -> Bool {
    let now = clock.now
    return reading {
      try store.withLentRecord(of: domain) { header, json -> Bool in
        guard header.expiresAt > now, !header.isFromTheFuture(at: now), header.isOf(judgement) else { return false }
        body(json)
        return true
      }
    } ?? false
  }

  /// A copy of them.
  func freshRecord(_ domain: DomainName) -> [UInt8]? {
    var copy: [UInt8]?
    return lendFreshRecord(of: domain) { copy = [UInt8]($0) } ? copy : nil
  }

  /// When the record of a domain was checked; nil where there is none.
  func checkedAt(of domain: DomainName) -> Timestamp? {
    reading { try store.withLentRecord(of: domain) { header, _ in header.checkedAt } }
  }

  func revision(of domain: DomainName) -> UInt64 {
    reading { try store.withLentRecord(of: domain) { header, _ in header.revision } } ?? 0
  }

  func evidence(of domain: DomainName) -> Evidence {
    guard let blob = reading({ try store.evidence(of: domain) }) else { return Evidence() }
    let kept = keptEndpoints
    return Evidence(serialized: blob.octets, endpoint: kept.endpoint, versions: kept.versions) ?? Evidence()
  }

  /// Shared evidence of endpoints.
  var keptEndpoints: EndpointObserver.KeptEndpoints {
    EndpointObserver.KeptEndpoints(
      endpoint: { [self] in endpointBlob($0.storeKey).flatMap { Observed(serialized: $0) } },
      versions: { [self] key in
        VersionsRound.last(key, at: clock.now) { endpointBlob($0.storeKey).flatMap { Observed(serialized: $0) } }
      })
  }

  private func endpointBlob(_ key: [UInt8]) -> [UInt8]? {
    reading { try store.endpoints([key])[key] }?.octets
  }

  /// The moment that evidence must outlast, where the domain's record is about to expire: what expires with it is
  /// renewed with it.
  func horizon(of domain: DomainName) -> Timestamp? {
    let now = clock.now
    let times = reading { try store.withLentRecord(of: domain) { header, _ in (header.checkedAt, header.expiresAt) } }
    guard let (checkedAt, expiresAt) = times, expiresAt > now else { return nil }
    // Not less than the due time was drawn from, or the renewal finds nothing to ask and the record keeps its short rest.
    let early = max(0, expiresAt - checkedAt) * Keeper.earliestRenewal / 100 + 1
    return expiresAt - now <= early ? expiresAt : nil
  }

  /// Forgets what expired long ago.
  func prune() async {
    do {
      while try await store.prune(expiredBefore: clock.now + -Keeper.keptAfterExpiry) > 0 {}
    } catch is CancellationError {
      // The service ends; what is left is forgotten by the next one.
    } catch {
      log.error("the store could not be pruned", metadata: ["reason": "\(error)"])
    }
  }

  // MARK: The whitelist's grace

  /// Takes off the whitelist what is past its grace.
  ///
  /// - Returns: whether that could be kept. What could not is past its grace all the same, and does not go out.
  @discardableResult
  func lapse() async -> Bool {
    do {
      var isMore = true
      while isMore {
        let found = try await store.lapse(at: clock.now)
        for lapse in found.lapses { note(.left, of: lapse.domain, lapse.revision) }
        if !found.lapses.isEmpty { noteDue() }
        isMore = found.isMore
      }
      return true
    } catch {
      log.error("the whitelist could not be kept up", metadata: ["reason": "\(error)"])
      return false
    }
  }

  /// When the first entry of the whitelist may be past its grace.
  func nextLapse() -> Timestamp? { reading { try store.nextLapse() } }

  // MARK: The due queue

  func claim(_ order: ClaimOrder, limit: Int) async -> Claims {
    do {
      return try await store.claim(order, at: clock.now, limit: limit, lease: Store.longestLease)
    } catch {
      log.error("the store could not be read", metadata: ["reason": "\(error)"])
      return Claims(claims: [], next: nil)
    }
  }

  func nextClaim(after now: Timestamp) async -> Timestamp? {
    do {
      return try await store.nextClaim(after: now)
    } catch {
      log.error("the store could not be read", metadata: ["reason": "\(error)"])
      return nil
    }
  }

  /// Whether the domain is due though it was just renewed: what was found could not be kept.
  func isStillDue(_ domain: DomainName) -> Bool {
    reading { try store.watchEntry(of: domain) }.map { $0.dueAt <= clock.now } ?? false
  }

  /// Has the domain looked at as soon as there is room.
  func makeDue(_ domain: DomainName) async {
    do {
      let now = clock.now
      // One that has been due for longer keeps its place.
      guard let entry = try store.watchEntry(of: domain), entry.dueAt > now else { return }
      try await store.commit([.reschedule(domain, dueAt: now)])
      noteDue()
    } catch {
      log.error("a domain could not be rescheduled", metadata: ["domain": "\(domain)", "reason": "\(error)"])
    }
  }

  // MARK: Failures

  /// The same as `reading` for what reads long, on a thread of its own; nil too where the caller is cancelled.
  func reading<Value: Sendable>(
    apart thread: LongReads, _ body: @escaping @Sendable (LongReads.Cancellation) throws -> Value?
  ) async -> Value? {
    do {
      return try await thread.run(body)
    } catch is CancellationError {
      return nil
    } catch {
      return reading { throw error }
    }
  }

  /// A read of the store; a failure is logged and reads as nothing known, so that a damaged value costs a check and no more.
  func reading<Value>(_ body: () throws -> Value?) -> Value? {
    do {
      return try body()
    } catch {
      log.error("the store could not be read", metadata: ["reason": "\(error)"])
      return nil
    }
  }
}
