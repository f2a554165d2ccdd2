import DNS
import Posture

/// The watched domains of a dashboard: read in one pass, counted, filtered and put in order.
struct Overview: Sendable {
  /// How far ahead an end counts as soon, in seconds: thirty days, the notice that authorities give.
  static let soon: Int64 = 30 * 86_400

  /// Of all domains of the organisation, whatever else is asked for.
  private(set) var tally = VerdictTally()
  private(set) var unchecked = 0
  /// By name; "" stands for none.
  private(set) var organisations: [String: VerdictTally] = [:]
  /// What is asked for, in the order of names.
  private var found: [OverviewEntry] = []
  /// The places in `found`, in the order that is asked for. Entries are put in order by their places, since to move one takes
  /// longer than to compare it.
  private var order: [Int] = []
  /// Certificates and assessments that end soon or have just ended, the first first.
  private(set) var ending: [(entry: OverviewEntry, what: String, at: Timestamp)] = []

  /// What is asked for, in its order.
  var entries: LazyMapCollection<[Int], OverviewEntry> { order.lazy.map { [found] in found[$0] } }

  /// - Throws: `StoreError`; `CancellationError` where it is not wanted any more.
  init(
    _ store: Store, _ query: DashboardQuery, at now: Timestamp, _ cancellation: LongReads.Cancellation = .never
  ) throws {
    let limit = now + Overview.soon
    var names: [String] = []
    let needsName = query.order == .name || query.contains != nil
    try store.overview(cancellation) { entry in
      for organisation in entry.organisations {
        if let digest = entry.digest {
          organisations[organisation, default: VerdictTally()].count(digest.verdict)
        } else if organisations[organisation] == nil {
          organisations[organisation] = VerdictTally()
        }
      }
      guard query.organisation.map({ entry.organisations.contains($0) }) ?? true else { return }
      if let digest = entry.digest { tally.count(digest.verdict) } else { unchecked += 1 }
      for (what, end) in [
        ("certificate", entry.digest?.certificateEndsAt), ("assessment", entry.digest?.assuranceEndsAt),
      ] {
        if let end, end < limit { ending.append((entry, what, end)) }
      }
      guard query.verdict.map({ $0.rawValue == entry.digest?.verdict }) ?? true else { return }
      if needsName {
        let name = entry.domain.description
        guard query.contains.map({ ShownName.contains(name, $0) }) ?? true else { return }
        names.append(name)
      }
      found.append(entry)
    }
    ending.sort { $0.at < $1.at }
    order = Overview.order(of: found, names, query)
  }

  /// Those of which the same is to be said keep the order of names.
  private static func order(of found: [OverviewEntry], _ names: [String], _ query: DashboardQuery) -> [Int] {
    var order = Array(found.indices)
    if query.order == .name {
      order.sort { names[$0] < names[$1] }
    } else {
      let keys = found.map { key(of: $0, query.order) }
      order.sort { (keys[$0], $0) < (keys[$1], $1) }
    }
    if query.isReversed { order.reverse() }
    return order
  }

  /// What is worst, or ends or was seen first, has the least.
  private static func key(of entry: OverviewEntry, _ order: DashboardQuery.Order) -> Int64 {
    guard let digest = entry.digest else { return .max }
    switch order {
    case .verdict, .name: return rank(digest.verdict) * 100_000 - Int64(digest.errors)
    case .errors: return -Int64(digest.errors) * 100_000 - Int64(digest.warnings)
    case .certificate: return digest.certificateEndsAt?.seconds ?? .max - 1
    case .checked: return digest.checkedAt.seconds
    }
  }

  /// The worse, the less.
  static func rank(_ verdict: String) -> Int64 {
    switch verdict {
    case "insecure": 0
    case "unknown": 1
    case "secure": 2
    default: 3
    }
  }
}
