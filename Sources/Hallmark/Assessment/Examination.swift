import Posture

/// What came of an observation: the facts, and the evidence that they rest on.
struct Examination: Sendable {
  let facts: Facts
  /// Just the evidence that was needed; what is no longer needed is dropped by not being here.
  let evidence: Evidence
  let checkedAt: Timestamp
  /// When the first of the evidence expires, or the dates in it are judged otherwise, whichever comes first.
  let expiresAt: Timestamp
  /// When the same evidence is judged otherwise, by time alone; nil where it never is.
  let turnsAt: Timestamp?
  /// When the first of the evidence could have been observed for it.
  let startedAt: Timestamp
  /// How many inquiries went out, for the metrics.
  let asked: Int

  func record(by standard: Standard) -> PostureRecord {
    Judge.weigh(facts, by: standard, checkedAt: checkedAt, expiresAt: expiresAt)
  }
}
