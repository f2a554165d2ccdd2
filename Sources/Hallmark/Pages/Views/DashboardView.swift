import DNS
import Mustache
import Posture

/// The dashboard.
struct DashboardView: Sendable {
  struct Tile: Sendable {
    let badge: Badge
    let number: Int
    let address: String
    let isChosen: Bool
  }

  struct Organisation: Sendable {
    let organisationName: String
    let organisationCount: Int
    let organisationShare: String
    let address: String
    let isChosen: Bool
  }

  struct Worse: Sendable {
    let domain: String
    let unicodeDomain: String?
    let was: Badge
    let badge: Badge
    let at: String
    let reasons: String
  }

  struct Ending: Sendable {
    let domain: String
    let unicodeDomain: String?
    let what: String
    let date: String
    let left: String
    let endingBadge: Badge
  }

  struct Column: Sendable {
    let columnTitle: String
    let address: String
    /// `ascending`, `descending` or `none`, as ARIA has it.
    let direction: String
    let arrow: String
  }

  struct Row: Sendable {
    let domain: String
    let unicodeDomain: String?
    let rowOrganisations: String
    let badge: Badge
    let encryption: Badge
    let verification: Badge
    let rowFindings: String
    let certificate: String
    let checked: String
  }

  let heading: String
  let tiles: [Tile]
  let organisations: [Organisation]
  let worse: [Worse]
  let moreWorse: String?
  let ending: [Ending]
  let moreEnding: String?
  let timeLine: TimeLine?
  let columns: [Column]
  let rows: [Row]
  let shownCount: String
  let pageText: String
  let previousPage: String?
  let nextPage: String?
  let hasWatched: Bool
  let organisationField: String?
  let verdictField: String?
  let containsField: String
  let sortField: String
  let clearAddress: String?
  let allAddress: String

  /// Of what ends soon so many are listed.
  static let maximumEnding = 12
  static let maximumOrganisations = 100

  init(_ overview: Overview, _ worsened: Worsened, _ tallies: [DayTally], _ query: DashboardQuery, at now: Timestamp) {
    heading =
      query.organisation.map { $0.isEmpty ? "Without an organisation" : TextReport.printable($0) }
      ?? "All domains"
    hasWatched = overview.tally.total + overview.unchecked > 0
    tiles = DashboardView.tiles(overview, query)
    organisations = DashboardView.organisations(overview, query)
    worse = worsened.rows.map {
      Worse(
        domain: $0.domain.description, unicodeDomain: ShownName.unicode($0.domain.description),
        was: Badge(verdict: $0.before), badge: Badge(verdict: $0.now),
        at: Shown.moment($0.at), reasons: $0.appeared.joined(separator: ", "))
    }
    moreWorse = worsened.total > worse.count ? "and \(worsened.total - worse.count) more" : nil
    ending = overview.ending.prefix(DashboardView.maximumEnding).map { ending in
      Ending(
        domain: ending.entry.domain.description,
        unicodeDomain: ShownName.unicode(ending.entry.domain.description), what: ending.what,
        date: Shown.date(ending.at),
        left: Shown.remaining(from: now, to: ending.at),
        endingBadge: ending.at <= now ? Badge("ended", .bad) : Badge("ends soon", .doubt))
    }
    let moreEnding = overview.ending.count - ending.count
    self.moreEnding = moreEnding > 0 ? "and \(moreEnding) more" : nil
    timeLine = TimeLine(tallies, today: DayTally(day: now.day, tally: overview.tally))
    columns = DashboardQuery.Order.allCases.map { DashboardView.column($0, query) }
    let pages = max(1, (overview.entries.count + DashboardQuery.pageSize - 1) / DashboardQuery.pageSize)
    let page = min(query.page, pages)
    let start = (page - 1) * DashboardQuery.pageSize
    rows = overview.entries.dropFirst(start).prefix(DashboardQuery.pageSize).map { DashboardView.row($0, now) }
    shownCount = Shown.count(overview.entries.count, "domain")
    pageText = "Page \(page) of \(pages)"
    previousPage = page > 1 ? query.address { $0.page = page - 1 } : nil
    nextPage = page < pages ? query.address { $0.page = page + 1 } : nil
    organisationField = query.organisation
    verdictField = query.verdict?.rawValue
    containsField = query.contains ?? ""
    sortField = query.order.rawValue
    clearAddress =
      query.contains == nil && query.verdict == nil
      ? nil
      : query.address {
        $0.contains = nil
        $0.verdict = nil
      }
    allAddress = query.address { $0.organisation = nil }
  }

