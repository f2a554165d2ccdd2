/// One line of a dialogue, for whoever wants to watch (`--trace`).
public struct TraceEvent: Sendable {
  public enum Direction: String, Sendable {
    case sent = "-->"
    case received = "<--"
    /// Not said by either side: a connection that came about, a handshake, an end.
    case noted = "---"
  }

  /// The endpoint, as it is named in findings.
  public let endpoint: String
  public let direction: Direction
  /// Escaped and bounded, without a line end.
  public let text: String
  /// When, on a clock that never steps.
  public let moment: ContinuousClock.Instant

  public init(endpoint: String, direction: Direction, text: String, moment: ContinuousClock.Instant = .now) {
    self.endpoint = endpoint
    self.direction = direction
    self.text = text
    self.moment = moment
  }
}

extension TraceEvent: CustomStringConvertible {
  public var description: String { "\(direction.rawValue) \(text)" }
}
