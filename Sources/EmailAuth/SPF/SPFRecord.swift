import DNS

/// An SPF record as published: everything that could be read, and the first term that could not (RFC 7208 section 4.5).
///
///     record  = version terms *SP
///     version = "v=spf1"
///     terms   = *( 1*SP ( directive / modifier ) )
///
/// Reading keeps what was there; a record with an `error` is for check_host() a "permerror" (section 4.6).
public struct SPFRecord: Hashable, Sendable {
  /// The terms that could be read, in the order of the record.
  public let terms: [Term]
  /// The first syntax error, with the term at fault.
  public let error: SPFError?

  /// directive = [ qualifier ] mechanism; modifier = redirect / explanation / unknown-modifier
  public enum TermKind: Hashable, Sendable {
    case directive(Qualifier, Mechanism)
    case modifier(Modifier)
  }

  public struct Term: Hashable, Sendable {
    public let kind: TermKind
    let octets: ArraySlice<UInt8>

    /// As published, at most `SPFError.maximumTermLength` octets; the octets are printable ASCII.
    public var text: String { SPFError.quote(octets) }
  }

  /// qualifier = "+" / "-" / "?" / "~" (RFC 7208 section 4.6.2)
  public enum Qualifier: String, Hashable, Sendable {
    case pass = "+"
    case fail = "-"
    case softfail = "~"
    case neutral = "?"

    init?(octet: UInt8) {
      switch octet {
      case UInt8(ascii: "+"): self = .pass
      case UInt8(ascii: "-"): self = .fail
      case UInt8(ascii: "~"): self = .softfail
      case UInt8(ascii: "?"): self = .neutral
      default: return nil
      }
    }
  }

  /// mechanism = all / include / a / mx / ptr / ip4 / ip6 / exists (RFC 7208 section 5)
  public enum Mechanism: Hashable, Sendable {
    /// all = "all"
    case all
    /// include = "include" ":" domain-spec
    case include(SPFDomainSpec)
    /// a = "a" [ ":" domain-spec ] [ dual-cidr-length ]
    case a(SPFDomainSpec?, PrefixLengths)
    /// mx = "mx" [ ":" domain-spec ] [ dual-cidr-length ]
    case mx(SPFDomainSpec?, PrefixLengths)
    /// ptr = "ptr" [ ":" domain-spec ]
    case ptr(SPFDomainSpec?)
    /// ip4 = "ip4" ":" ip4-network [ ip4-cidr-length ]
    case ip4(IPv4Address, prefixLength: Int)
    /// ip6 = "ip6" ":" ip6-network [ ip6-cidr-length ]
    case ip6(IPv6Address, prefixLength: Int)
    /// exists = "exists" ":" domain-spec
    case exists(SPFDomainSpec)

    /// Whether it counts towards the limit of look-ups (RFC 7208 section 4.6.4).
    public var causesLookup: Bool {
      switch self {
      case .include, .a, .mx, .ptr, .exists: true
      case .all, .ip4, .ip6: false
      }
    }
  }

  /// dual-cidr-length = [ ip4-cidr-length ] [ "/" ip6-cidr-length ] (RFC 7208 section 5.6)
  public struct PrefixLengths: Hashable, Sendable {
    /// 0 to 32; 32 where the record is silent.
    public let ip4: Int
    /// 0 to 128; 128 where the record is silent.
    public let ip6: Int
  }

  /// RFC 7208 section 6
  public enum Modifier: Hashable, Sendable {
    /// redirect = "redirect" "=" domain-spec
    case redirect(SPFDomainSpec)
    /// explanation = "exp" "=" domain-spec
    case explanation(SPFDomainSpec)
    /// unknown-modifier = name "=" macro-string
    case unknown(name: String, SPFMacroString)
  }

  /// The target of `redirect`, with its term; nil where there is none.
  public var redirect: (term: Term, target: SPFDomainSpec)? {
    for term in terms {
      if case .modifier(.redirect(let target)) = term.kind { return (term, target) }
    }
    return nil
  }

  /// The target of `exp`; nil where there is none.
  public var explanation: SPFDomainSpec? {
    for term in terms {
      if case .modifier(.explanation(let target)) = term.kind { return target }
    }
    return nil
  }

  init(terms: [Term], error: SPFError?) {
    self.terms = terms
    self.error = error
  }
}
