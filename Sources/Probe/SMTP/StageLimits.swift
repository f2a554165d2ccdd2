/// How long each stage of a dialogue may take, as parts of the bound on the whole (`--probe-timeout`).
///
/// A sender of mail waits for minutes (RFC 5321 section 4.5.3.2); a prober that did would keep everyone else waiting.
/// Each stage has a bound of its own, so that what is reported is where the server stopped answering, and a server that
/// is slow in one place cannot use up the time of all.
public struct StageLimits: Hashable, Sendable {
  /// The bound on all stages together.
  public let whole: Duration

  public init(whole: Duration) { self.whole = whole }

  /// How long the connection may take to come about: of 20 seconds 10, in which a SYN is sent four times (RFC 6298).
  public var connect: Duration { whole / 2 }

  /// How long the stage may take; nil where nothing is waited for.
  public func limit(of stage: SMTPDialogue.Stage) -> Duration? {
    switch stage {
    // Servers let a stranger wait for the greeting to see whether he speaks first; 10 seconds are nothing unusual.
    case .banner, .ehlo, .helo, .starttls, .handshake: whole * 3 / 4
    case .farewell, .quit: StageLimits.farewell
    case .over: nil
    }
  }

  /// How long an answer to QUIT is waited for: the outcome is known, and a server that forgets to answer is not worth
  /// more.
  public static let farewell = Duration.seconds(2)

  /// In words, for a reason.
  static func text(_ limit: Duration) -> String {
    let milliseconds = limit.components.seconds * 1000 + limit.components.attoseconds / 1_000_000_000_000_000
    return milliseconds % 1000 == 0 ? "\(milliseconds / 1000) s" : "\(milliseconds) ms"
  }
}
