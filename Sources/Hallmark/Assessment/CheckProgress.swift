import DNS
import Synchronization

/// How far a check has come, for whoever waits for it.
final class CheckProgress: Sendable {
  /// Lines that are kept; a check of more has many hosts, and its first lines say enough.
  static let maximumLines = 500

  private struct State {
    var lines: [String] = []
    var asked = 0
    var answered = 0
  }

  private let state = Mutex(State())

  func note(asked: Int) { state.withLock { $0.asked = asked } }

  /// Something that was found out, or could not be.
  func note(_ line: String) {
    state.withLock { state in
      state.answered += 1
      if state.lines.count < CheckProgress.maximumLines { state.lines.append(line) }
    }
  }

  /// The lines behind the first so many, and how many of the questions have been answered.
  func lines(after count: Int) -> (lines: [String], answered: Int, asked: Int) {
    state.withLock { (Array($0.lines.dropFirst(count)), $0.answered, max($0.asked, $0.answered)) }
  }
}

extension CheckDesk {
  /// How far the check of the domain has come, where one has begun.
  func progress(of domain: DomainName) -> CheckProgress? { progresses.withLock { $0[domain] } }

  func begin(_ domain: DomainName) -> CheckProgress {
    let progress = CheckProgress()
    progresses.withLock { $0[domain] = progress }
    return progress
  }

  /// Of two checks of one domain the later one is shown.
  func end(_ progress: CheckProgress, _ domain: DomainName) {
    progresses.withLock { if $0[domain] === progress { $0[domain] = nil } }
  }
}
