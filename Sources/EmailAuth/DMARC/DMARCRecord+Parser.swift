extension DMARCRecord {
  /// Whether a TXT record is a DMARC record at all: `v=DMARC1` comes first, in this case, and a semicolon or nothing
  /// follows (RFC 9989 section 4.7, `v`; others are discarded, section 4.10 step 2).
  public static func isRecord(_ octets: [UInt8]) -> Bool {
    guard let first = octets.first, first | 0x20 == UInt8(ascii: "v") else { return false }
    var rest = skipBlanks(octets[1...])
    guard rest.first == UInt8(ascii: "=") else { return false }
    rest = skipBlanks(rest.dropFirst())
    guard rest.starts(with: "DMARC1".utf8) else { return false }
    rest = skipBlanks(rest.dropFirst("DMARC1".utf8.count))
    return rest.isEmpty || rest.first == UInt8(ascii: ";")
  }

  private static func skipBlanks(_ octets: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
    octets.drop(while: TagList.WhiteSpace.blanks.contains)
  }

  /// Reads a text that `isRecord`, the character-strings joined.
  public init(_ octets: [UInt8]) throws(Fault) {
    let tags = try DMARCTags(octets)
    let aggregate = DMARCReportAddress.read(tags["rua"])
    let failure = DMARCReportAddress.read(tags["ruf"])
    let policies = try Policies(tags, hasReportAddress: !aggregate.addresses.isEmpty)
    text = String(decoding: octets, as: UTF8.self)
    policy = policies.policy
    subdomainTag = policies.subdomain
    nonexistentTag = policies.nonexistent
    isTesting = tags.value("t") == "y"
    publicSuffix = tags.value("psd", as: PublicSuffix.self) ?? .undeclared
    dkimAlignment = tags.value("adkim", as: Alignment.self) ?? .relaxed
    spfAlignment = tags.value("aspf", as: Alignment.self) ?? .relaxed
    failureOptions = DMARCRecord.failureOptions(tags.value("fo"))
    rua = aggregate.addresses
    ruf = failure.addresses
    percentage = tags["pct"].flatMap(DMARCRecord.percentage)
    isPolicyLate = tags["p"] != nil && tags.order.dropFirst().first != "p"
    notes =
      tags.unreadable.map { .unreadableTag($0) } + DMARCRecord.removed(tags)
      + (aggregate.unreadable + failure.unreadable).map { .unreadableReportAddress($0) }
      + (policies.wrongTag.map { [.takenAsNone(tag: $0)] } ?? [])
  }

  private static func removed(_ tags: DMARCTags) -> [Note] {
    ["pct", "rf", "ri"].compactMap { name in
      tags[name].map { .removedTag(name, value: PublishedTerm.text($0)) }
    }
  }

  /// `dmarc-fo` (RFC 9989 section 4.8): 0 or 1, d and s, in any order, each at most once, with colons between them;
  /// anything else is taken as the default.
  private static func failureOptions(_ value: String?) -> [String] {
    guard let value else { return ["0"] }
    let options = ["0", "1", "d", "s"]
    let parts = value.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
    guard parts.allSatisfy(options.contains), Set(parts).count == parts.count else { return ["0"] }
    // RFC 9989 section 4.7: "0" and "1" are mutually exclusive.
    return parts.contains("0") && parts.contains("1") ? ["0"] : parts
  }
}

/// `p`, `sp` and `np`, which count together or not at all.
private struct Policies {
  let policy: DMARCPolicy
  let subdomain: DMARCPolicy?
  let nonexistent: DMARCPolicy?
  /// The tag for whose sake the record is taken as `p=none`.
  let wrongTag: String?

  /// RFC 9989 section 4.10.1: where `p` is not valid, or `sp` or `np` is there and not valid, the record is taken as
  /// `p=none` if it has a valid `rua`; otherwise no DMARC processing takes place.
  init(_ tags: DMARCTags, hasReportAddress: Bool) throws(DMARCRecord.Fault) {
    let own = tags.value("p", as: DMARCPolicy.self)
    let wrong = ["sp", "np"].first { tags[$0] != nil && tags.value($0, as: DMARCPolicy.self) == nil }
    guard let own, wrong == nil else {
      let tag = own == nil ? "p" : wrong ?? "p"
      guard hasReportAddress else { throw .noPolicy(tag: tag, value: tags[tag].map(PublishedTerm.text)) }
      policy = .none
      subdomain = nil
      nonexistent = nil
      wrongTag = tag
      return
    }
    policy = own
    subdomain = tags.value("sp", as: DMARCPolicy.self)
    nonexistent = tags.value("np", as: DMARCPolicy.self)
    wrongTag = nil
  }
}
