/// All that the service counts: each name is declared here and nowhere else. Documentation/Operations.md says what to watch.
final class Metrics: Sendable {
  // MARK: Checks and evidence

  let checks = CounterFamily(
    "hallmark_checks_total", "Checks that ended, by who wanted them (caller, verifier) and the verdict.",
    labels: ["cause", "verdict"])
  let checkTime = Histogram("hallmark_check_seconds", "How long checks took that looked at the network.")
  let evidence = CounterFamily(
    "hallmark_evidence_total",
    "Pieces of evidence that checks rested on, by kind and by source: asked anew, or reused because they still held.",
    labels: ["kind", "source"])
  let inquiries = CounterFamily(
    "hallmark_inquiries_total", "Inquiries that went out to the network, by kind.", labels: ["kind"])

  // MARK: The verifier and the whitelist

  let renewals = CounterFamily(
    "hallmark_renewals_total", "Renewals by the verifier, by outcome: renewed, put-off, judged-anew.",
    labels: ["outcome"])
  let whitelistChanges = CounterFamily(
    "hallmark_whitelist_changes_total", "Domains that joined or left the whitelist.", labels: ["change"])

  // MARK: The doors

  let requests = CounterFamily(
    "hallmark_http_requests_total", "HTTP requests that were answered or refused, by route, method and status.",
    labels: ["route", "method", "status"])
  let requestTime = HistogramFamily(
    "hallmark_http_request_seconds", "From the end of a request's head to the end of its answer's writing, by route.",
    label: "route")
  let calls = CounterFamily(
    "hallmark_rpc_calls_total", "JSON-RPC calls that were answered, by method and gRPC's name of the status.",
    labels: ["method", "status"])
  let lookups = CounterFamily(
    "hallmark_socketmap_lookups_total", "Socketmap look-ups, by what was answered.", labels: ["answer"])
  let refusedChecks = CounterFamily(
    "hallmark_checks_refused_total", "Checks that were not begun: the caller's budget was spent, or too many ran.",
    labels: ["reason"])

  /// What alerts wait for stands at nothing from the beginning: a series that begins at one has not increased.
  init() {
    for outcome in ["renewed", "put-off", "judged-anew"] { _ = renewals[outcome] }
    for change in ["joined", "left"] { _ = whitelistChanges[change] }
  }

  /// All of it as Prometheus reads it.
  func text(_ state: StoreState, _ doors: DoorState = DoorState(), _ process: ProcessState = ProcessState()) -> String {
    var text = PrometheusText()
    let counters = [
      checks, evidence, inquiries, renewals, whitelistChanges, requests, calls, lookups, refusedChecks,
    ]
    for family in counters { family.write(to: &text) }
    checkTime.write(to: &text)
    requestTime.write(to: &text)
    state.write(to: &text)
    doors.write(to: &text)
    process.write(to: &text)
    return text.text
  }
}

/// What the gauges show of the store and its due queue at one time.
struct StoreState: Sendable {
  var statistics = StoreStatistics()
  /// Watched domains whose renewal is due, counted up to `Store.maximumDueCounted`.
  var due = 0
  /// Those of them that have been due for longer than `Keeper.overdueAfter`.
  var overdue = 0
  /// How long the oldest of them has been due, in seconds; 0 where none is.
  var lag: Int64 = 0
  /// How long the oldest reader has been seen to hold its view back, in seconds; 0 where none does.
  var oldestReaderAge: Int64 = 0

  func write(to text: inout PrometheusText) {
    text.gauge("hallmark_domains_watched", "Domains on the watch list.", statistics.watched)
    text.gauge("hallmark_whitelist_entries", "Domains on the whitelist.", statistics.whitelisted)
    text.begin("hallmark_records", .gauge, "Posture records that are kept, by verdict.")
    for (verdict, count) in statistics.verdicts.sorted(by: { $0.key < $1.key }) {
      text.sample("hallmark_records", [("verdict", verdict)], value: "\(count)")
    }
    text.gauge("hallmark_endpoints", "Endpoints whose evidence is kept.", statistics.endpoints)
    text.gauge("hallmark_domains_due", "Watched domains whose renewal is due.", due)
    text.gauge("hallmark_domains_overdue", "Watched domains that have been due for over a minute.", overdue)
    text.gauge("hallmark_verifier_lag_seconds", "How late the oldest due record is.", lag)
    text.gauge("hallmark_revision", "The last revision that was given out.", statistics.head)
    text.gauge("hallmark_revision_floor", "Changes up to this revision are no longer kept.", statistics.floor)
    text.gauge("hallmark_store_bytes", "The size of the store's file.", statistics.fileSize)
    text.begin("hallmark_store_broken_total", .counter, "Values that rotted on the disk and were mended.")
    text.sample("hallmark_store_broken_total", value: "\(statistics.broken)")
    text.gauge(
      "hallmark_store_reader_lag_commits", "How many commits the oldest reader is behind.", statistics.oldestReaderLag)
    text.gauge(
      "hallmark_store_reader_age_seconds", "How long the oldest reader is known to hold back.", oldestReaderAge)
  }
}
