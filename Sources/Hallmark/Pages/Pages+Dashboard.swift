import Posture

extension Pages {
  struct DashboardPage: Sendable {
    let layout: LayoutView
    let board: DashboardView
  }

  /// `/`: the dashboard, or the same as text.
  var dashboard: Route {
    Route(
      "/",
      slow: { request in
        let query = DashboardQuery(request.query)
        let isPage = Pages.wants(request, of: [.text, .html]) == .html
        guard let view = await view(query) else {
          return isPage
            ? failure(request, .serviceUnavailable, "The store cannot be read: tell the operator.")
            : .failure(.serviceUnavailable, "The store cannot be read: tell the operator.")
        }
        guard isPage else {
          return HTTPResponse(
            contentType: "text/plain; charset=utf-8",
            headers: [("Vary", "Accept, Cookie"), ("Cache-Control", "no-cache")],
            text: TextReport.dashboard(view))
        }
        let title = query.organisation.map { $0.isEmpty ? "Without an organisation" : TextReport.printable($0) }
        let layout = layout(request, title ?? "Domains", organisation: query.organisation)
        let page = DashboardPage(layout: layout, board: view)
        return Pages.page(templates.render(page, .dashboard))
      })
  }

  /// nil where the store cannot be read.
  func view(_ query: DashboardQuery) async -> DashboardView? {
    let now = keeper.clock.now
    let store = keeper.store
    return await keeper.reading(apart: .pages) { cancellation in
      DashboardView(
        try Overview(store, query, at: now, cancellation),
        try Worsened(store, organisation: query.organisation, at: now),
        try store.tallies(of: query.organisation, since: now.day - TimeLine.days), query, at: now)
    }
  }
}
