extension TextReport {
  /// The dashboard in 80 columns.
  static func dashboard(_ view: DashboardView) -> String {
    var lines = ["Hallmark: \(view.heading)", ""]
    lines += wrap(view.tiles.map { "\($0.number) \($0.badge.word)" }.joined(separator: ", ") + ".", indent: 0)
    if let line = view.timeLine { lines += wrap("Secure: \(line.lineSummary)", indent: 0) }
    lines += section(
      "Got worse in the last 7 days", view.worse.map { "\(ShownName.both($0.domain)): \(reason($0))" }, view.moreWorse)
    lines += section(
      "Ends soon", view.ending.map { "\($0.date) \($0.what) of \(ShownName.both($0.domain)), \($0.left)" },
      view.moreEnding)
    lines += section(
      "Organisations",
      view.organisations.map { "\($0.organisationName): \($0.organisationCount), \($0.organisationShare)" }, nil)
    lines += section(
      "\(view.shownCount), \(view.pageText.lowercased())",
      view.rows.map { row in
        "\(ShownName.both(row.domain)): \(row.badge.word); encryption \(row.encryption.word), verification \(row.verification.word), "
          + "findings \(row.rowFindings), certificate \(row.certificate), checked \(row.checked)"
      }, view.nextPage.map { "next page: \($0)" })
    return lines.joined(separator: "\n") + "\n"
  }

  private static func reason(_ row: DashboardView.Worse) -> String {
    let course = row.was.word == row.badge.word ? "still \(row.badge.word)" : "\(row.was.word), now \(row.badge.word)"
    return "\(course), \(row.at)" + (row.reasons.isEmpty ? "" : ": \(row.reasons)")
  }

  private static func section(_ title: String, _ items: [String], _ more: String?) -> [String] {
    guard !items.isEmpty else { return [] }
    return ["", title] + items.flatMap { wrap("  \($0)", indent: 4) } + (more.map { ["  \($0)"] } ?? [])
  }
}
