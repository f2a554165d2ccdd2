import DNS
import IDNA
import JSON
import JSONRPC
import Posture

extension Pages {
  /// Changes of a domain that its page lists.
  private static let historySize = 20

  struct DomainPage: Sendable {
    let layout: LayoutView
    let domain: DomainView
    let isWatched: Bool
    let watchedFor: [Choice]
    let standards: [Choice]
  }

  struct Choice: Sendable {
    let choice: String
    var shownName = ""
    var isChosen = false
  }

  /// What stands above the lines of a check that goes on.
  struct ProgressPage: Sendable {
    let layout: LayoutView
    let name: String
    var lastKnown: String?
  }

  /// The page of a domain. Where a check is needed it is begun, and the page shows how far it has come until its result
  /// stands on the same page: it is sent bit by bit, which takes no script and does not load the page over and over.
  func domain(_ request: HTTPRequest) async -> HTTPResponse {
    do throws(RPCError) {
      let name = try Arguments.domain(request.parameters["name"] ?? "", "name")
      let standard = try desk.standard(Pages.chosen(request))
      let check = CheckRequest(
        domain: name, maxAge: try Routes.maxAge(request), standard: standard.name,
        payer: Arguments.payer(request.caller))
      guard let record = try await record(check, request) else { return progress(of: check, standard, request) }
      return Pages.page(templates.render(domainPage(record, name, standard, request), .domain))
    } catch {
      return failure(request, error)
    }
  }

  private static func chosen(_ request: HTTPRequest) -> String? {
    request.query["standard"].flatMap { $0.isEmpty ? nil : $0 }
  }

  /// The record; nil where it takes a check that is under way.
  private func record(_ check: CheckRequest, _ request: HTTPRequest) async throws(RPCError) -> JSONValue? {
    guard desk.underWay(check.domain.name) == nil else { return nil }
    do throws(RPCError) {
      let limit = Arguments.remaining(request.caller).map { min($0, Pages.patience) } ?? Pages.patience
      let bytes = try await desk.record(check, within: limit)
      guard let record = try? JSONValue(parsing: bytes, limits: .evidence) else { throw RPCError.fault }
      return record
    } catch {
      guard error.status == .deadlineExceeded else { throw error }
      return nil
    }
  }

  private func domainPage(
    _ record: JSONValue, _ name: MailDomain, _ standard: Standard, _ request: HTTPRequest
  ) -> DomainPage {
    let view = view(of: record, name.name, standard)
    let watch = keeper.reading { try keeper.store.watchEntry(of: name.name) }
    let title = view.unicodeName.map { "\($0) (\(view.name))" } ?? view.name
    return DomainPage(
      layout: layout(request, title, search: view.name), domain: view, isWatched: watch != nil,
      watchedFor: (watch?.organisations.sorted() ?? []).map {
        Choice(choice: $0, shownName: $0.isEmpty ? "no organisation" : TextReport.printable($0))
      },
      standards: desk.standards.names.map { Choice(choice: $0, isChosen: $0 == standard.name) })
  }

  /// What is known of a domain: the record, and what is kept beside it.
  func view(of record: JSONValue, _ name: DomainName, _ standard: Standard) -> DomainView {
    var view = DomainView(record, standard: standard, at: keeper.clock.now)
    let changes = keeper.reading { try keeper.store.history(of: name, limit: Pages.historySize) }?.changes ?? []
    view.history = changes.compactMap { try? JSONValue(parsing: $0.octets) }.compactMap(HistoryRow.init)
    if let watch = keeper.reading({ try keeper.store.watchEntry(of: name) }) {
      view.nextLook = Shown.moment(watch.dueAt)
      view.organisations = watch.organisations.filter { !$0.isEmpty }.sorted().map(TextReport.printable)
        .joined(separator: ", ")
    }
    return view
  }

  /// The same as text.
  func text(of record: JSONValue, _ request: HTTPRequest) -> String {
    guard let name = record["domain"]?.stringValue.flatMap({ DomainName($0) }),
      let standard = try? desk.standard(record["standard"]?.stringValue)
    else { return TextReport.domain(record) }
    return TextReport.domain(view(of: record, name, standard))
  }

  // MARK: While a check goes on

  private func progress(of check: CheckRequest, _ standard: Standard, _ request: HTTPRequest) -> HTTPResponse {
    let name = check.domain.name
    let known = keeper.reading {
      try keeper.store.withRecord(of: name) { header, _ in (header.verdict, header.checkedAt) }
    }
    let view = ProgressPage(
      layout: layout(request, check.domain.unicode ?? name.description, search: name.description),
      name: check.domain.unicode.map(TextReport.printable) ?? name.description,
      lastKnown: known.map { "\(Badge.word(ofVerdict: $0.0)), \(Shown.moment($0.1))" })
    return Pages.page { writer in
      try await writer.write(Array(templates.render(view, .progress).utf8))
      try await follow([name], writer)
      let end: String
      do throws(RPCError) {
        // What was looked at is kept by now; a check that another one overtook is joined.
        var kept = check
        kept.maxAge = nil
        let bytes = try await desk.record(kept)
        let record = try? JSONValue(parsing: bytes, limits: .evidence)
        end = record.map { templates.render(domainPage($0, check.domain, standard, request), .record) } ?? ""
      } catch {
        end = templates.render(Pages.Failed(message: error.message), .failed)
      }
      try await writer.write(Array((end + templates.render(view, .bottom)).utf8))
    }
  }

  struct Failed: Sendable { let message: String }

  /// A check that is followed.
  private struct Followed {
    let name: DomainName
    var flight: Flight<Examination>?
    /// Kept, because the desk forgets it when the check is over.
    var progress: CheckProgress?
    var shown = 0

    /// What is new, as items of a list.
    mutating func news(_ desk: CheckDesk) -> String {
      guard let flight else { return "" }
      // Asked first, so that nothing is missed that came before the end.
      let isOver = flight.landed != nil
      progress = progress ?? desk.progress(of: name)
      let lines = progress?.lines(after: shown).lines ?? []
      shown += lines.count
      if isOver { self.flight = nil }
      return lines.map { "<li>\(PageTemplates.escaped(TextReport.printable($0)))</li>\n" }.joined()
    }
  }

  /// Writes what is found out as it comes in, until the checks of all the domains are over.
  func follow(_ names: [DomainName], _ writer: HTTPBodyWriter) async throws {
    var checks = names.map { name in
      Followed(name: name, flight: desk.underWay(name), progress: desk.progress(of: name))
    }
    while checks.contains(where: { $0.flight != nil }) {
      var text = ""
      for place in checks.indices { text += checks[place].news(desk) }
      try await writer.write(Array(text.utf8))
      if checks.contains(where: { $0.flight != nil }) { try await Task.sleep(for: Pages.pace) }
    }
    try await writer.write(Array("</ol></div></section>\n".utf8))
  }
}
