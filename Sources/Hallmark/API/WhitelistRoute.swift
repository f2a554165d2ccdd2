import DNS
import JSONRPC
import NIOHTTP1

/// `GET /whitelist`: the whole in the form of a gateway's choice, or what changed since a revision.
extension Routes {
  var whitelist: Route { Route("/whitelist", slow: { request in await export(request) }) }

  private func export(_ request: HTTPRequest) async -> HTTPResponse {
    if Pages.isForWhitelistPage(request) { return pages.whitelist(request) }
    do throws(RPCError) {
      let format = try Routes.format(request)
      let under = try Arguments.branch(request.query["under"], "under")
      let since = try Routes.since(request)
      // Whatever is wrong with the revision must be said before the body begins.
      if since != nil { _ = try keeper.whitelistPage(size: 1, token: nil, since: since, under: under) }
      // What is past its grace is taken off before a tag is given out that would otherwise stay the same.
      var isCurrent = true
      if let lapse = keeper.nextLapse(), lapse <= keeper.clock.now { isCurrent = await keeper.lapse() }
      return response(format, under, since, isCurrent: isCurrent)
    } catch {
      return Routes.failure(error, Routes.wantsJSON(request))
    }
  }

  /// - Parameter isCurrent: what is on the whitelist is what goes out; otherwise the text has no tag or date of its own.
  private func response(
    _ format: WhitelistFormat, _ under: DomainName?, _ since: UInt64?, isCurrent: Bool
  ) -> HTTPResponse {
    let head = keeper.reading { try keeper.store.whitelistHead() }
    let parts = [format.rawValue, under?.description ?? "", since.map(String.init) ?? "", "\(head?.revision ?? 0)"]
    // Where the expiry stands in it, the text moves under one revision, and the tag is weak (RFC 9110 section 8.8.1).
    let tag = (format.showsExpiry ? "W/" : "") + "\"\(parts.joined(separator: "-"))\""
    let date = head.map { [("Last-Modified", HTTPDate.text($0.at.seconds))] } ?? []
    let validators = isCurrent ? [("ETag", tag)] + date : []
    return HTTPResponse(
      contentType: format.contentType,
      headers: validators + [("Cache-Control", "no-cache"), ("Vary", "Accept")],
      isCompressible: true,
      body: .stream { writer in
        try await keeper.export(format, under: under, since: since) { try await writer.write($0) }
      })
  }

  private static func format(_ request: HTTPRequest) throws(RPCError) -> WhitelistFormat {
    if let format = WhitelistFormat(rawValue: request.query["format"] ?? "txt") { return format }
    let names = WhitelistFormat.allCases.map(\.rawValue).joined(separator: ", ")
    throw RPCError(
      .invalidArgument, reason: "INVALID_PARAMETER", message: "Give format as one of \(names).", field: "format")
  }

  private static func since(_ request: HTTPRequest) throws(RPCError) -> UInt64? {
    guard let text = request.query["since"] else { return nil }
    // As in listWhitelist: what fits a whole number of JSON.
    guard let revision = Int64(text), revision >= 0 else {
      throw RPCError(
        .invalidArgument, reason: "INVALID_PARAMETER", message: "Give since as a revision, a whole number.",
        field: "since")
    }
    return UInt64(revision)
  }
}
