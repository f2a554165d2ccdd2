import Posture

/// What is still to be found out of an endpoint beside the best that it does, and what the answers come to.
///
/// Each question costs the server a connection, so that they are put to tell as much as can be:
///
/// - Of the versions that are offered a server takes the best that it has (RFC 5246 appendix E.1, RFC 8446 section 4.2.1). So all
///   that are open are offered at once: what comes is offered, what lies above it is not, and one refusal is a refusal
///   of all. A server of TLS 1.2 and 1.3 is asked twice and not three times.
/// - A server that takes a weak suite does so by some version, which need not be asked for any more.
///
/// It is a value without input or output.
struct VersionsInterview {
  enum Question: Hashable {
    /// Offer nothing but weak suites, by any version that has some.
    case weakSuites
    /// Offer every suite, and this version and all below it.
    case upTo(TLSVersion)
  }

  /// What to ask now; nil when all is told, or the server may have had enough of us.
  private(set) var next: Question?
  private var offered: Set<TLSVersion>
  private var refused: Set<TLSVersion>
  private var weakSuites: WeakSuites?
  /// What was asked and could not be told.
  private var untold: Set<Question> = []
  private var failure: ProbeFailure?

  /// - Parameters:
  ///   - best: the version that an ordinary connection got, which offered all; those above it count as refused.
  ///   - told: what an earlier round told.
  init(best: TLSVersion, told: VersionsObservation?) {
    offered = (told?.offered ?? []).filter { $0 < best }.union([best])
    refused = (told?.refused ?? []).filter { $0 < best }.union(TLSVersion.allCases.filter { $0 > best })
    weakSuites = told?.weakSuites
    next = question
  }

  /// A handshake came about.
  mutating func note(_ version: TLSVersion, _ weakness: WeakSuite?) {
    guard let question = next else { return }
    offered.insert(version)
    switch question {
    case .weakSuites:
      // A library that calls a suite weak when it is offered, and sound when it is taken, would be a contradiction.
      if let weakness { weakSuites = .accepted(weakness) } else { untold.insert(question) }
    case .upTo(let ceiling): refused.formUnion(open.filter { $0 > version && $0 <= ceiling })
    }
    next = self.question
  }

  /// No session came about.
  mutating func note(_ failure: ProbeFailure) {
    guard let question = next else { return }
    guard failure.stage == .handshake else {
      self.failure = failure
      next = nil
      return
    }
    if failure.kind == .refused || failure.kind == .protocolViolation {
      switch question {
      case .weakSuites: weakSuites = .refused
      case .upTo(let ceiling): refused.formUnion(open.filter { $0 <= ceiling })
      }
    } else {
      self.failure = failure
      untold.insert(question)
    }
    next = self.question
  }

  private var open: [TLSVersion] { TLSVersion.allCases.filter { !offered.contains($0) && !refused.contains($0) } }

  private var question: Question? {
    if weakSuites == nil, !untold.contains(.weakSuites) { return .weakSuites }
    return open.reversed().lazy.map { Question.upTo($0) }.first { !untold.contains($0) }
  }

  var observation: VersionsObservation {
    let whole = VersionsObservation(offered: offered, refused: refused, weakSuites: weakSuites)
    return whole.isComplete
      ? whole
      : VersionsObservation(offered: offered, refused: refused, weakSuites: weakSuites, failure: failure)
  }
}
