import Crypto
import JSON

/// What changed, as a feed (RFC 4287). Every text of a stranger's is escaped, and what XML cannot hold is left out.
struct AtomFeed: Sendable {
  static let contentType = "application/atom+xml; charset=utf-8"
  /// The most changes that a feed tells of, the newest first.
  static let maximumEntries = 100

  /// nil: of all domains.
  let organisation: String?
  /// The installation, as far as a caller knows it: the host of the request.
  let host: String
  /// The form of `domainHistory`, newest first.
  let changes: [JSONValue]
  /// RFC 3339; when the newest of them was, or when there were none yet.
  let updated: String

  /// Where the feed of an organisation is, or with nil that of all domains.
  static func path(of organisation: String?) -> String {
    "/changes.atom" + (organisation.map { "?organisation=\(FormText.encode($0))" } ?? "")
  }

  var text: String {
    let name = organisation.map { " of \($0)" } ?? ""
    let path = AtomFeed.path(of: organisation)
    return """
      <?xml version="1.0" encoding="utf-8"?>
      <feed xmlns="http://www.w3.org/2005/Atom">
      <id>\(AtomFeed.identifier(["feed", host, organisation ?? "", organisation == nil ? "all" : "one"]))</id>
      <title>\(AtomFeed.escaped("Hallmark: changes" + name))</title>
      <updated>\(AtomFeed.escaped(updated))</updated>
      <author><name>Hallmark</name></author>
      <link rel="self" type="application/atom+xml" href="\(AtomFeed.escaped(path))"/>
      <link rel="alternate" type="text/html" href="/"/>

      """ + changes.map(AtomFeed.entry).joined() + "</feed>\n"
  }

  private static func entry(_ change: JSONValue) -> String {
    let domain = change["domain"]?.stringValue ?? ""
    let at = change["at"]?.stringValue ?? ""
    let verdict = change["verdict"]?.stringValue ?? "unknown"
    let previous = change["previous"]?.stringValue
    let outcome =
      switch previous {
      case nil: "first checked, \(verdict)"
      case verdict?: "still \(verdict), with changes"
      case let previous?: "\(previous), now \(verdict)"
      }
    let revision = change["revision"]?.integerValue ?? 0
    return """
      <entry>
      <id>\(identifier(["change", domain, at, "\(revision)"]))</id>
      <title>\(escaped("\(ShownName.both(domain)): \(outcome)"))</title>
      <updated>\(escaped(at))</updated>
      <link rel="alternate" href="/domains/\(escaped(domain))"/>
      <category term="\(escaped(verdict))"/>
      <content type="text">\(escaped(lines(change).joined(separator: "\n")))</content>
      </entry>

      """
  }

  private static func lines(_ change: JSONValue) -> [String] {
    func ids(_ key: String) -> String {
      (change[key]?.arrayValue ?? []).compactMap(\.stringValue).joined(separator: ", ")
    }
    var lines = [
      "verdict: \(change["previous"]?.stringValue ?? "none") -> \(change["verdict"]?.stringValue ?? "unknown")"
    ]
    if !ids("appeared").isEmpty { lines.append("appeared: \(ids("appeared"))") }
    if !ids("resolved").isEmpty { lines.append("resolved: \(ids("resolved"))") }
    for item in change["evidence"]?.arrayValue ?? [] {
      let place = "\(item["what"]?.stringValue ?? "") \(item["subject"]?.stringValue ?? "")"
      lines.append("\(place): \(item["from"]?.stringValue ?? "nothing") -> \(item["to"]?.stringValue ?? "nothing")")
    }
    return lines
  }

  /// An identifier that stays the same for the same parts: a UUID of version 8, whose content is the maker's own (RFC 9562
  /// section 5.8), made of their digest.
  private static func identifier(_ parts: [String]) -> String {
    var digest = SHA256()
    for part in parts {
      digest.update(data: Array("\(part.utf8.count) ".utf8))
      digest.update(data: Array(part.utf8))
    }
    var octets = Array(digest.finalize().prefix(16))
    octets[6] = octets[6] & 0x0f | 0x80
    octets[8] = octets[8] & 0x3f | 0x80
    let hex = Array(Hex.encode(octets))
    let groups = [0..<8, 8..<12, 12..<16, 16..<20, 20..<32].map { String(hex[$0]) }
    return "urn:uuid:" + groups.joined(separator: "-")
  }

  /// What tells one feed from another, in hexadecimal digits.
  static func digest(_ text: [UInt8]) -> String { Hex.encode(Array(SHA256.hash(data: text))) }

  /// For text and for attribute values. XML 1.0 section 2.2 names the characters that it can hold.
  private static func escaped(_ text: String) -> String {
    var escaped = ""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "&": escaped += "&amp;"
      case "<": escaped += "&lt;"
      case ">": escaped += "&gt;"
      case "\"": escaped += "&quot;"
      case "'": escaped += "&#39;"
      case "\n": escaped += "\n"
      default:
        let isHeld =
          (0x20...0xd7ff).contains(scalar.value) && !(0x7f..<0xa0).contains(scalar.value)
          || (0xe000...0xfffd).contains(scalar.value) || scalar.value >= 0x10000
        if isHeld { escaped.unicodeScalars.append(scalar) }
      }
    }
    return escaped
  }
}