  private static func tiles(_ overview: Overview, _ query: DashboardQuery) -> [Tile] {
    let counts: [(Verdict, Int)] = [
      (.insecure, overview.tally.insecure), (.unknown, overview.tally.unknown), (.secure, overview.tally.secure),
      (.noMail, overview.tally.noMail),
    ]
    return counts.map { verdict, count in
      let isChosen = query.verdict == verdict
      return Tile(
        badge: Badge(verdict: verdict.rawValue), number: count,
        address: query.address { $0.verdict = isChosen ? nil : verdict }, isChosen: isChosen)
    }
  }

  private static func organisations(_ overview: Overview, _ query: DashboardQuery) -> [Organisation] {
    let named = overview.organisations.sorted { $0.key < $1.key }
    // A store without any organisation has nothing to choose from.
    guard named.contains(where: { !$0.key.isEmpty }) else { return [] }
    return named.prefix(maximumOrganisations).map { name, tally in
      Organisation(
        organisationName: name.isEmpty ? "Without an organisation" : TextReport.printable(name),
        organisationCount: tally.total, organisationShare: tally.share.map { "\(Int($0.rounded())) % secure" } ?? "",
        address: query.address { $0.organisation = name }, isChosen: query.organisation == name)
    }
  }

  private static func column(_ order: DashboardQuery.Order, _ query: DashboardQuery) -> Column {
    let isCurrent = query.order == order
    let isReversed = isCurrent && !query.isReversed
    return Column(
      columnTitle: order.title,
      address: query.address {
        $0.order = order
        $0.isReversed = isReversed
      }, direction: isCurrent ? (query.isReversed ? "descending" : "ascending") : "none",
      arrow: isCurrent ? (query.isReversed ? "↓" : "↑") : "")
  }

  private static func row(_ entry: OverviewEntry, _ now: Timestamp) -> Row {
    let digest = entry.digest
    var findings: [String] = []
    if let digest, digest.errors > 0 { findings.append(Shown.count(digest.errors, "error")) }
    if let digest, digest.warnings > 0 { findings.append(Shown.count(digest.warnings, "warning")) }
    return Row(
      domain: entry.domain.description, unicodeDomain: ShownName.unicode(entry.domain.description),
      rowOrganisations: entry.organisations.filter { !$0.isEmpty }.sorted().map(TextReport.printable)
        .joined(separator: ", "),
      badge: Badge(verdict: digest?.verdict ?? ""), encryption: Badge(section: digest?.encryption ?? ""),
      verification: Badge(section: digest?.verification ?? ""),
      rowFindings: findings.isEmpty ? "none" : findings.joined(separator: ", "),
      certificate: digest?.certificateEndsAt.map { Shown.remaining(from: now, to: $0) } ?? "none",
      checked: digest.map { Shown.moment($0.checkedAt) } ?? "not yet")
  }
}

extension DashboardView.Row: MustacheParent {
  /// As for `Badge`. False is a section that is left out; with nil it would be looked for in what stands around the row.
  func child(named name: String) -> Any? {
    switch name {
    case "domain": domain
    case "unicodeDomain": unicodeDomain ?? false
    case "rowOrganisations": rowOrganisations
    case "badge": badge
    case "encryption": encryption
    case "verification": verification
    case "rowFindings": rowFindings
    case "certificate": certificate
    case "checked": checked
    default: nil
    }
  }
}
