/// What the gauges show of the doors at one time.
struct DoorState: Sendable {
  var httpConnections = 0
  /// Requests that wait for something that takes its time.
  var waiting = 0
  var socketmapConnections = 0
  /// Checks that look at the network or wait for their turn.
  var checks = 0

  func write(to text: inout PrometheusText) {
    text.begin("hallmark_connections", .gauge, "Connections that are open, by door.")
    text.sample("hallmark_connections", [("door", "http")], value: "\(httpConnections)")
    text.sample("hallmark_connections", [("door", "socketmap")], value: "\(socketmapConnections)")
    text.gauge("hallmark_requests_waiting", "HTTP requests that could not be answered at once and wait.", waiting)
    text.gauge("hallmark_checks_under_way", "Checks that look at the network or wait for their turn.", checks)
  }
}
