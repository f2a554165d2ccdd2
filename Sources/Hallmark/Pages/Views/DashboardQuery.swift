import Posture

/// What of the dashboard is wanted, as it stands in its address.
struct DashboardQuery: Sendable {
  enum Order: String, Sendable, CaseIterable {
    case verdict, name, errors, certificate, checked

    var title: String {
      switch self {
      case .verdict: "Verdict"
      case .name: "Domain"
      case .errors: "Findings"
      case .certificate: "Certificate"
      case .checked: "Checked"
      }
    }
  }

  /// Domains on one page.
  static let pageSize = 100
  /// Characters of a text that is looked for; no name is longer.
  static let maximumText = 253

  var organisation: String?
  var verdict: Verdict?
  var contains: String?
  var order = Order.verdict
  var isReversed = false
  /// From 1 on.
  var page = 1

  init() {}

  /// What is not understood counts as not said: an address that was cut off still shows something.
  init(_ query: [String: String]) {
    organisation = query["organisation"]
    verdict = query["verdict"].flatMap(Verdict.init(rawValue:))
    let text = query["contains"].map { String($0.trimmed.prefix(DashboardQuery.maximumText)).lowercased() }
    contains = text?.isEmpty == false ? text : nil
    order = query["sort"].flatMap(Order.init(rawValue:)) ?? .verdict
    isReversed = query["reverse"] == "1"
    page = query["page"].flatMap { Int($0) }.map { min(max(1, $0), 1_000_000) } ?? 1
  }

  /// The address of a change of it; without a page of its own the first.
  func address(_ change: (inout DashboardQuery) -> Void) -> String {
    var query = self
    query.page = 1
    change(&query)
    let pairs: [(name: String, value: String?)] = [
      ("verdict", query.verdict?.rawValue), ("contains", query.contains),
      ("sort", query.order == .verdict ? nil : query.order.rawValue), ("reverse", query.isReversed ? "1" : nil),
      ("page", query.page > 1 ? String(query.page) : nil),
    ]
    // The domains that no organisation was named for are an organisation without a name.
    let own = query.organisation.map { "organisation=\(FormText.encode($0))" }
    let rest = FormText.query(pairs).dropFirst()
    let all = [own, rest.isEmpty ? nil : String(rest)].compactMap { $0 }.joined(separator: "&")
    return all.isEmpty ? "/" : "/?" + all
  }
}
