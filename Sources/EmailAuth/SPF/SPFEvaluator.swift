import DNS

/// check_host() (RFC 7208 section 4), a pure function of the request and the answers.
///
/// Without an answer it goes on to the terms behind, so that they too are asked for; then the outcome is `pending`.
public struct SPFEvaluator {
  let request: SPFRequest
  let limits: SPFLimits
  var lookups = 0
  var voidLookups = 0

  /// Why evaluation stops before a term has matched or failed to.
  enum Stop: Error {
    case pending
    case temporary(LookupFailure)
    case permanent(SPFError)
  }

  /// A result of one record, with what an explanation needs: the record that gave it, and its <domain>.
  struct Finding {
    let result: SPFResult
    var term: SPFRecord.Term?
    var explanation: SPFDomainSpec?
    var domain: [UInt8] = []
  }

  public static func checkHost(
    _ request: SPFRequest, limits: SPFLimits = .standard, source: inout some AnswerSource
  ) -> SPFOutcome {
    var evaluator = SPFEvaluator(request: request, limits: limits)
    do throws(Stop) {
      let finding = try evaluator.check(request.domain, source: &source)
      let explanation = try evaluator.explanation(of: finding, source: &source)
      return evaluator.outcome(finding.result, explanation: explanation, matched: finding.term?.text)
    } catch {
      switch error {
      case .pending: return .pending
      case .temporary(let failure): return evaluator.outcome(.temperror, failure: failure)
      case .permanent(let error): return evaluator.outcome(.permerror, error: error)
      }
    }
  }

  private init(request: SPFRequest, limits: SPFLimits) {
    self.request = request
    self.limits = limits
  }

  private func outcome(
    _ result: SPFResult, explanation: String? = nil, matched: String? = nil, error: SPFError? = nil,
    failure: LookupFailure? = nil
  ) -> SPFOutcome {
    .result(
      SPFVerdict(
        result: result, explanation: explanation, matched: matched, error: error, failure: failure, lookups: lookups,
        voidLookups: voidLookups))
  }

  mutating func check(_ target: [UInt8], source: inout some AnswerSource) throws(Stop) -> Finding {
    // RFC 7208 section 4.3: a malformed <domain>, or one of a single label, gives "none".
    guard let domain = SPFTargetName.name(target[...]), domain.labelCount > 1 else { return Finding(result: .none) }
    switch SPFLookup(domain, from: &source) {
    case .pending: throw .pending
    // RFC 7208 section 4.4
    case .failure(let failure): throw .temporary(failure)
    // RFC 7208 section 4.5
    case .none: return Finding(result: .none)
    case .several(let texts):
      throw .permanent(SPFError(.severalRecords, term: SPFError.quote(texts[1][...]), domain: domain))
    case .record(let record, _):
      // RFC 7208 section 4.6: a syntax error anywhere in the record ends it before any term is evaluated.
      if let error = record.error { throw .permanent(error.found(at: domain)) }
      let octets = target.last == UInt8(ascii: ".") ? target.dropLast() : target
      let scope = Scope(domain: domain, values: SPFMacroValues(request: request, domain: octets))
      return try evaluate(record, in: scope, source: &source)
    }
  }

  /// One record's <domain>, as the terms of the record see it.
  struct Scope {
    let domain: DomainName
    let values: SPFMacroValues
  }

  private mutating func evaluate(
    _ record: SPFRecord, in scope: Scope, source: inout some AnswerSource
  ) throws(Stop) -> Finding {
    var isPending = false
    for term in record.terms {
      guard case .directive(let qualifier, let mechanism) = term.kind else { continue }
      let isMatch: Bool
      do throws(Stop) {
        if mechanism.causesLookup { try count(term, in: scope) }
        isMatch = try matches(mechanism, term, in: scope, source: &source)
      } catch {
        guard case .pending = error else { throw isPending ? .pending : error }
        isPending = true
        continue
      }
      guard isMatch else { continue }
      if isPending { throw .pending }
      return Finding(
        result: SPFResult(qualifier), term: term, explanation: record.explanation, domain: scope.values.domain)
    }
    return try redirected(record, in: scope, source: &source, isPending: isPending)
  }

  /// RFC 7208 section 6.1; without it "neutral" (section 4.7).
  private mutating func redirected(
    _ record: SPFRecord, in scope: Scope, source: inout some AnswerSource, isPending: Bool
  ) throws(Stop) -> Finding {
    do throws(Stop) {
      guard let (term, target) = record.redirect else {
        if isPending { throw .pending }
        return Finding(result: .neutral)
      }
      try count(term, in: scope)
      let name = try expand(target, in: scope, source: &source)
      let finding = try check(name, source: &source)
      if isPending { throw .pending }
      guard finding.result != .none else {
        throw .permanent(SPFError(.noRecordAtTarget, term: term.text, domain: scope.domain))
      }
      return finding
    } catch {
      throw isPending ? .pending : error
    }
  }

  private mutating func count(_ term: SPFRecord.Term, in scope: Scope) throws(Stop) {
    lookups += 1
    // RFC 7208 section 4.6.4: no more than ten terms that cause look-ups.
    guard lookups <= SPFLimits.maximumLookups else {
      throw .permanent(SPFError(.tooManyLookups, term: term.text, domain: scope.domain))
    }
  }

  mutating func countVoid(_ term: SPFRecord.Term, in scope: Scope) throws(Stop) {
    voidLookups += 1
    // RFC 7208 section 4.6.4: void look-ups, counted by term.
    guard voidLookups <= limits.voidLookups else {
      throw .permanent(SPFError(.tooManyVoidLookups, term: term.text, domain: scope.domain))
    }
  }
}
