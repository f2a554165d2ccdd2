/// Keeps web pages from using a server that asks nobody for a token because only this machine can reach it: a page in
/// the user's browser can reach it too.
struct BrowserGuard: Sendable {
  /// Names by which it may be called, beside those of loopback; lower case, without port.
  let hosts: Set<String>

  /// - Throws: 421 for a Host that is not ours, which is what DNS rebinding looks like (RFC 9110 section 15.5.20);
  ///   403 for a page of another origin.
  func check(host: String, origin: String?, fetchSite: String?, isSafe: Bool) throws(HTTPFailure) {
    if !BrowserGuard.isPlainlyLoopback(host) {
      let name = BrowserGuard.name(of: host)
      guard BrowserGuard.isLoopback(name) || hosts.contains(name) else {
        throw HTTPFailure(.misdirectedRequest, "Call this server by localhost or its own address.")
      }
    }
    let stranger = HTTPFailure(.forbidden, "Pages of other sites may not use this server.")
    if let origin {
      let authority = origin.split(separator: "/", omittingEmptySubsequences: false)
      guard authority.count == 3, authority[1].isEmpty, authority[2].isEqualIgnoringCase(host) else { throw stranger }
    } else if let fetchSite, !isSafe {
      guard fetchSite == "same-origin" || fetchSite == "none" else { throw stranger }
    }
  }

  /// Whether a form comes from a page of this server, by what the browser says and no page can change. What is no browser says
  /// neither, and has no cookie either that another could make use of.
  static func isOwn(host: String, origin: String?, fetchSite: String?) -> Bool {
    // Behind a proxy the host may be another than the page's, and only this tells.
    if let fetchSite { return fetchSite == "same-origin" || fetchSite == "none" }
    guard let origin else { return true }
    let authority = origin.split(separator: "/", omittingEmptySubsequences: false)
    return authority.count == 3 && authority[1].isEmpty && authority[2].isEqualIgnoringCase(host)
  }

  /// The two names that nearly every request gives, told without taking them apart.
  private static func isPlainlyLoopback(_ host: String) -> Bool {
    let name = host.utf8.prefix { $0 != UInt8(ascii: ":") }
    return name.elementsEqual("127.0.0.1".utf8) || name.elementsEqual("localhost".utf8)
  }

  /// Without the port, in lower case.
  private static func name(of host: String) -> String {
    if host.hasPrefix("["), let end = host.firstIndex(of: "]") { return host[...end].lowercased() }
    return host.prefix { $0 != ":" }.lowercased()
  }

  /// RFC 6761 section 6.3, RFC 1122 section 3.2.1.3, RFC 4291 section 2.5.3.
  private static func isLoopback(_ name: String) -> Bool {
    if name == "localhost" || name.hasSuffix(".localhost") || name == "[::1]" { return true }
    let parts = name.split(separator: ".", omittingEmptySubsequences: false)
    return parts.count == 4 && parts[0] == "127" && parts.allSatisfy { UInt8($0) != nil }
  }
}
