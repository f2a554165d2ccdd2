import DNS

/// The DNS tree walk (RFC 9989 section 4.10): the domain, then the names above it, down to the top level, until one
/// says that it is a public suffix or is not.
struct DMARCWalk: Hashable {
  enum Outcome: Hashable {
    case record(DMARCRecord)
    /// A DMARC record that section 4.10.1 does not process; its `psd` counts all the same (section 4.10 steps 2 and 6).
    case broken(DMARCRecord.Fault, text: String, psd: DMARCRecord.PublicSuffix)
    case nothing
    case failed(LookupFailure)
  }

  struct Step: Hashable {
    let domain: DomainName
    let outcome: Outcome
    let hasSeveral: Bool

    var publicSuffix: DMARCRecord.PublicSuffix {
      switch outcome {
      case .record(let record): record.publicSuffix
      case .broken(_, _, let psd): psd
      case .nothing, .failed: .undeclared
      }
    }

    var isFound: Bool {
      switch outcome {
      case .record, .broken: true
      case .nothing, .failed: false
      }
    }
  }

  let start: DomainName
  let steps: [Step]
  let isPending: Bool

  init(_ domain: DomainName, in source: inout some AnswerSource) {
    start = domain
    // The names are known beforehand, so all are wanted at one time; a walk that stops early asked some for nothing.
    let names = DMARCWalk.names(domain)
    let asked = names.map { Asked($0, in: &source) }
    var steps: [Step] = []
    steps.reserveCapacity(asked.count)
    var isPending = false
    for asked in asked {
      guard asked.isName else {
        steps.append(Step(domain: asked.domain, outcome: .nothing, hasSeveral: false))
        continue
      }
      guard let answer = asked.answer else {
        isPending = true
        break
      }
      let step = DMARCWalk.step(asked.domain, answer)
      steps.append(step)
      // Steps 2 and 6: psd=y or psd=n ends the walk.
      if step.publicSuffix != .undeclared { break }
    }
    self.steps = steps
    self.isPending = isPending
  }

  /// One name of the walk and what was answered.
  private struct Asked {
    let domain: DomainName
    /// False for a name too long to carry `_dmarc`, which holds nothing (RFC 1035 section 2.3.4).
    let isName: Bool
    let answer: Answer?

    init(_ domain: DomainName, in source: inout some AnswerSource) {
      self.domain = domain
      let name = domain.prepending("_dmarc")
      isName = name != nil
      answer = name.flatMap { source.answer(Question($0, .txt)) }
    }
  }

  /// Steps 1 to 5: the name itself, then with one label less each, a name of eight labels or more cut to seven first.
  static func names(_ domain: DomainName) -> [DomainName] {
    var names = [domain]
    let count = domain.labelCount
    var next: DomainName? =
      count > DMARCDiscovery.labelsAfterCut + 1 ? domain.suffix(labels: DMARCDiscovery.labelsAfterCut) : domain.parent
    while let name = next, !name.isRoot, names.count < DMARCDiscovery.maximumQueries {
      names.append(name)
      next = name.parent
    }
    return names
  }

  private static func step(_ domain: DomainName, _ answer: Answer) -> Step {
    if let failure = answer.failure { return Step(domain: domain, outcome: .failed(failure), hasSeveral: false) }
    // RFC 4035 section 5.5: what is bogus is not to be used, nor to be taken for absence.
    guard answer.security != .bogus else {
      return Step(domain: domain, outcome: .failed(.bogus("")), hasSeveral: false)
    }
    var record: [UInt8]?
    for text in answer.texts {
      let octets = text.joined
      guard DMARCRecord.isRecord(octets) else { continue }
      // Step 2: of several records at one name, none counts.
      guard record == nil else { return Step(domain: domain, outcome: .nothing, hasSeveral: true) }
      record = octets
    }
    return Step(domain: domain, outcome: record.map(read) ?? .nothing, hasSeveral: false)
  }

  private static func read(_ octets: [UInt8]) -> Outcome {
    do {
      return .record(try DMARCRecord(octets))
    } catch {
      // A public suffix may well publish `v=DMARC1; psd=y` alone.
      let psd = (try? DMARCTags(octets))?.value("psd", as: DMARCRecord.PublicSuffix.self) ?? .undeclared
      return .broken(error, text: String(decoding: octets, as: UTF8.self), psd: psd)
    }
  }

  var failure: DMARCDiscovery.Failure? {
    for step in steps {
      guard case .failed(let reason) = step.outcome, let name = step.domain.prepending("_dmarc") else { continue }
      return DMARCDiscovery.Failure(question: Question(name, .txt), reason: reason)
    }
    return nil
  }

  /// RFC 9989 section 4.10.2, the longest name first: psd=n is it; psd=y, but not of the start, has it one label below;
  /// otherwise it is the found one of fewest labels, and where nothing was found the start itself. A walk that is
  /// pending or has a failure does not tell.
  var organizationalDomain: DomainName {
    for step in steps {
      switch step.publicSuffix {
      case .no: return step.domain
      case .yes where step.domain != start: return start.suffix(labels: step.domain.labelCount + 1)
      case .yes, .undeclared: continue
      }
    }
    return steps.last { $0.isFound }?.domain ?? start
  }

  func step(at domain: DomainName) -> Step? { steps.first { $0.domain == domain && $0.isFound } }

  var publicSuffix: Step? { steps.first { $0.publicSuffix == .yes && $0.domain != start } }
}
