/// A DMARC record as published (RFC 9989 sections 4.7 and 4.8):
///
///     dmarc-record  = dmarc-version *(*WSP ";" *WSP dmarc-tag) [*WSP ";"] *WSP
///     dmarc-version = "v" *WSP "=" *WSP %s"DMARC1"
///     dmarc-tag     = 1*ALPHA *WSP "=" *WSP 1*dmarc-value
///
/// Tag names and values match in any case. A tag that is unknown or breaks the grammar is ignored; the record stands
/// without it.
public struct DMARCRecord: Hashable, Sendable {
  /// `psd`: whether the name is a public suffix.
  public enum PublicSuffix: String, Hashable, Sendable, CaseIterable {
    case yes = "y"
    case no = "n"
    case undeclared = "u"
  }

  public enum Alignment: String, Hashable, Sendable, CaseIterable {
    case relaxed = "r"
    case strict = "s"
  }

  /// Why a record leads to no DMARC processing at all (RFC 9989 section 4.10.1).
  public enum Fault: Error, Hashable, Sendable {
    /// A tag stands twice (RFC 6376 section 3.2, which section 4.7 builds on).
    case repeatedTag(String)
    /// `p` is missing, or `p`, `sp` or `np` has a value that is none, and there is no `rua` to fall back on. The value
    /// is escaped and bounded; nil where the tag is missing.
    case noPolicy(tag: String, value: String?)
  }

  /// What deserves a word though it is no error. The texts are escaped and bounded.
  public enum Note: Hashable, Sendable {
    /// `pct`, `rf` and `ri` are gone (RFC 9989 appendix C.5.2); a receiver that still reads RFC 7489 honours `pct`.
    case removedTag(String, value: String)
    case unreadableTag(String)
    case unreadableReportAddress(String)
    /// The record is taken as `p=none`, because a policy tag is missing or wrong and there is a `rua`.
    case takenAsNone(tag: String)
  }

  /// The text, joined; hostile.
  public let text: String
  /// `p`; none where section 4.10.1 takes the record so.
  public let policy: DMARCPolicy
  /// `sp` as published.
  public let subdomainTag: DMARCPolicy?
  /// `np` as published.
  public let nonexistentTag: DMARCPolicy?
  public let isTesting: Bool
  public let publicSuffix: PublicSuffix
  public let dkimAlignment: Alignment
  public let spfAlignment: Alignment
  /// `fo`: when failure reports are wanted.
  public let failureOptions: [String]
  /// Where aggregate reports go, without the size limits that section 4.8 has receivers ignore.
  public let rua: [String]
  public let ruf: [String]
  public let notes: [Note]
  /// `pct`, which RFC 9989 took away, as RFC 7489 reads it.
  let percentage: Int?
  /// `p` stands elsewhere than right behind `v`, where RFC 7489 wants it.
  let isPolicyLate: Bool

  /// `sp`, else `p` (RFC 9989 section 4.7).
  public var subdomainPolicy: DMARCPolicy { subdomainTag ?? policy }
  /// `np`, else `sp`, else `p`.
  public var nonexistentPolicy: DMARCPolicy { nonexistentTag ?? subdomainPolicy }
}

extension DMARCRecord.Fault: CustomStringConvertible {
  /// A phrase for people, without a full stop.
  public var description: String {
    switch self {
    case .repeatedTag(let tag): "the tag \(tag) stands in it twice"
    case .noPolicy(let tag, nil): "it has no \(tag), and no rua to fall back on"
    case .noPolicy(let tag, let value?): "\(tag)=\(value) is no policy, and there is no rua to fall back on"
    }
  }

  /// The tag at fault, with its value where the fault lies in that.
  public var term: String {
    switch self {
    case .repeatedTag(let tag), .noPolicy(let tag, nil): tag
    case .noPolicy(let tag, let value?): "\(tag)=\(value)"
    }
  }
}
