import JSON

/// The forms that the whitelist goes out in. Each turns one entry, as JSON has it, into its line.
public enum WhitelistFormat: String, Sendable, CaseIterable {
  /// A domain a line.
  case txt
  case json
  case ndjson
  case csv
  /// A table for smtp_tls_policy_maps of Postfix.
  case postfix
  /// A map for rspamd: a domain a line.
  case rspamd

  /// Whether an entry's expiry stands in it, which moves with every renewal.
  var showsExpiry: Bool {
    switch self {
    case .json, .ndjson, .csv: true
    case .txt, .postfix, .rspamd: false
    }
  }

  var contentType: String {
    switch self {
    case .txt, .postfix, .rspamd: "text/plain; charset=utf-8"
    case .json: "application/json"
    case .ndjson: "application/x-ndjson"
    case .csv: "text/csv; charset=utf-8"
    }
  }

  /// - Parameter isChanges: what follows is what changed, and not the whole.
  func head(revision: UInt64, isChanges: Bool) -> String {
    switch self {
    case .txt where isChanges: "# revision \(revision)\n"
    case .txt, .ndjson: ""
    case .json: "{\"revision\":\(revision),\"entries\":["
    // RFC 4180 section 2: CRLF ends a line.
    case .csv: "domain,policy,basis,mx,match,expiresAt,stale,revision\r\n"
    case .postfix, .rspamd: "# Hallmark whitelist, revision \(revision)\n"
    }
  }

  /// - Parameter removed: the names that are no longer on it, where changes are told.
  func tail(removed: [String]?) -> String {
    guard self == .json else { return "" }
    guard let removed else { return "]}\n" }
    return "],\"removed\":" + String(decoding: JSONValue(texts: removed).serialized(), as: UTF8.self) + "}\n"
  }

  /// The line that says that a domain left, where changes are told. The reader of a table takes it for a comment: who keeps
  /// a table by changes has to act on it.
  func removal(_ domain: String) -> String {
    switch self {
    case .txt: return "- \(domain)\n"
    case .postfix, .rspamd: return "# removed \(domain)\n"
    case .json: return ""
    case .ndjson:
      let value: JSONValue = ["domain": .string(domain), "removed": true]
      return String(decoding: value.serialized(), as: UTF8.self) + "\n"
    case .csv: return "\(domain),removed,,,,,,\r\n"
    }
  }

  /// Appends an entry's line; its fields are taken apart for those formats alone that need it.
  func append(_ entry: WhitelistEntry, isFirst: Bool, isChange: Bool, to text: inout [UInt8]) {
    switch self {
    case .txt, .rspamd:
      if self == .txt, isChange { text += "+ ".utf8 }
      text += entry.domain.description.utf8
      text.append(UInt8(ascii: "\n"))
    case .json:
      if !isFirst { text.append(UInt8(ascii: ",")) }
      WhitelistFormat.appendJSON(entry, to: &text)
    case .ndjson:
      WhitelistFormat.appendJSON(entry, to: &text)
      text.append(UInt8(ascii: "\n"))
    case .csv: WhitelistFormat.appendCSV(entry, to: &text)
    case .postfix:
      guard let fields = try? JSONValue(parsing: entry.octets), let policy = WhitelistFormat.postfixPolicy(fields)
      else {
        return
      }
      text += "\(entry.domain) \(policy)\n".utf8
    }
  }

  /// What was rendered when the entry was kept goes out as it is, and what moves since then behind it.
  private static func appendJSON(_ entry: WhitelistEntry, to text: inout [UInt8]) {
    var writer = JSONWriter(capacity: entry.octets.count + 96)
    writer.object { object in
      object.members(rendered: entry.octets)
      object.member("expiresAt", .string(entry.expiresAt.description))
      object.member("stale", .bool(entry.isStale))
      object.member("revision", .integer(Int64(clamping: entry.revision)))
    }
    text += writer.bytes
  }

  /// What follows the domain in a table for smtp_tls_policy_maps; nil for what cannot be put into one.
  ///
  /// `servername=hostname` sends the MX host as SNI, as RFC 8461 section 4.1 has it (Postfix 3.4 and later). A pattern
  /// `*.example` becomes `.example`, which in Postfix also matches deeper names.
  static func postfixPolicy(_ entry: JSONValue) -> String? {
    if entry["policy"]?.stringValue == "dane-only" { return "dane-only" }
    let names = (entry["match"]?.arrayValue ?? []).compactMap(\.stringValue)
      .map { $0.hasPrefix("*.") ? String($0.dropFirst()) : $0 }
    // An empty match would fall back to what an attacker on the path can choose.
    guard !names.isEmpty, names.allSatisfy(isPlain) else { return nil }
    return "secure match=\(names.joined(separator: ":")) servername=hostname"
  }

  /// Letters, digits, hyphens and dots: nothing that could end an attribute or begin another.
  private static func isPlain(_ name: String) -> Bool {
    !name.isEmpty
      && name.utf8.allSatisfy { octet in
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(octet | 0x20)
          || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(octet) || octet == UInt8(ascii: "-")
          || octet == UInt8(ascii: ".")
      }
  }

  private static func appendCSV(_ entry: WhitelistEntry, to text: inout [UInt8]) {
    guard let fields = (try? JSONValue(parsing: entry.octets))?.objectValue else { return }
    for key in ["domain", "policy", "basis", "mx", "match"] {
      switch fields[key] {
      case .string(let value)?: appendField(value, to: &text)
      case .array(let items)?: appendField(items.compactMap(\.stringValue).joined(separator: " "), to: &text)
      default: break
      }
      text.append(UInt8(ascii: ","))
    }
    text += "\(entry.expiresAt),\(entry.isStale),\(entry.revision)\r\n".utf8
  }

  /// Quoted where it must be (RFC 4180 section 2); what a spreadsheet would take for a formula gets an apostrophe before it.
  private static func appendField(_ value: String, to text: inout [UInt8]) {
    let octets = value.utf8
    let isFormula = octets.first.map { "=+-@\t\r".utf8.contains($0) } ?? false
    let isQuoted = octets.contains { ",\"\r\n".utf8.contains($0) }
    if isQuoted { text.append(UInt8(ascii: "\"")) }
    if isFormula { text.append(UInt8(ascii: "'")) }
    for octet in octets {
      if octet == UInt8(ascii: "\"") { text.append(octet) }
      text.append(octet)
    }
    if isQuoted { text.append(UInt8(ascii: "\"")) }
  }
}
