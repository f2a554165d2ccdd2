import DNS
import IDNA
import JSONRPC
import Posture

/// What people do at pages. Each form carries a secret that its page was given, and a browser's word that the page is ours;
/// each ends by going to a page by GET, so that to load it again does nothing twice.
extension Pages {
  var forms: [Route] {
    [
      form("/watch", role: .admin, watch), form("/domains/:name/check", role: .reader, check),
      form("/domains/:name/unwatch", role: .admin, unwatch),
      form("/domains/:name/assurance", role: .admin, assure),
    ]
  }

  private func form(
    _ pattern: String, role: Role, _ action: @escaping @Sendable (HTTPRequest) async throws(RPCError) -> String
  ) -> Route {
    Route(form: pattern, role: role) { request in
      guard sessions.holds(request.form["csrf"] ?? "", request.session) else {
        return failure(request, .forbidden, "The page was too old: load it again, and send the form once more.")
      }
      do throws(RPCError) {
        return Pages.seeOther(try await action(request))
      } catch {
        return failure(request, error, back: Pages.address(request.parameters["name"]))
      }
    }
  }

  static func address(_ name: String?) -> String { name.map { "/domains/\(FormText.encode($0))" } ?? "/" }

  /// Begins a check made now, and goes to the page, which shows how far it comes.
  private func check(_ request: HTTPRequest) async throws(RPCError) -> String {
    let domain = try Arguments.domain(request.parameters["name"] ?? "", "name")
    do throws(RPCError) {
      _ = try await desk.renew(
        CheckRequest(domain: domain, maxAge: 0, payer: Arguments.payer(request.caller)), within: .zero)
    } catch {
      // It goes on, which is what was wanted.
      guard error.status == .deadlineExceeded else { throw error }
    }
    return Pages.address(domain.name.description)
  }

  private func watch(_ request: HTTPRequest) async throws(RPCError) -> String {
    let words = (request.form["domains"] ?? "").split { $0.isWhitespace || $0 == "," || $0 == ";" }
    guard !words.isEmpty, words.count <= Methods.maximumDomains else {
      throw RPCError(
        .invalidArgument, reason: "INVALID_PARAMETER",
        message: "Give a domain, or up to \(Methods.maximumDomains), a line each.", field: "domains")
    }
    var domains: [MailDomain] = []
    for word in words { domains.append(try Arguments.domain(String(word), "domains")) }
    let organisation = try Arguments.text(
      String((request.form["organisation"] ?? "").trimmed), "organisation", mayBeEmpty: true)
    let selectors = (request.form["selectors"] ?? "").split { $0.isWhitespace || $0 == "," }.map(String.init)
    _ = try await keeper.watch(
      domains, organisation: organisation, selectors: try Arguments.selectors(selectors), caller: request.caller)
    if domains.count == 1 { return Pages.address(domains[0].name.description) + "?done=watched" }
    return "/" + FormText.query([("organisation", organisation), ("done", "watched")])
  }

  private func unwatch(_ request: HTTPRequest) async throws(RPCError) -> String {
    let domain = try Arguments.domain(request.parameters["name"] ?? "", "name")
    // The field is there even for the watch that no organisation was named for.
    guard let organisation = request.form["organisation"] else {
      throw RPCError(
        .invalidArgument, reason: "MISSING_PARAMETER", message: "Say for which organisation.", field: "organisation")
    }
    _ = try await keeper.unwatch([domain], organisation: organisation, caller: request.caller)
    return Pages.address(domain.name.description) + "?done=unwatched"
  }

  private func assure(_ request: HTTPRequest) async throws(RPCError) -> String {
    let domain = try Arguments.domain(request.parameters["name"] ?? "", "name")
    // A browser's field for a date gives the day alone; it counts to its end.
    guard let day = request.form["validUntil"], let end = Timestamp("\(day.trimmed)T23:59:59Z") else {
      throw RPCError(
        .invalidArgument, reason: "INVALID_TIME", message: "Give the last day, such as 2027-03-31.", field: "validUntil"
      )
    }
    let assurance = Assurance(
      scheme: try Arguments.text(String((request.form["scheme"] ?? "").trimmed), "scheme"),
      reference: try Arguments.text(String((request.form["reference"] ?? "").trimmed), "reference"), validUntil: end)
    try await keeper.setAssurance(assurance, of: domain.name, caller: request.caller)
    // Judged anew with it, by the evidence that is kept; the page shows how far that comes.
    do throws(RPCError) {
      _ = try await desk.renew(CheckRequest(domain: domain), within: Pages.patience)
    } catch {
      guard error.status == .deadlineExceeded else { throw error }
    }
    return Pages.address(domain.name.description) + "?done=assured"
  }
}
