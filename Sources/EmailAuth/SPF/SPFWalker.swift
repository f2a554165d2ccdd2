import DNS

/// The walk over a record and all records that it leads to, which `SPFAnalysis` reports.
///
/// It goes on behind an error, a failure and an answer that is not at hand, to count and to ask for all that there is.
struct SPFWalker {
  typealias Note = SPFAnalysis.Note

  /// How a record ends for a client that no mechanism has matched.
  struct End {
    /// nil where neither `all` nor `redirect` decides: "neutral" (RFC 7208 section 4.7).
    var all: SPFRecord.Qualifier?
    var isDetermined = true
    var isFailAllAlone = false
    /// Whether some term lets every client pass.
    var passesEveryone = false

    static let undetermined = End(isDetermined: false)
  }

  let limits: SPFLimits
  private(set) var lookups = 0
  private(set) var voidLookups = 0
  /// Terms whose look-up failed, each of which may or may not be void.
  private var uncertainVoids = 0
  private(set) var error: SPFError?
  private(set) var failure: SPFAnalysis.Failure?
  private(set) var notes: [Note] = []
  private var isPending = false
  private var isUncertain = false
  /// The domains whose records are being walked, outermost first; there is one at least.
  private var path: [DomainName]
  private var includeDepth = 0
  /// Records read before, for those that several terms lead to. No more than `SPFAnalysis.maximumLookups`: to look
  /// through them takes less time than to hash their names.
  private var known: [Known] = []

  private struct Known {
    let name: DomainName
    let lookup: SPFLookup
  }

  init(root: DomainName, limits: SPFLimits) {
    path = [root]
    self.limits = limits
  }

  var status: SPFAnalysis.Status {
    if isPending { return .pending }
    if error != nil { return .invalid }
    return isUncertain || (uncertainVoids > 0 && voidLookups + uncertainVoids > limits.voidLookups) ? .unknown : .valid
  }

  /// The domain whose record is being walked.
  private var domain: DomainName { path[path.count - 1] }

  /// What has been read of one record.
  private struct Reading {
    var end = End()
    /// Whether `all` has been met.
    var isClosed = false
    var hasOtherMechanism = false
    var dead: (first: SPFRecord.Term, count: Int)?
  }

  /// Walks the record of the last domain of the path.
  mutating func walk(_ record: SPFRecord, source: inout some AnswerSource) -> End {
    if let error = record.error { fail(error.found(at: domain)) }
    var reading = Reading()
    for term in record.terms { read(term, into: &reading, source: &source) }
    if let dead = reading.dead { note({ .deadTerms($0, count: dead.count) }, at: dead.first) }
    reading.end.isFailAllAlone = reading.end.all == .fail && !reading.hasOtherMechanism
    // What a broken record redirects to is never asked for, and may be one of two.
    guard let (term, target) = record.redirect, record.error == nil else { return reading.end }
    return redirect(to: target, term, reading, source: &source)
  }

  private mutating func read(_ term: SPFRecord.Term, into reading: inout Reading, source: inout some AnswerSource) {
    switch term.kind {
    case .modifier(let modifier): note(modifier, term)
    // RFC 7208 section 5.1: mechanisms after "all" are never tested.
    case .directive where reading.isClosed:
      reading.dead = (reading.dead?.first ?? term, (reading.dead?.count ?? 0) + 1)
    case .directive(let qualifier, let mechanism):
      if case .all = mechanism {
        reading.end.all = qualifier
        reading.isClosed = true
      } else {
        reading.hasOtherMechanism = true
      }
      guard visit(mechanism, term, source: &source), qualifier == .pass else { return }
      reading.end.passesEveryone = true
      // Inside an include it is the include that lets everyone pass, if it does (RFC 7208 section 5.2).
      if includeDepth == 0 { note(Note.everyonePasses, at: term) }
    }
  }

