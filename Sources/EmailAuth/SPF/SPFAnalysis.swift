import DNS

/// What can be said of a domain's SPF policy without a message: a static reading of its record and of all that the
/// record leads to, by `include` and `redirect`.
public struct SPFAnalysis: Hashable, Sendable {
  /// In order of precedence, but for `none`, which excludes the others.
  public enum Status: String, Hashable, Sendable {
    /// Some answer is not at hand: get what the source was asked for, then analyse again. All else is preliminary.
    case pending
    /// Proved: check_host() ends in "permerror" for some message.
    case invalid
    /// Some answer could not be had, and what is known proves no error.
    case unknown
    case valid
    /// No SPF record, said by the DNS.
    case none
  }

  public let status: Status
  /// The record as published, also when it is invalid; the first where there are several. Hostile text.
  public let record: String?
  /// The qualifier of the `all` that a checker reaches, through `redirect` but never inside an `include`. nil where it
  /// reaches none, which means "neutral" (RFC 7208 section 4.7), and where the status is not `valid` or `unknown`.
  public let all: SPFRecord.Qualifier?
  /// Whether `all` is the last word. False where a `redirect` could not be followed: its look-up failed, or it has
  /// macros.
  public let isAllDetermined: Bool
  /// Whether the policy is `-all` and nothing else: the domain sends no mail.
  public let isFailAllAlone: Bool
  /// Terms that cause look-ups over the whole tree (RFC 7208 section 4.6.4); counting ends at `maximumLookups`.
  public let lookups: Int
  /// Terms whose look-up finds nothing (RFC 7208 section 4.6.4).
  public let voidLookups: Int
  /// The first error, in the order in which a checker would meet them.
  public let error: SPFError?
  /// Why the status is `unknown`, and what was asked.
  public let failure: Failure?
  public let notes: [Note]

  public struct Failure: Hashable, Sendable {
    public let question: Question
    public let reason: LookupFailure

    public init(question: Question, reason: LookupFailure) {
      self.question = question
      self.reason = reason
    }
  }

  /// A term and the domain whose record holds it.
  public struct Place: Hashable, Sendable {
    public let domain: DomainName
    /// At most `SPFError.maximumTermLength` octets; hostile text.
    public let term: String

    public init(domain: DomainName, term: String) {
      self.domain = domain
      self.term = term
    }
  }

  /// What deserves a word though it is no error. At most `maximumNotes`, in the order of the walk.
  public enum Note: Hashable, Sendable {
    /// `ptr` SHOULD NOT be published (RFC 7208 section 5.5).
    case ptr(Place)
    /// Terms behind `all` are never reached (RFC 7208 section 5.1); the first of them.
    case deadTerms(Place, count: Int)
    /// `redirect` is ignored beside `all` (RFC 7208 section 6.1).
    case redirectIgnored(Place)
    /// Every client passes: `+all`, a network of length 0, or an `include` of such.
    case everyonePasses(Place)
    /// Ignored as an unknown modifier, though its name is a mechanism's: `ip4=192.0.2.1`.
    case mechanismAsModifier(Place)
    /// The text of a second record was pasted behind the first: `v=spf1` again.
    case repeatedVersion(Place)
    /// Counted, not followed: what the term means depends on the message (RFC 7208 section 7).
    case notFollowed(Place)
    /// Nothing is found there (RFC 7208 section 4.6.4); for `a`, neither A nor AAAA.
    case voidLookup(Place)
    case lookupFailed(Place, Failure)
    /// Name and TXT records exceed the 450 octets below which an answer surely fits into 512 (RFC 7208 section 3.4).
    case long(octets: Int)
    /// The walk ended at one of its own bounds; `lookups` is then a lower bound.
    case cutShort
  }

  /// Look-up terms counted before the walk ends: a bound of ours, far beyond the ten of RFC 7208 section 4.6.4. No term
  /// asks more than two questions, so that one analysis asks at most twice as many, and one.
  public static let maximumLookups = 100
  /// Records on the way from the domain's own, likewise far beyond what ten look-ups reach.
  public static let maximumDepth = 20
  public static let maximumNotes = 64
  /// RFC 7208 section 3.4
  public static let recommendedLength = 450

  /// Analyses `domain` from the answers at hand. Everything that can be asked for is asked for in one pass, so that
  /// there are as many passes as the tree of records is deep, and one.
  public init(of domain: DomainName, limits: SPFLimits = .standard, source: inout some AnswerSource) {
    let question = Question(domain, .txt)
    var walker = SPFWalker(root: domain, limits: limits)
    switch SPFLookup(domain, from: &source) {
    case .pending: self.init(status: .pending)
    case .failure(let reason): self.init(status: .unknown, failure: Failure(question: question, reason: reason))
    case .none: self.init(status: .none)
    case .several(let texts):
      let error = SPFError(.severalRecords, term: SPFError.quote(texts[1][...]), domain: domain)
      self.init(status: .invalid, record: String(decoding: texts[0], as: UTF8.self), error: error)
    case .record(let record, let text):
      walker.noteLength(source.answer(question))
      let end = walker.walk(record, source: &source)
      self.init(walker, end, record: String(decoding: text, as: UTF8.self))
    }
  }

  private init(status: Status, record: String? = nil, error: SPFError? = nil, failure: Failure? = nil) {
    self.status = status
    self.record = record
    self.error = error
    self.failure = failure
    all = nil
    isAllDetermined = status == .none
    isFailAllAlone = false
    lookups = 0
    voidLookups = 0
    notes = []
  }

  private init(_ walker: SPFWalker, _ end: SPFWalker.End, record: String) {
    status = walker.status
    self.record = record
    let isReadable = status == .valid || status == .unknown
    all = isReadable ? end.all : nil
    isAllDetermined = isReadable && end.isDetermined
    isFailAllAlone = isReadable && end.isFailAllAlone
    lookups = walker.lookups
    voidLookups = walker.voidLookups
    error = walker.error
    failure = walker.failure
    notes = walker.notes
  }
}
