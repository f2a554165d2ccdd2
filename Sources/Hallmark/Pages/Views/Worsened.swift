import DNS
import JSON
import Posture

/// What got worse in the last week, out of the changes that are kept.
struct Worsened: Sendable {
  /// How far back it looks, in seconds.
  static let period: Int64 = 7 * 86_400
  /// Changes that are looked at, at the most; beyond it those of the last days stand alone.
  static let maximumChanges = 2_000
  /// Domains that are listed.
  static let maximumListed = 12

  struct Row: Sendable {
    let domain: DomainName
    let before: String
    let now: String
    let at: Timestamp
    let appeared: [String]
  }

  private(set) var rows: [Row] = []
  private(set) var total = 0

  /// What a domain was like before the week and is like now; what came and went again is nothing.
  fileprivate struct Course {
    let now: String
    let at: Timestamp
    var before: String?
    /// By finding, whether the last that was heard of it, and the first, is that it appeared.
    var findings: [String: (last: Bool, first: Bool)] = [:]
  }

  init(_ store: Store, organisation: String?, at now: Timestamp) throws {
    var courses: [DomainName: Course] = [:]
    var order: [DomainName] = []
    var examined = 0
    try store.recentChanges { change in
      examined += 1
      guard examined <= Worsened.maximumChanges, let value = try? JSONValue(parsing: change.octets),
        let at = value["at"]?.stringValue.flatMap({ Timestamp($0) }), now - at <= Worsened.period
      else { return false }
      if courses[change.domain] == nil {
        courses[change.domain] = Course(now: value["verdict"]?.stringValue ?? "", at: at)
        order.append(change.domain)
      }
      courses[change.domain]?.extend(value)
      return true
    }
    for domain in order {
      guard let row = courses[domain]?.row(domain), let watch = try store.watchEntry(of: domain),
        organisation.map({ watch.organisations.contains($0) }) ?? true
      else { continue }
      total += 1
      rows.append(row)
    }
    // A verdict that fell comes before more findings under the same one; then the newest first.
    rows.sort { (Overview.rank($0.now), $1.at) < (Overview.rank($1.now), $0.at) }
    rows = Array(rows.prefix(Worsened.maximumListed))
  }
}

extension Worsened.Course {
  /// Takes in the change before those that it has.
  fileprivate mutating func extend(_ change: JSONValue) {
    before = change["previous"]?.stringValue
    for (key, appeared) in [("appeared", true), ("resolved", false)] {
      for id in (change[key]?.arrayValue ?? []).compactMap(\.stringValue) {
        findings[id] = (findings[id]?.last ?? appeared, appeared)
      }
    }
  }

  /// nil where the domain is not worse than it was, or was not known.
  fileprivate func row(_ domain: DomainName) -> Worsened.Row? {
    guard let before else { return nil }
    let appeared = findings.filter { $0.value.last && $0.value.first }.keys.sorted()
    let fell = Overview.rank(now) < Overview.rank(before) && !(before == "no-mail" && now == "secure")
    guard fell || (now == before && now != "secure" && !appeared.isEmpty) else { return nil }
    return Worsened.Row(domain: domain, before: before, now: now, at: at, appeared: appeared)
  }
}
