import JSON
import Posture

/// The whitelist as a page shows it.
struct WhitelistView: Sendable {
  struct Row: Sendable {
    let domain: String
    let unicodeDomain: String?
    let policy: String
    let basis: Badge
    let match: [String]
    let until: String
    let stale: Badge?
  }

  struct Format: Sendable {
    let formatName: String
    let address: String
    let use: String
  }

  /// Entries on one page.
  static let pageSize = 100
  /// Entries that one page looks through for a text, so that a rare one does not read all of a long list.
  static let maximumExamined = 20_000

  let rows: [Row]
  let revision: String
  let totalText: String
  let containsField: String
  let nextPage: String?
  let formats: [Format]
  /// By their names in Documentation/Gateways.md.
  let recipes: [String: String]

  init(_ entries: [JSONValue], revision: UInt64, total: Int, contains: String?, next: String?, origin: String) {
    rows = entries.map { entry in
      let basis = entry["basis"]?.stringValue ?? ""
      return Row(
        domain: Shown.text(entry["domain"]), unicodeDomain: ShownName.unicode(Shown.text(entry["domain"])),
        policy: Shown.text(entry["policy"]),
        basis: Badge(TextReport.printable(basis), basis == "observed" ? .doubt : .good),
        match: Shown.list(entry["match"]), until: Shown.moment(entry["expiresAt"]?.stringValue),
        stale: entry["stale"]?.boolValue == true ? Badge("stale", .doubt) : nil)
    }
    self.revision = String(revision)
    totalText = Shown.count(total, "domain")
    containsField = contains ?? ""
    nextPage = next.map { "/whitelist" + FormText.query([("contains", contains), ("after", $0)]) }
    formats = WhitelistFormat.allCases.map {
      Format(formatName: $0.rawValue, address: "/whitelist?format=\($0.rawValue)", use: $0.use)
    }
    recipes = GatewayRecipes.shared.texts(for: origin)
  }
}

extension WhitelistFormat {
  /// What it is for, in a few words.
  fileprivate var use: String {
    switch self {
    case .txt: "a domain a line"
    case .json: "one JSON text, with the revision"
    case .ndjson: "a JSON text for each entry, a line each"
    case .csv: "for a spreadsheet"
    case .postfix: "a table for smtp_tls_policy_maps"
    case .rspamd: "a map for rspamd"
    }
  }
}
