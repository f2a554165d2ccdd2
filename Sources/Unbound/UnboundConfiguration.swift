import DNS

/// How a resolver works: whom it asks, whom it trusts, how long it waits.
public struct UnboundConfiguration: Sendable {
  /// Whom the resolver asks.
  public enum Upstream: Sendable, Hashable {
    /// These recursive resolvers, each an address and a port. They must pass DNSSEC records on, or every signed name
    /// is bogus.
    case forward([Forwarder])
    /// The resolvers that a file of the form of resolv.conf(5) names; one that names none means the local host, as
    /// there.
    case resolvConf(path: String)
    /// The authoritative servers, from the root down.
    case recursive
  }

  /// One recursive resolver.
  public struct Forwarder: Sendable, Hashable {
    public let address: IPAddress
    public let port: UInt16

    public init(_ address: IPAddress, port: UInt16 = 53) {
      self.address = address
      self.port = port
    }
  }

  /// RFC 8767 section 4 has resolvers cap TTLs at seven days at most; a day is the longest that evidence is held.
  public static let defaultMaximumTTL: UInt32 = 86_400
  public static let defaultLookupTimeout = Duration.seconds(10)
  /// What is found out is kept as evidence: the cache has to hold what domains share, and the chains of keys.
  public static let defaultCacheSize = 8 << 20

  public var upstream: Upstream
  public var trustAnchor: TrustAnchor
  /// The ceiling on TTLs, in seconds.
  public var maximumTTL: UInt32
  /// The ceiling on the TTLs of negative answers, in seconds (RFC 2308 section 5 suggests one to three hours).
  public var maximumNegativeTTL: UInt32
  /// The bound on one look-up, validation included; then the answer is a failure of kind `timeout`.
  public var lookupTimeout: Duration
  /// The bound on each of the two caches (messages, record sets), in octets.
  public var cacheSize: Int

  public init(
    upstream: Upstream = .resolvConf(path: "/etc/resolv.conf"), trustAnchor: TrustAnchor = .system,
    maximumTTL: UInt32 = defaultMaximumTTL, maximumNegativeTTL: UInt32 = 3600,
    lookupTimeout: Duration = defaultLookupTimeout, cacheSize: Int = defaultCacheSize
  ) {
    self.upstream = upstream
    self.trustAnchor = trustAnchor
    self.maximumTTL = maximumTTL
    self.maximumNegativeTTL = maximumNegativeTTL
    self.lookupTimeout = lookupTimeout
    self.cacheSize = cacheSize
  }
}

extension UnboundConfiguration {
  /// The options of unbound.conf(5) that differ from libunbound's own, with their values.
  var options: [(name: String, value: String)] {
    [
      ("cache-max-ttl:", "\(maximumTTL)"),
      ("cache-max-negative-ttl:", "\(min(maximumNegativeTTL, maximumTTL))"),
      ("msg-cache-size:", "\(cacheSize)"),
      ("rrset-cache-size:", "\(cacheSize)"),
      ("module-config:", "validator iterator"),
      // A lab's or a site's forwarder may well be on loopback.
      ("do-not-query-localhost:", "no"),
      // Name servers' addresses are looked up when they are needed and not ahead of it.
      ("target-fetch-policy:", "0 0 0 0 0"),
      ("qname-minimisation:", "yes"),
      // A domain that has just mended its signatures, or its server, is seen as mended soon.
      ("val-bogus-ttl:", "30"),
      ("infra-host-ttl:", "60"),
      // An expired answer is no evidence.
      ("serve-expired:", "no"),
      // libunbound's own 16 sockets would let only 16 look-ups be under way.
      ("outgoing-range:", "256"),
      ("num-queries-per-thread:", "4096"),
      ("outgoing-num-tcp:", "16"),
      // The reverse zones of private addresses are asked for like any other.
      ("unblock-lan-zones:", "yes"),
    ]
  }

  /// Zones that libunbound would answer by itself: `test` (RFC 6761 section 6.2 lets it be configured) is looked up.
  static let unblockedZones = ["test.", "127.in-addr.arpa."]
}
