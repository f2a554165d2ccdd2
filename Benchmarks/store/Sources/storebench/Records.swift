import ArgumentParser
import DNS
import Glibc
import Posture
import TestKit

@testable import Hallmark

/// Fills a store: domains come in no order, as they do from lists and callers.
struct Fill: AsyncParsableCommand {
  static let configuration = CommandConfiguration(abstract: "Fill a store with records of watched domains.")
  /// Records of one commit; the fewer, the more often the same pages are written.
  private static let batch = 10_000
  /// How long they hold, so that nothing is due while it is measured, in seconds.
  static let lifetime: Int64 = 86_400
  /// How long the first have been due, in seconds, where they are to be due.
  private static let overdue: Int64 = 60
  /// A prime, so that the multiples of it pass through all indices in no order.
  private static let stride = 611_953

  @Argument var directory: String
  @Option var records = 1_000_000
  @Option var providers = 50
  @Flag(help: "What they rest on has just expired, and all are due.") var due = false
  @Flag(help: "Domains have no MTA-STS policy.") var withoutPolicies = false

  func run() async throws {
    // Seen as long ago as an answer holds, and a little.
    let age = due ? Int64(Country.ttl) + Fill.overdue : 0
    let clock = WallClock { WallClock.system.now + -age }
    let country = Country(providers: providers, clock: clock, hasPolicies: !withoutPolicies)
    let bureau = try Bureau(directory, country, clock: clock)
    var templates: [Template] = []
    for index in 0..<min(providers, records) { templates.append(try await Template(index, bureau)) }
    guard records % Fill.stride != 0 else {
      throw ValidationError("--records must not be a multiple of \(Fill.stride)")
    }
    let now = clock.now
    let expiresAt = now + (due ? Int64(Country.ttl) : Fill.lifetime)
    // Not so late that the verifier would take those of the whitelist first.
    let dueFrom = due ? 0...Fill.overdue / 2 : -Fill.lifetime / 8...0
    let took = try await seconds {
      var dice = SplitMix64(seed: 1)
      for start in Swift.stride(from: 0, to: records, by: Fill.batch) {
        var writes: [StoreWrite] = []
        for place in start..<min(start + Fill.batch, records) {
          let index = place * Fill.stride % records
          let dueAt = expiresAt + Int64.random(in: dueFrom, using: &dice)
          writes.append(.watch(Country.domain(index), organisation: "", selectors: [], at: now, dueAt: dueAt))
          writes.append(
            templates[index % templates.count].assessment(
              index, expiresAt: expiresAt, dueAt: dueAt, isFirst: index >= templates.count))
        }
        try await bureau.store.commit(writes)
      }
    }
    let statistics = try bureau.store.statistics()
    guard statistics.records == records else { throw Unexpected("\(statistics.records) records were kept") }
    let lent = try bureau.store.withRecord(of: Country.domain(0)) { $1.count } ?? 0
    let evidence = try bureau.store.evidence(of: Country.domain(0))?.octets.count ?? 0
    say(
      "filled: \(Double(records).text()) records in \(took.text(0)) s; JSON \(Double(lent).text()) octets, evidence "
        + "\(Double(evidence).text()); file \((Double(statistics.fileSize) / Double(1 << 30)).text(2)) GiB, "
        + "\((Double(statistics.fileSize) / Double(records)).text()) octets a record")
    await bureau.store.close()
  }
}

/// Reads records at random, as for a caller whose record is fresh: from the name to a copy of the stored JSON.
///
/// Writes the keys for the program that reads beside it; then does a round for each line of its input, and prints reads a second.
struct Reads: AsyncParsableCommand {
  static let configuration = CommandConfiguration(abstract: "Read records at random, a round for each line of input.")

  @Argument var directory: String
  @Option var records = 1_000_000
  @Option(help: "Reads of a round.") var sample = 500_000
  @Option(help: "Where the keys are written, each behind its count of octets (16 bits, least first).") var keys: String

  func run() async throws {
    let clock = WallClock.system
    let bureau = try Bureau(directory, Country(providers: 1, clock: clock), clock: clock)
    var dice = SplitMix64(seed: 2)
    let names = (0..<sample).map { _ in Country.domain(Int.random(in: 0..<records, using: &dice)) }
    try writeKeys(names)
    // Where a record is copied to, as it would be to where it goes out from; larger than any.
    let place = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 24, alignment: 64)
    defer { place.deallocate() }
    say("ready")
    while readLine() != nil {
      var octets = 0
      let start = ContinuousClock.now
      for name in names {
        let isFresh = bureau.keeper.lendFreshRecord(of: name) { json in
          place.copyMemory(from: json)
          octets &+= json.count
        }
        guard isFresh else { throw Unexpected("\(name) is not fresh") }
      }
      let took = (ContinuousClock.now - start) / .seconds(1)
      guard octets > 0 else { throw Unexpected("nothing was read") }
      say("\(Double(sample) / took)")
    }
  }

  private func writeKeys(_ names: [DomainName]) throws {
    guard let file = fopen(keys, "w") else { throw Unexpected("\(keys) cannot be written") }
    defer { fclose(file) }
    for name in names {
      let key = StoreKey.name(name)
      fwrite([UInt8(key.count & 255), UInt8(key.count >> 8)] + key, 1, key.count + 2, file)
    }
  }
}
