/// Counts requests by route, method and status, and times them by route; one for each event loop.
final class HTTPMeter: Sendable {
  /// The route of what none answers.
  static let nowhere = "none"
  private static let methods: Set<String> = ["GET", "HEAD", "POST"]

  private let requests: CounterFamily
  private let times: HistogramFamily
  /// Found without a lock: nearly every request is a call.
  private let calls: Counter
  private let callTime: Histogram

  init(_ metrics: Metrics) {
    requests = metrics.requests
    times = metrics.requestTime
    calls = requests[Router.rpcPath, "POST", "200"].part()
    callTime = times[Router.rpcPath].part()
  }

  func note(route: String, method: String, status: Int, nanoseconds: Int64) {
    if route == Router.rpcPath, status == 200 {
      calls.add()
      callTime.record(nanoseconds: nanoseconds)
    } else {
      // Any word may stand where a method stands.
      requests.add(route, HTTPMeter.methods.contains(method) ? method : "other", "\(status)")
      times[route].record(nanoseconds: nanoseconds)
    }
  }
}
