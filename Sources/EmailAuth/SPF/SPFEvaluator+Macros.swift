import DNS

extension SPFEvaluator {
  /// The most octets of an explanation. RFC 7208 section 6.2 sets no bound; it goes into an SMTP reply, whose lines
  /// have 512 octets at most (RFC 5321 section 4.5.3.1.5), and we keep what eight of them hold.
  public static let maximumExplanationLength = 4_096

  /// The target of a mechanism, or <domain> where it has none (RFC 7208 section 4.8); nil when no DNS name comes of it.
  func name(
    _ target: SPFDomainSpec?, in scope: Scope, source: inout some AnswerSource
  ) throws(Stop) -> DomainName? {
    guard let target else { return scope.domain }
    return SPFTargetName.name(try expand(target, in: scope, source: &source)[...])
  }

  func expand(
    _ target: SPFDomainSpec, in scope: Scope, source: inout some AnswerSource
  ) throws(Stop) -> [UInt8] {
    let name = try validatedName(target.macroString, domain: scope.domain, source: &source)
    return target.macroString.targetName(scope.values, validatedName: name)
  }

  /// The value of `%{p}`, where it is needed (RFC 7208 section 7.3): <domain> itself, else a name below it, else any
  /// name, else "unknown".
  private func validatedName(
    _ text: SPFMacroString, domain: DomainName, source: inout some AnswerSource
  ) throws(Stop) -> [UInt8] {
    guard text.needsValidatedName else { return [] }
    let names = try clientNames(source: &source) ?? []
    let ordered =
      names.filter { $0 == domain } + names.filter { $0 != domain && $0.isAtOrBelow(domain) }
      + names.filter { !$0.isAtOrBelow(domain) }
    let name = try firstValidated(ordered, source: &source)
    return Array((name?.description ?? "unknown").utf8)
  }

  /// RFC 7208 section 6.2: whatever goes wrong here, it is as if there were no `exp`.
  func explanation(of finding: Finding, source: inout some AnswerSource) throws(Stop) -> String? {
    guard finding.result == .fail, let target = finding.explanation,
      let domain = SPFTargetName.name(finding.domain[...])
    else { return nil }
    let scope = Scope(domain: domain, values: SPFMacroValues(request: request, domain: finding.domain))
    guard let name = try self.name(target, in: scope, source: &source) else { return nil }
    guard let answer = source.answer(Question(name, .txt)) else { throw .pending }
    // RFC 7208 section 6.2: one record, in US-ASCII, of right syntax.
    var texts = answer.texts.makeIterator()
    guard let octets = texts.next()?.joined, texts.next() == nil,
      let text = try? SPFMacroString(parsing: octets[...], in: .explanation)
    else { return nil }
    let validated = try validatedName(text, domain: domain, source: &source)
    return text.text(scope.values, validatedName: validated, maximumLength: SPFEvaluator.maximumExplanationLength)
      .map { String(decoding: $0, as: UTF8.self) }
  }
}
