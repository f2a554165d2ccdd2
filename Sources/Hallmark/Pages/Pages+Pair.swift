import DNS
import IDNA
import JSON
import JSONRPC
import Posture

extension Pages {
  struct PairPage: Sendable {
    let layout: LayoutView
    let there: PairView
    let back: PairView
    let isSame: Bool
  }

  /// Where the findings of the way back are numbered from; no way has so many.
  private static let findingsBack = 1000

  /// The page of a pair, in both directions; where a check is needed it shows how far that has come, as a domain's does.
  func pair(_ request: HTTPRequest) async -> HTTPResponse {
    do throws(RPCError) {
      let sender = try Arguments.domain(request.parameters["sender"] ?? "", "sender")
      let recipient = try Arguments.domain(request.parameters["recipient"] ?? "", "recipient")
      let standard = try desk.standard(request.query["standard"])
      let maxAge = try Routes.maxAge(request)
      guard
        let page = try await pairPage(
          sender, recipient, standard, maxAge: maxAge, within: Pages.patience, request)
      else { return pairProgress(sender, recipient, standard, request) }
      return Pages.page(templates.render(page, .pair))
    } catch {
      return failure(request, error, back: "/pairs")
    }
  }

  private static func title(_ sender: MailDomain, _ recipient: MailDomain) -> String {
    "\(ShownName.both(sender.description)) to \(ShownName.both(recipient.description))"
  }

  /// nil where it takes checks that are under way.
  private func pairPage(
    _ sender: MailDomain, _ recipient: MailDomain, _ standard: Standard, maxAge: Int64?, within limit: Duration?,
    _ request: HTTPRequest
  ) async throws(RPCError) -> PairPage? {
    if limit != nil, desk.underWay(sender.name) != nil || desk.underWay(recipient.name) != nil { return nil }
    let records: (sender: PostureRecord, recipient: PostureRecord)
    do throws(RPCError) {
      records = try await desk.records(
        sender: sender, recipient: recipient, maxAge: maxAge, standard: standard,
        payer: Arguments.payer(request.caller),
        within: limit)
    } catch {
      guard error.status == .deadlineExceeded, limit != nil else { throw error }
      return nil
    }
    let now = keeper.clock.now
    let there = PairVerdict(sender: records.sender, recipient: records.recipient)
    let back = PairVerdict(sender: records.recipient, recipient: records.sender)
    return PairPage(
      layout: layout(request, Pages.title(sender, recipient)),
      there: PairView(there.json, recipient: records.recipient.json(stale: false, revision: 0), at: now),
      back: PairView(
        back.json, recipient: records.sender.json(stale: false, revision: 0), findingsFrom: Pages.findingsBack, at: now),
      isSame: sender.name == recipient.name)
  }

  /// The same as text, by the evidence that the answer was made of.
  func text(ofPair pair: JSONValue, _ request: HTTPRequest) -> String {
    guard let sender = pair["sender"]?.stringValue.flatMap({ try? MailDomain(validating: $0) }),
      let recipient = pair["recipient"]?.stringValue.flatMap({ try? MailDomain(validating: $0) }),
      let standard = try? desk.standard(pair["standard"]?.stringValue),
      let first = desk.kept(CheckRequest(domain: sender))?.record(by: standard),
      let second = desk.kept(CheckRequest(domain: recipient))?.record(by: standard)
    else { return TextReport.pair(pair) }
    let now = keeper.clock.now
    let there = PairView(pair, recipient: second.json(stale: false, revision: 0), at: now)
    guard sender.name != recipient.name else { return TextReport.pair(there, pair) }
    let reverse = PairVerdict(sender: second, recipient: first).json
    let back = PairView(
      reverse, recipient: first.json(stale: false, revision: 0), findingsFrom: Pages.findingsBack, at: now)
    return TextReport.pair((there, pair), (back, reverse))
  }

  private func pairProgress(
    _ sender: MailDomain, _ recipient: MailDomain, _ standard: Standard, _ request: HTTPRequest
  ) -> HTTPResponse {
    let view = ProgressPage(
      layout: layout(request, Pages.title(sender, recipient)),
      name: "\(ShownName.both(sender.description)) and \(ShownName.both(recipient.description))")
    return Pages.page { writer in
      try await writer.write(Array(templates.render(view, .progress).utf8))
      try await follow([sender.name, recipient.name], writer)
      let end: String
      do throws(RPCError) {
        let page = try await pairPage(sender, recipient, standard, maxAge: nil, within: nil, request)
        end = page.map { templates.render($0, .pairWay) } ?? ""
      } catch {
        end = templates.render(Pages.Failed(message: error.message), .failed)
      }
      try await writer.write(Array((end + templates.render(view, .bottom)).utf8))
    }
  }

  // MARK: The ways there

  private struct PairsPage: Sendable {
    let layout: LayoutView
    let sender: String
    let recipient: String
  }

  /// `/pairs`: two fields; with both it goes to the pair's page.
  var pairs: Route {
    Route(
      "/pairs",
      slow: { request in
        let sender = (request.query["sender"] ?? "").trimmed
        let recipient = (request.query["recipient"] ?? "").trimmed
        guard sender.isEmpty || recipient.isEmpty else {
          return Pages.seeOther("/pairs/\(FormText.encode(String(sender)))/\(FormText.encode(String(recipient)))")
        }
        guard Pages.wants(request, of: [.text, .html]) == .html else {
          return .failure(.badRequest, "Ask /pairs/SENDER/RECIPIENT.")
        }
        let view = PairsPage(
          layout: layout(request, "Between two domains"), sender: String(sender), recipient: String(recipient))
        return Pages.page(templates.render(view, .pairs))
      })
  }

  /// `/domains?name=`: the search box; it goes to the domain's page.
  var domainSearch: Route {
    Route(
      "/domains",
      fast: { request in
        // What people paste: an address, or one of the web.
        var name = (request.query["name"] ?? "").trimmed
        if let at = name.lastIndex(of: "@") { name = name[name.index(after: at)...] }
        for scheme in ["https://", "http://"] where name.lowercased().hasPrefix(scheme) {
          name = name.dropFirst(scheme.count).prefix { $0 != "/" }
        }
        return Pages.seeOther(name.isEmpty ? "/" : "/domains/\(FormText.encode(String(name)))")
      })
  }
}
