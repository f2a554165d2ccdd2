import Foundation
import TestKit
import Testing

@testable import Hallmark

/// The rules of Documentation/Operations.md, as they stand there, in the hands of Prometheus' own tool.
@Suite struct `Alert rules of the document` {
  static let document = "Documentation/Operations.md"

  /// The indented block that begins with `groups:`.
  static func rules() throws -> String {
    let lines = try Repository.text(document).split(separator: "\n", omittingEmptySubsequences: false)
    let block = lines.drop { $0 != "    groups:" }.prefix { $0.hasPrefix("    ") }
    #expect(block.count > 10)
    return block.map { $0.dropFirst(4) + "\n" }.joined()
  }

  /// What each alert is to make of series; a sample a minute.
  static let cases = """
    rule_files: [rules.yml]
    evaluation_interval: 1m
    tests:
      - interval: 1m
        input_series:
          - {series: 'hallmark_verifier_lag_seconds{instance="a"}', values: '0+0x4 400+0x20 0+0x10'}
          - {series: 'hallmark_verifier_lag_seconds{instance="b"}', values: '0+0x4 400+0x5 0+0x20'}
        alert_rule_test:
          - {eval_time: 14m, alertname: HallmarkLate, exp_alerts: []}
          - eval_time: 16m
            alertname: HallmarkLate
            exp_alerts: [{exp_labels: {severity: warning, instance: a}}]
          - {eval_time: 30m, alertname: HallmarkLate, exp_alerts: []}
      - interval: 1m
        input_series:
          - {series: 'hallmark_checks_total{cause="verifier",verdict="secure"}', values: '0+1x60'}
          - {series: 'hallmark_checks_total{cause="verifier",verdict="unknown"}', values: '0+4x60'}
          - {series: 'hallmark_checks_total{cause="caller",verdict="unknown"}', values: '0+1x60'}
        alert_rule_test:
          - {eval_time: 10m, alertname: HallmarkBlind, exp_alerts: []}
          - {eval_time: 20m, alertname: HallmarkBlind, exp_alerts: [{exp_labels: {severity: warning}}]}
      - interval: 1m
        input_series:
          - {series: 'hallmark_checks_total{cause="verifier",verdict="secure"}', values: '0+5x60'}
          - {series: 'hallmark_checks_total{cause="verifier",verdict="unknown"}', values: '0+4x60'}
        alert_rule_test:
          - {eval_time: 40m, alertname: HallmarkBlind, exp_alerts: []}
      - interval: 1m
        input_series:
          - {series: 'hallmark_renewals_total{outcome="put-off"}', values: '0+0x10 1+0x30'}
          - {series: 'hallmark_renewals_total{outcome="renewed"}', values: '0+9x40'}
        alert_rule_test:
          - {eval_time: 10m, alertname: HallmarkCannotWrite, exp_alerts: []}
          - eval_time: 12m
            alertname: HallmarkCannotWrite
            exp_alerts: [{exp_labels: {severity: critical, outcome: put-off}}]
          - {eval_time: 25m, alertname: HallmarkCannotWrite, exp_alerts: []}
      - interval: 1m
        input_series:
          - {series: 'hallmark_store_broken_total', values: '0+0x10 2+0x60'}
          - {series: 'hallmark_store_reader_age_seconds', values: '0+60x60'}
        alert_rule_test:
          - {eval_time: 10m, alertname: HallmarkStoreRots, exp_alerts: []}
          - {eval_time: 60m, alertname: HallmarkStoreRots, exp_alerts: [{exp_labels: {severity: critical}}]}
          - {eval_time: 10m, alertname: HallmarkReaderHangs, exp_alerts: []}
          - {eval_time: 11m, alertname: HallmarkReaderHangs, exp_alerts: [{exp_labels: {severity: warning}}]}
      - interval: 1m
        input_series:
          - {series: 'hallmark_revision', values: '7+0x10'}
        alert_rule_test:
          - {eval_time: 10m, alertname: HallmarkGone, exp_alerts: []}
          - {eval_time: 30m, alertname: HallmarkGone, exp_alerts: [{exp_labels: {severity: critical}}]}

    """

  @Test func `are read, and cry when they should and not otherwise`() throws {
    let rules = try Self.rules()
    let named = rules.matches(of: /- alert: (\w+)/).map { String($0.1) }
    #expect(Set(named) == Set(Self.cases.matches(of: /alertname: (\w+)/).map { String($0.1) }))
    guard let promtool = Promtool.path else { return }
    let place = FileManager.default.temporaryDirectory.appending(path: "hallmark-rules-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: place, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: place) }
    try Data(rules.utf8).write(to: place.appending(path: "rules.yml"))
    try Data(Self.cases.utf8).write(to: place.appending(path: "cases.yml"))
    for words in [["check", "rules", "rules.yml"], ["test", "rules", "cases.yml"]] {
      let outcome = try Program.outcome(of: [promtool] + words, in: place)
      #expect(outcome.status == 0, "\(words): \(outcome.text)")
      if words[0] == "check" { #expect(outcome.text.contains("\(named.count) rules found"), "\(outcome.text)") }
    }
  }

  @Test func `and its table name what there is`() throws {
    let declared = Set(
      Metrics().text(StoreState()).split(separator: "\n").compactMap { line in
        line.hasPrefix("# TYPE ") ? line.split(separator: " ").dropFirst(2).first.map(String.init) : nil
      })
    let named = Set(
      try Repository.text(Self.document).matches(of: /hallmark_[a-z_]+/).map { String($0.0) })
    #expect(named.count > 10 && named.isSubset(of: declared), "\(named.subtracting(declared))")
    // Series that an alert waits for are there before they count anything: what begins at one has not increased.
    let text = Metrics().text(StoreState())
    #expect(text.contains("hallmark_renewals_total{outcome=\"put-off\"} 0\n"))
  }
}
