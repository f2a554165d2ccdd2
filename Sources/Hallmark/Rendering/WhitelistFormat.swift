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

  func line(_ entry: JSONValue, isFirst: Bool, isChange: Bool) -> String {
    let domain = entry["domain"]?.stringValue ?? ""
    switch self {
    case .txt where isChange: return "+ \(domain)\n"
    case .txt, .rspamd: return domain + "\n"
    case .json: return (isFirst ? "" : ",") + String(decoding: entry.serialized(), as: UTF8.self)
    case .ndjson: return String(decoding: entry.serialized(), as: UTF8.self) + "\n"
    case .csv: return WhitelistFormat.csv(entry)
    case .postfix: return WhitelistFormat.postfixPolicy(entry).map { "\(domain) \($0)\n" } ?? ""
    }
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

  private static func csv(_ entry: JSONValue) -> String {
    func text(_ key: String) -> String {
      switch entry[key] {
      case .string(let text)?: text
      case .bool(let flag)?: String(flag)
      case .integer(let number)?: String(number)
      case .array(let items)?: items.compactMap(\.stringValue).joined(separator: " ")
      default: ""
      }
    }
    let fields = ["domain", "policy", "basis", "mx", "match", "expiresAt", "stale", "revision"]
    return fields.map { field(text($0)) }.joined(separator: ",") + "\r\n"
  }

  /// Quoted where it must be (RFC 4180 section 2); what a spreadsheet would take for a formula gets an apostrophe before it.
  private static func field(_ text: String) -> String {
    let harmless = text.first.map { "=+-@\t\r".contains($0) } == true ? "'" + text : text
    guard harmless.contains(where: { ",\"\r\n".contains($0) }) else { return harmless }
    return "\"" + harmless.replacing("\"", with: "\"\"") + "\""
  }
}