  private mutating func redirect(
    to target: SPFDomainSpec, _ term: SPFRecord.Term, _ reading: Reading, source: inout some AnswerSource
  ) -> End {
    // RFC 7208 sections 5.1 and 6.1: ignored beside "all", wherever that stands.
    guard !reading.isClosed else {
      note(Note.redirectIgnored, at: term)
      return reading.end
    }
    guard count(term) else { return .undetermined }
    var end = follow(target, term, source: &source)
    end.isFailAllAlone = end.isFailAllAlone && !reading.hasOtherMechanism
    end.passesEveryone = end.passesEveryone || reading.end.passesEveryone
    return end
  }

  /// Counts one mechanism and asks what it asks; true where every client matches it.
  private mutating func visit(
    _ mechanism: SPFRecord.Mechanism, _ term: SPFRecord.Term, source: inout some AnswerSource
  ) -> Bool {
    if mechanism.causesLookup, !count(term) { return false }
    switch mechanism {
    case .all: return true
    case .ip4(_, let length), .ip6(_, let length): return length == 0
    case .include(let target):
      includeDepth += 1
      defer { includeDepth -= 1 }
      return follow(target, term, source: &source).passesEveryone
    case .a(let target, let lengths):
      ask([.a, .aaaa], target, term, source: &source)
      return lengths.ip4 == 0 || lengths.ip6 == 0
    case .mx(let target, let lengths):
      askMX(target, term, source: &source)
      return lengths.ip4 == 0 || lengths.ip6 == 0
    case .ptr(let target):
      note(Note.ptr, at: term)
      if let target, target.hasMacros { note(Note.notFollowed, at: term) }
      return false
    case .exists(let target):
      ask([.a], target, term, source: &source)
      return false
    }
  }

  /// The record that an `include` or a `redirect` names.
  private mutating func follow(
    _ target: SPFDomainSpec, _ term: SPFRecord.Term, source: inout some AnswerSource
  ) -> End {
    guard !target.hasMacros else {
      note(Note.notFollowed, at: term)
      return .undetermined
    }
    // RFC 7208 section 4.3: a malformed name or a single label gives "none", hence "permerror" (5.2, 6.1).
    guard let name = target.literalName, name.labelCount > 1 else { return fail(.malformedTarget, term) }
    // It would be walked round until the limit of RFC 7208 section 4.6.4 is reached.
    guard !path.contains(name) else { return fail(.loop, term) }
    guard path.count < SPFAnalysis.maximumDepth else {
      note(.cutShort)
      return .undetermined
    }
    if let known = known.first(where: { $0.name == name }) {
      return follow(known.lookup, to: name, term, source: &source)
    }
    let lookup = SPFLookup(name, from: &source)
    known.append(Known(name: name, lookup: lookup))
    return follow(lookup, to: name, term, source: &source)
  }

  private mutating func follow(
    _ lookup: SPFLookup, to name: DomainName, _ term: SPFRecord.Term, source: inout some AnswerSource
  ) -> End {
    switch lookup {
    case .pending:
      isPending = true
      return .undetermined
    case .failure(let reason):
      isUncertain = true
      noteFailure(Question(name, .txt), reason, term)
      return .undetermined
    case .none(let isVoid):
      if isVoid { countVoid(term) }
      return fail(.noRecordAtTarget, term)
    case .several: return fail(.severalRecords, term)
    case .record(let record, _):
      path.append(name)
      defer { path.removeLast() }
      return walk(record, source: &source)
    }
  }

  /// Asks for each type at one name; void when every answer says that there is nothing. One term is one void at most.
  private mutating func ask(
    _ types: [RecordType], _ target: SPFDomainSpec?, _ term: SPFRecord.Term, source: inout some AnswerSource
  ) {
    guard let name = name(target, term) else { return }
    let answers = types.map { source.answer(Question(name, $0)) }
    if answers.contains(where: { $0?.records.isEmpty == false }) { return }
    if answers.contains(nil) {
      isPending = true
    } else if let failed = answers.lazy.compactMap({ $0 }).first(where: { $0.failure != nil }),
      let reason = failed.failure
    {
      uncertainVoids += 1
      noteFailure(failed.question, reason, term)
    } else {
      countVoid(term)
    }
  }

