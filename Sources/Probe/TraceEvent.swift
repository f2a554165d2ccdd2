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

/// Sends what happens at one endpoint to the callback, where there is one.
struct Tracer: Sendable {
  let endpoint: String
  let callback: (@Sendable (TraceEvent) -> Void)?

  func sent(_ octets: [UInt8]) { lines(octets, .sent) }
  func received(_ octets: [UInt8]) { lines(octets, .received) }

  func noted(_ text: @autoclosure () -> String) {
    guard let callback else { return }
    callback(TraceEvent(endpoint: endpoint, direction: .noted, text: RemoteText.escaped(text())))
  }

  private func lines(_ octets: [UInt8], _ direction: TraceEvent.Direction) {
    guard let callback else { return }
    for line in octets.split(separator: UInt8(ascii: "\n")) {
      let text = line.last == UInt8(ascii: "\r") ? line.dropLast() : line
      callback(TraceEvent(endpoint: endpoint, direction: direction, text: RemoteText.escaped(text)))
    }
  }
}
