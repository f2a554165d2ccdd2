import Posture

/// Rounds of asking for old versions of TLS, whatever the best version was when they were made.
///
/// An endpoint is asked at most once a day. Where its best version is another by now (several servers behind one
/// address, a change of its settings), what an earlier round told of the versions below still counts, and what it did not
/// tell stays open until the next.
enum VersionsRound {
  /// The last round of the endpoint, as it reads for the best version of now; nil where none is known.
  ///
  /// - Parameter row: what is known under one best version.
  static func last(
    _ key: VersionsKey, at now: Timestamp, row: (VersionsKey) -> Observed<VersionsObservation>?
  ) -> Observed<VersionsObservation>? {
    let own = row(key)
    if let own, own.holds(at: now) { return own }
    return newest([own] + others(key, row: row))
  }

  /// What is known under the other best versions, as it reads for this one.
  static func others(
    _ key: VersionsKey, row: (VersionsKey) -> Observed<VersionsObservation>?
  ) -> [Observed<VersionsObservation>?] {
    TLSVersion.allCases.filter { $0 != key.best }.map { best in
      row(VersionsKey(endpoint: key.endpoint, best: best)).map { round in
        Observed(
          round.value.read(for: key.best, after: best), observedAt: round.observedAt, expiresAt: round.expiresAt,
          failingSince: round.failingSince, failures: round.failures)
      }
    }
  }

  /// Of those that were made at the same time the one that tells most.
  static func newest(_ rounds: [Observed<VersionsObservation>?]) -> Observed<VersionsObservation>? {
    rounds.compactMap { $0 }.max { ($0.observedAt, $0.value.told) < ($1.observedAt, $1.value.told) }
  }
}

extension VersionsObservation {
  /// How much it tells: each version counts, and weak suites.
  fileprivate var told: Int { offered.count + refused.count + (weakSuites == nil ? 0 : 1) }

  /// A round that was made while `earlier` was the best version, read for another.
  ///
  /// Versions above the best one of then were not asked for: that they are not offered was concluded from their not having been
  /// chosen, and no longer follows where one of them is chosen now.
  fileprivate func read(for best: TLSVersion, after earlier: TLSVersion) -> VersionsObservation {
    VersionsObservation(
      offered: offered.filter { $0 < best }.union([best]),
      refused: refused.filter { $0 < min(best, earlier) }.union(TLSVersion.allCases.filter { $0 > best }),
      weakSuites: weakSuites, failure: failure)
  }
}
