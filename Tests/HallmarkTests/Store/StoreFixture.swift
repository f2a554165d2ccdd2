import DNS
import Foundation
import Posture

@testable import Hallmark

/// A store on a real disk that goes when the test has ended.
final class StoreFixture: Sendable {
  let path: String

  init() {
    path = FileManager.default.temporaryDirectory.appending(path: "hallmark-store-\(UUID().uuidString)").path
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  /// A store that was just let go may hold its lock for a moment, until the last of its threads has let it go too.
  ///
  /// - Parameter clock: the store's; entries of the fixtures are not past their grace at the epoch.
  func open(_ options: Store.Options = .init(mapSize: 1 << 20), clock: WallClock = .fixed) throws -> Store {
    var options = options
    options.clock = clock
    for _ in 0..<1000 {
      do {
        return try Store(path: path, options: options)
      } catch StoreError.inUse {
        usleep(10_000)
      }
    }
    return try Store(path: path, options: options)
  }
}

/// The program of Tests/StoreWriter.
enum StoreProgram {
  /// Where the build puts it: beside the test bundle.
  static let url: URL? = {
    let bundle = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
    let places = ([bundle.path] + CommandLine.arguments).map {
      URL(fileURLWithPath: $0).deletingLastPathComponent().appendingPathComponent("StoreWriter")
    }
    return places.first { FileManager.default.isExecutableFile(atPath: $0.path) }
  }()

  /// A number that the environment gives a run.
  static func number(_ variable: String) -> UInt64? {
    ProcessInfo.processInfo.environment[variable].flatMap { UInt64($0) }
  }
}

/// A name that is known to be one.
func domain(_ text: some CustomStringConvertible) -> DomainName { DomainName(text.description) ?? .root }

let epoch = Timestamp(seconds: 1_800_000_000)

extension WallClock {
  static let fixed = WallClock { epoch }
}

extension RecordHeader {
  static func of(_ verdict: String, expiresAt: Timestamp = epoch + 300, dueAt: Timestamp = epoch + 300) -> RecordHeader
  {
    RecordHeader(
      verdict: verdict, standard: "baseline", programVersion: "1.0.0", checkedAt: epoch, expiresAt: expiresAt,
      dueAt: dueAt)
  }
}

extension StoreWrite {
  static func watch(_ name: some CustomStringConvertible, _ organisation: String = "") -> StoreWrite {
    .watch(domain(name), organisation: organisation, selectors: [], at: epoch, dueAt: epoch)
  }

  /// A check whose JSON holds the revision.
  static func check(
    _ name: some CustomStringConvertible, _ verdict: String = "secure", whitelist: WhitelistDecision = .unchanged,
    changed: Bool = false, header: RecordHeader? = nil, endpoints: [(key: [UInt8], blob: EvidenceBlob)] = []
  ) -> StoreWrite {
    let change: @Sendable (UInt64) -> [UInt8] = { Array("change \($0)".utf8) }
    return .assessment(
      Assessment(
        domain: domain(name), header: header ?? .of(verdict),
        evidence: EvidenceBlob(octets: Array("evidence".utf8), expiresAt: epoch + 300), endpoints: endpoints,
        whitelist: whitelist, change: changed ? change : nil, render: { Array("{\"revision\":\($0)}".utf8) }))
  }

  static func listed(
    _ name: some CustomStringConvertible, _ text: String = "entry", isStale: Bool = false
  ) -> StoreWrite {
    .check(name, whitelist: .entry(Array(text.utf8), expiresAt: epoch + 300, isStale: isStale))
  }
}
