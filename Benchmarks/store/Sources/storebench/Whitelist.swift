import ArgumentParser
import Posture

@testable import Hallmark

/// The whitelist as a whole in each format, and the poll of one who has it already.
struct Whitelist: AsyncParsableCommand {
  static let configuration = CommandConfiguration(abstract: "Export the whitelist, and ask what changed.")
  /// Exports of which the median counts.
  private static let rounds = 5
  private static let polls = 100_000

  @Argument var directory: String
  @Option var entries = 100_000
  @Option var providers = 50

  func run() async throws {
    let clock = WallClock.system
    let bureau = try Bureau(directory, Country(providers: providers, clock: clock), clock: clock)
    var templates: [Template] = []
    for index in 0..<min(providers, entries) { templates.append(try await Template(index, bureau)) }
    let now = clock.now
    let expiresAt = now + Fill.lifetime
    for start in stride(from: templates.count, to: entries, by: 10_000) {
      try await bureau.store.commit(
        (start..<min(start + 10_000, entries)).flatMap { index in
          [
            StoreWrite.watch(Country.domain(index), organisation: "", selectors: [], at: now, dueAt: expiresAt),
            templates[index % templates.count].assessment(index, expiresAt: expiresAt, dueAt: expiresAt, isFirst: true),
          ]
        })
    }
    for format in WhitelistFormat.allCases { try await export(format, bureau) }
    try poll(bureau)
    await bureau.store.close()
  }

  private func export(_ format: WhitelistFormat, _ bureau: Bureau) async throws {
    var times: [Double] = []
    var octets = 0
    for _ in 0..<Whitelist.rounds {
      octets = 0
      let start = processorTime()
      try await bureau.keeper.export(format) { octets += $0.count }
      times.append(processorTime() - start)
    }
    guard octets > entries * 20 else { throw Unexpected("\(format) has \(octets) octets") }
    let time = times.sorted()[Whitelist.rounds / 2]
    say(
      "whitelist of \(Double(entries).text()) as \(format.rawValue): \((Double(octets) / time / 1e6).text()) MB/s, "
        + "\((Double(entries) / time).text()) entries/s; \((Double(octets) / 1e6).text(1)) MB")
  }

  private func poll(_ bureau: Bureau) throws {
    let head = try bureau.store.headRevision()
    var octets = 0
    let start = processorTime()
    for _ in 0..<Whitelist.polls {
      let page = try bureau.keeper.whitelistPage(size: Routes.whitelistPage, token: nil, since: head, under: nil)
      octets += page.serialized().count
    }
    let time = (processorTime() - start) / Double(Whitelist.polls)
    guard octets > 0 else { throw Unexpected("a poll has no answer") }
    say("a poll by since without a change: \((time * 1e6).text(1)) µs, its JSON included")
  }
}
