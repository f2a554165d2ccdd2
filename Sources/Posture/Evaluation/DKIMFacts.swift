import DNS
import EmailAuth

/// DKIM keys at the selectors that are known, or the signs of any where none is.
struct DKIMFacts {
  /// At the selectors that were given or are kept.
  let known: [DKIMKeyPosture]
  /// At selectors that providers commonly use, where none is known.
  let found: [DKIMKeyPosture]
  let published: Bool?
  /// Every selector answers with a revoked key; nil where it could not be told.
  let isWildcardRevoked: Bool?

  /// A selector that nobody publishes, the same for every look so that its answer can be kept. Name server logs show it, so
  /// it says who asks.
  private static let random = DKIMSelector("hallmark-looks-for-a-wildcard")

  /// - Parameter sendsNothing: what the SPF record says, as far as it is known.
  static func find(_ subject: Subject, sendsNothing: Bool, in reader: inout EvidenceReader) -> DKIMFacts {
    let selectors = subject.selectors.compactMap { DKIMSelector($0) }
    let known = selectors.map { DKIMKeyLookup.find($0, of: subject.domain, in: &reader) }
    guard known.isEmpty, let random else {
      return DKIMFacts(
        known: known.map(DKIMKeyPosture.init), found: [], published: published(known), isWildcardRevoked: nil)
    }
    let isKnown = reader.answer(Question(subject.domain, .txt)) != nil
    let presence = DKIMPresence.find(
      subject.domain, random: random, sendsNothing: isKnown ? sendsNothing : nil, in: &reader)
    return DKIMFacts(
      known: [], found: presence.found.map(DKIMKeyPosture.init), published: presence.isPublished,
      isWildcardRevoked: isRevoked(presence.wildcard))
  }

  private static func isRevoked(_ wildcard: DKIMKeyLookup) -> Bool? {
    wildcard.status == .unknown || wildcard.status == .pending ? nil : wildcard.status == .revoked
  }

  /// What known selectors say of `dkimPublished`.
  private static func published(_ known: [DKIMKeyLookup]) -> Bool? {
    if known.contains(where: \.isUsable) { return true }
    return known.contains { $0.status == .unknown || $0.status == .pending } ? nil : false
  }
}

extension DKIMKeyPosture {
  init(_ lookup: DKIMKeyLookup) {
    let status: Status =
      switch lookup.status {
      // RFC 8301 section 3.2: a key too short is no key; RFC 6376 section 3.6.1: nor is one for another service.
      case .valid where !lookup.isUsable: .invalid
      case .valid: .valid
      case .revoked: .revoked
      case .invalid: .invalid
      case .none: .none
      case .unknown, .pending: .unknown
      }
    self.init(
      selector: lookup.selector.description, status: status, keyType: lookup.record?.keyType?.rawValue,
      bits: lookup.record?.bits, testing: lookup.record?.isTesting,
      error: lookup.error?.description ?? lookup.failure?.description
        ?? (lookup.status == .valid && status == .invalid ? "the key is too short, or not for e-mail" : nil))
  }
}
