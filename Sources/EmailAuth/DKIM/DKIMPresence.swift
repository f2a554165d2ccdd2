import DNS

/// Whether a domain publishes DKIM keys, as far as that can be told without knowing its selectors.
///
/// Keys cannot be listed. Two signs are looked for: a key at a selector that providers commonly use; and a name
/// `_domainkey` that exists though a random name below it does not, so that something else must stand there (RFC 8020
/// section 2). A wildcard answers for names that nobody published, and proves nothing.
public struct DKIMPresence: Hashable, Sendable {
  /// Why it is known, or cannot be.
  public enum Basis: Hashable, Sendable {
    /// Some answer is not at hand: get what the source was asked for, then ask again.
    case pending
    /// A usable key stands at a common selector.
    case key(DKIMSelector)
    /// `_domainkey` exists, and a random selector does not.
    case namesBelow
    /// Neither `_domainkey` nor a common selector exists.
    case nothing
    /// A random selector has an answer too.
    case wildcard
    /// All that is seen is keys that are revoked or cannot be used, and other keys may stand beside them.
    case unusableKeys
    /// `_domainkey` is said not to exist, and a name below it to exist, or the like.
    case contradiction
    case failure(Question, LookupFailure)
  }

  public let basis: Basis
  /// What was found at common selectors, revoked and invalid keys included; not what a wildcard put there.
  public let found: [DKIMKeyLookup]
  /// What stands at the random selector, and so at every one that nobody publishes.
  public let wildcard: DKIMKeyLookup

  private init(basis: Basis, found: [DKIMKeyLookup] = [], wildcard: DKIMKeyLookup) {
    self.basis = basis
    self.found = found
    self.wildcard = wildcard
  }

  /// true: keys are published; false: nothing exists there; nil: it cannot be told.
  public var isPublished: Bool? {
    switch basis {
    case .key, .namesBelow: true
    case .nothing: false
    case .pending, .wildcard, .unusableKeys, .contradiction, .failure: nil
    }
  }

  /// Looks for keys of a domain, and asks no more than tells something:
  ///
  /// 1. `_domainkey` and a random selector below it;
  /// 2. the most common selectors, but where a signed proof has it that nothing is there (RFC 8020 section 2). Without signatures
  ///    NXDOMAIN is not taken at its word, because some servers say it of a name that has nothing but names below it;
  /// 3. the other common ones, where the first show no key.
  ///
  /// Guesses are left out where the domain says that it sends nothing and no name of its own is seen below `_domainkey`.
  ///
  /// - Parameters:
  ///   - domain: where the keys would stand, without `_domainkey`.
  ///   - random: a selector that nobody publishes. It should be the same for each look at a domain, so that evidence
  ///     can be kept, and not be guessable from the domain.
  ///   - sendsNothing: the domain's SPF record is `-all` alone; nil while that is not known, and then no selector is guessed yet.
  ///   - source: is asked in passes, each of which needs the answers of the one before it.
  public static func find(
    _ domain: DomainName, random: DKIMSelector, sendsNothing: Bool? = false, in source: inout some AnswerSource
  ) -> DKIMPresence {
    let absent = DKIMPresence(basis: .nothing, wildcard: DKIMKeyLookup(random, .none(nil)))
    guard let base = domain.prepending(DKIMSelector.keyLabel) else { return absent }
    let baseAnswer = source.answer(Question(base, .txt))
    let randomAnswer = random.keyName(of: domain).map { source.answer(Question($0, .txt)) }
    // Where the random name is too long for the DNS, its absence would prove nothing, and `_domainkey` stands in for
    // it.
    let everywhere = randomAnswer.map { DKIMKeyLookup(random, answer: $0) } ?? absent.wildcard
    let pending = DKIMPresence(basis: .pending, wildcard: everywhere)
    guard let baseAnswer, let wildcard = randomAnswer ?? baseAnswer, let sendsNothing else { return pending }
    var guesses = Guesses(domain: domain, wildcard: wildcard)
    let isAbsent = baseAnswer.outcome == .noSuchName && wildcard.outcome == .noSuchName
    let isWildcard = wildcard.failure == nil && wildcard.outcome != .noSuchName
    let isProvedAbsent = isAbsent && baseAnswer.security == .secure
    if !isProvedAbsent, !(sendsNothing && (isAbsent || isWildcard)) {
      guard guesses.ask(DKIMSelector.mostCommon, &source) else { return pending }
      if !guesses.found.contains(where: \.isUsable) {
        guard guesses.ask(DKIMSelector.common, &source) else { return pending }
      }
    }
    let basis = Observation(base: baseAnswer, random: wildcard, found: guesses.found, failed: guesses.failed).basis
    return DKIMPresence(basis: basis, found: guesses.found, wildcard: everywhere)
  }
}

/// What stands at selectors that were guessed.
private struct Guesses {
  let domain: DomainName
  /// What a selector answers that nobody publishes.
  let wildcard: Answer
  var found: [DKIMKeyLookup] = []
  /// The first answer that is none.
  var failed: Answer?

  /// Asks for all of them at once; false where an answer is not at hand.
  mutating func ask(_ selectors: [DKIMSelector], _ source: inout some AnswerSource) -> Bool {
    var isWhole = true
    for selector in selectors {
      guard let name = selector.keyName(of: domain) else { continue }
      guard let answer = source.answer(Question(name, .txt)) else {
        isWhole = false
        continue
      }
      if failed == nil, answer.failure != nil { failed = answer }
      // Most selectors have nothing.
      guard !answer.records.isEmpty, !Guesses.sameRecords(answer, wildcard) else { continue }
      let lookup = DKIMKeyLookup(selector, answer: answer)
      if lookup.record != nil { found.append(lookup) }
    }
    return isWhole
  }

  /// Whether both found something, and the same: as a wildcard gives it, in whatever order.
  private static func sameRecords(_ answer: Answer, _ random: Answer) -> Bool {
    guard !random.records.isEmpty else { return false }
    return Set(answer.records) == Set(random.records)
  }
}

/// All answers are there; what follows from them.
private struct Observation {
  let base: Answer
  let random: Answer
  let found: [DKIMKeyLookup]
  /// The first answer at a common selector that is none.
  let failed: Answer?

  var basis: DKIMPresence.Basis {
    // A key is a key, whatever else failed.
    if let key = found.first(where: \.isUsable) { return .key(key.selector) }
    if let failure = base.failure { return .failure(base.question, failure) }
    if let failure = random.failure { return .failure(random.question, failure) }
    // NODATA at a random name: a wildcard of another type, or a server that never says NXDOMAIN (RFC 9824).
    guard random.outcome == .noSuchName else { return base.outcome == .noSuchName ? .contradiction : .wildcard }
    // Revoked keys explain why `_domainkey` exists (RFC 6376 section 3.6.1).
    if !found.isEmpty { return .unusableKeys }
    if base.outcome != .noSuchName { return .namesBelow }
    // RFC 8020 section 2 has it that nothing is below. Some servers say NXDOMAIN for an empty non-terminal all the
    // same, so that the common selectors must have been seen to be absent too.
    if let failed, let failure = failed.failure { return .failure(failed.question, failure) }
    return .nothing
  }
}
