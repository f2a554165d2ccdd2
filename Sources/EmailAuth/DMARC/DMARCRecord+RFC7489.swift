import DNS

/// What a receiver that still goes by RFC 7489 makes of a record otherwise than RFC 9989 has it. There are many such,
/// so that an owner should not rely on either reading alone.
public enum RFC7489Difference: Hashable, Sendable {
  /// `pct`: the policy is applied to so many per cent of the failing mail, 0 to 99, and the next lower one to the rest
  /// (RFC 7489 section 6.6.4).
  case percentage(Int)
  /// `t=y` is not known: the policy is applied in full.
  case testingUnknown
  /// `np` is not known, and differs from the policy for subdomains.
  case nonexistentUnknown
  /// `p` does not stand straight behind `v`, as RFC 7489 section 6.3 wants it: the record may be refused.
  case policyNotSecond
  /// The record was inherited: RFC 7489 section 3.2 looks for it at the Organizational Domain of a public suffix list,
  /// which may be another, or for none at a public suffix.
  case placeByPublicSuffixList
}

extension DMARCRecord {
  /// What RFC 7489 reads otherwise in this record; empty where both read the same.
  public var differencesUnderRFC7489: [RFC7489Difference] {
    var differences: [RFC7489Difference] = []
    if let percentage, percentage < 100 { differences.append(.percentage(percentage)) }
    if isTesting, strongestPolicy != .none { differences.append(.testingUnknown) }
    if nonexistentPolicy != subdomainPolicy { differences.append(.nonexistentUnknown) }
    if isPolicyLate { differences.append(.policyNotSecond) }
    return differences
  }

  private var strongestPolicy: DMARCPolicy { max(policy, subdomainPolicy, nonexistentPolicy) }

  /// `1*3DIGIT`, 0 to 100 (RFC 7489 sections 6.3 and 6.4); nil for anything else, which counts as the default of 100.
  static func percentage(_ value: ArraySlice<UInt8>) -> Int? {
    guard (1...3).contains(value.count), value.allSatisfy(Octet.isDigit) else { return nil }
    let share = value.reduce(0) { $0 * 10 + Int($1 - UInt8(ascii: "0")) }
    return share <= 100 ? share : nil
  }
}

extension DMARCDiscovery {
  /// What RFC 7489 reads otherwise, the place of the record included; empty unless a record applies.
  public var differencesUnderRFC7489: [RFC7489Difference] {
    guard status == .valid, let record else { return [] }
    return record.differencesUnderRFC7489 + (foundAt == walked.first ? [] : [.placeByPublicSuffixList])
  }
}
