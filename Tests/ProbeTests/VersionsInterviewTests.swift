import Posture
import Testing

@testable import Probe

/// What is asked of a server beside the best that it does, without one.
@Suite struct VersionsInterviewTests {
  typealias Question = VersionsInterview.Question

  static let alert = ProbeFailure(stage: .handshake, kind: .refused, reason: "an alert")
  static let reset = ProbeFailure(stage: .handshake, kind: .temporary, reason: "a reset")
  static let busy = ProbeFailure(stage: .banner, kind: .temporary, reason: "busy", reply: "421 busy")
  static let anonymous = WeakSuite(name: "TLS_DH_anon_WITH_AES_128_GCM_SHA256", weakness: .anonymous)

  /// A server that does some versions, and the questions that it is asked.
  private static func ask(
    _ versions: Set<TLSVersion>, weak: WeakSuite? = nil, refusing failure: ProbeFailure = alert
  ) -> (VersionsObservation, [Question]) {
    var interview = VersionsInterview(best: versions.max() ?? .tls13, told: nil)
    var questions: [Question] = []
    while let question = interview.next, questions.count < 10 {
      questions.append(question)
      let ceiling: TLSVersion
      switch question {
      case .weakSuites: ceiling = .tls12
      case .upTo(let version): ceiling = version
      }
      let version = versions.filter { $0 <= ceiling }.max()
      if let version, question != .weakSuites || weak != nil {
        interview.note(version, question == .weakSuites ? weak : nil)
      } else {
        interview.note(failure)
      }
    }
    return (interview.observation, questions)
  }

  /// Whatever is offered is found, gaps too, and no question is asked twice.
  @Test(
    arguments: (1..<16).map { bits in
      Set(TLSVersion.allCases.enumerated().filter { bits >> $0.offset & 1 == 1 }.map(\.element))
    })
  func everySetOfVersions(_ versions: Set<TLSVersion>) {
    // TLS 1.3 has no weak suites.
    for weak in versions == [.tls13] ? [nil] : [nil, Self.anonymous] {
      let (found, questions) = Self.ask(versions, weak: weak)
      #expect(found.offered == versions && found.refused == Set(TLSVersion.allCases).subtracting(versions))
      #expect(found.weakSuites == (weak.map { .accepted($0) } ?? .refused) && found.isComplete)
      #expect(questions.count == Set(questions).count && questions.count <= 4, "\(questions)")
    }
  }

  @Test func theUsualServerIsAskedThriceAtTheMost() {
    #expect(Self.ask([.tls12, .tls13]).1 == [.weakSuites, .upTo(.tls12), .upTo(.tls11)])
    #expect(Self.ask([.tls12, .tls13], weak: Self.anonymous).1 == [.weakSuites, .upTo(.tls11)])
    #expect(Self.ask([.tls10]).1 == [.weakSuites])
  }

  @Test func aResetTellsNothing() {
    let (found, questions) = Self.ask([.tls12, .tls13], refusing: Self.reset)
    #expect(found.offered == [.tls12, .tls13] && found.refused == [] && found.weakSuites == nil)
    #expect(found.failure == Self.reset && !found.isComplete)
    #expect(questions == [.weakSuites, .upTo(.tls12), .upTo(.tls11), .upTo(.tls10)])
  }

  @Test func whoHasHadEnoughIsLeftAlone() {
    var interview = VersionsInterview(best: .tls13, told: nil)
    interview.note(Self.busy)
    #expect(interview.next == nil && interview.observation.failure == Self.busy)
    #expect(interview.observation.offered == [.tls13] && interview.observation.weakSuites == nil)
  }

  @Test func whatWasToldIsNotAskedAgain() {
    let told = VersionsObservation(offered: [.tls13], refused: [.tls10, .tls11], weakSuites: .refused)
    var interview = VersionsInterview(best: .tls13, told: told)
    #expect(interview.next == .upTo(.tls12))
    interview.note(Self.alert)
    #expect(interview.next == nil && interview.observation.isComplete && interview.observation.refused.contains(.tls12))
    // What was told before weak suites were asked for leaves them open.
    #expect(
      VersionsInterview(best: .tls12, told: VersionsObservation(offered: [.tls12], refused: [])).next == .weakSuites)
  }
}
