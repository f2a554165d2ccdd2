import NIOHTTP1

/// What monitors and load balancers ask.
struct ServiceRoutes: Sendable {
  let keeper: Keeper
  let readiness: Readiness
  /// The gauges of the doors: connections and what waits.
  let doors: @Sendable () -> DoorState

  var all: [Route] { [live, ready, metrics] }

  private var live: Route {
    Route("/health/live", role: nil, fast: { _ in ServiceRoutes.answer(Readiness.Status(problem: nil)) })
  }

  private var ready: Route {
    Route("/health/ready", role: nil, slow: { _ in ServiceRoutes.answer(await readiness.status()) })
  }

  private var metrics: Route {
    Route(
      "/metrics",
      slow: { _ in
        let text = keeper.metrics.text(keeper.state(), doors(), ProcessState.now())
        return HTTPResponse(
          contentType: PrometheusText.contentType, headers: [("Cache-Control", "no-store")], text: text)
      })
  }

  private static func answer(_ status: Readiness.Status) -> HTTPResponse {
    let retry = status.isServing ? [] : [("Retry-After", "1")]
    let why = status.problem.map { ": \($0)" } ?? ""
    return HTTPResponse(
      status.isServing ? .ok : .serviceUnavailable, contentType: "text/plain; charset=utf-8",
      headers: [("Cache-Control", "no-store")] + retry, text: "\(status.name)\(why)\n")
  }
}