  private mutating func askMX(_ target: SPFDomainSpec?, _ term: SPFRecord.Term, source: inout some AnswerSource) {
    guard let name = name(target, term) else { return }
    let question = Question(name, .mx)
    guard let answer = source.answer(question) else {
      isPending = true
      return
    }
    if let reason = answer.failure {
      // It might be void, and it might be of too many names.
      isUncertain = true
      noteFailure(question, reason, term)
    } else if answer.isAbsent {
      countVoid(term)
    } else if answer.spfExchanges.count > SPFLimits.maximumMXNames {
      // RFC 7208 section 4.6.4: "permerror" for every client that the first ten do not match.
      _ = fail(.tooManyMXNames, term)
    }
  }

  /// The name that a term asks about; nil where it depends on the message, or is no DNS name and hence never asked.
  private mutating func name(_ target: SPFDomainSpec?, _ term: SPFRecord.Term) -> DomainName? {
    guard let target else { return domain }
    if target.hasMacros { note(Note.notFollowed, at: term) }
    return target.literalName
  }

  /// False where the walk's own bound is reached, so that the term is not to be followed.
  private mutating func count(_ term: SPFRecord.Term) -> Bool {
    guard lookups < SPFAnalysis.maximumLookups else {
      note(.cutShort)
      return false
    }
    lookups += 1
    // RFC 7208 section 4.6.4
    if lookups == SPFLimits.maximumLookups + 1 { _ = fail(.tooManyLookups, term) }
    return true
  }

  private mutating func countVoid(_ term: SPFRecord.Term) {
    voidLookups += 1
    note(Note.voidLookup, at: term)
    // RFC 7208 section 4.6.4
    if voidLookups == limits.voidLookups + 1 { _ = fail(.tooManyVoidLookups, term) }
  }

  private mutating func fail(_ reason: SPFError.Reason, _ term: SPFRecord.Term) -> End {
    fail(SPFError(reason, term: term.text, domain: domain))
    return .undetermined
  }

  private mutating func fail(_ found: SPFError) { error = error ?? found }

  private mutating func noteFailure(_ question: Question, _ reason: LookupFailure, _ term: SPFRecord.Term) {
    let found = SPFAnalysis.Failure(question: question, reason: reason)
    failure = failure ?? found
    note({ .lookupFailed($0, found) }, at: term)
  }

  private mutating func note(_ modifier: SPFRecord.Modifier, _ term: SPFRecord.Term) {
    guard case .unknown(let name, _) = modifier else { return }
    switch name {
    case "all", "include", "a", "mx", "ptr", "ip4", "ip6", "exists": note(Note.mechanismAsModifier, at: term)
    case "v": note(Note.repeatedVersion, at: term)
    default: break
    }
  }

  mutating func noteLength(_ answer: Answer?) {
    guard let answer else { return }
    let octets = answer.texts.reduce(answer.question.name.description.utf8.count) { $0 + $1.joined.count }
    if octets > SPFAnalysis.recommendedLength { note(.long(octets: octets)) }
  }

  /// A term of the record that is being walked; its text is only made where it is noted.
  private mutating func note(_ make: (SPFAnalysis.Place) -> Note, at term: SPFRecord.Term) {
    guard notes.count < SPFAnalysis.maximumNotes else { return }
    note(make(SPFAnalysis.Place(domain: domain, term: term.text)))
  }

  private mutating func note(_ note: Note) {
    // A diamond of includes leads to the same place more than once.
    guard notes.count < SPFAnalysis.maximumNotes, !notes.contains(note) else { return }
    notes.append(note)
  }
}
