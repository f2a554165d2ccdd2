/// An assessment that someone entered: who says that the mail is looked after, by which reference, until when.
public struct Assurance: Hashable, Sendable {
  public let scheme: String
  public let reference: String
  public let validUntil: Timestamp

  public init(scheme: String, reference: String, validUntil: Timestamp) {
    self.scheme = scheme
    self.reference = reference
    self.validUntil = validUntil
  }
}

/// What somebody vouched for, and until when.
public struct AssurancePosture: Hashable, Sendable {
  public enum Verdict: String, Hashable, Sendable {
    case current, expired, none
  }
  public var verdict: Verdict
  public var assurance: Assurance?
}
