import DNS

extension Requirement {
  static let whitelistEndsSoon = Requirement("whitelist-ends-soon", .encryption)
}

/// A domain whose checks have ended `unknown` for so long that it is about to leave the whitelist. The judge drops it again
/// where the present check tells more than that.
public enum WhitelistCheck: Check {
  public static let requirements: [Requirement] = [.whitelistEndsSoon]

  /// How long before it leaves it is reported, in seconds: two of the three days that it may stay.
  public static let noticeTime: Int64 = 2 * 86_400

  public static func observe(_ facts: Facts) -> [Observation] {
    guard let end = facts.subject.listedUntil, end > facts.now, end - facts.now <= noticeTime else { return [] }
    let domain = facts.subject.domain
    return [
      Observation(
        .whitelistEndsSoon, .unmet, subject: domain.description,
        message: "Whether \(domain) is still secure could not be determined: it leaves the whitelist at \(end).",
        remedy: Remedy("See to the findings that end in -unknown before then."))
    ]
  }
}
