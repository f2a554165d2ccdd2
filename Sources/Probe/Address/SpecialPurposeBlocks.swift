import DNS

/// The blocks of the IANA IPv4 and IPv6 Special-Purpose Address Registries (RFC 6890, RFC 8190) and those of multicast.
///
/// Also the few that the registries call globally reachable are here: they serve anycast protocols, and no mail server.
enum SpecialPurposeBlocks {
  static let all: [AddressBlock] = (ipv4 + ipv6).compactMap { AddressBlock($0) }

  /// RFC 6052 section 2.1.
  static let wellKnownNAT64: [AddressBlock] = ["64:ff9b::/96"].compactMap { AddressBlock($0) }

  static let ipv4 = [
    "0.0.0.0/8",  // "This network", RFC 791 section 3.2; 0.0.0.0/32 is this host, RFC 1122 section 3.2.1.3
    "10.0.0.0/8",  // Private use, RFC 1918
    "100.64.0.0/10",  // Shared address space, RFC 6598
    "127.0.0.0/8",  // Loopback, RFC 1122 section 3.2.1.3
    "169.254.0.0/16",  // Link-local, RFC 3927
    "172.16.0.0/12",  // Private use, RFC 1918
    // IETF protocol assignments, RFC 6890 section 2.1. Inside it: 192.0.0.0/29 service continuity (RFC 7335), .8
    // dummy (RFC 7600), .9 PCP anycast (RFC 7723), .10 TURN anycast (RFC 8155), .170 and .171 NAT64 discovery (RFC
    // 8880, RFC 7050).
    "192.0.0.0/24",
    "192.0.2.0/24",  // Documentation, RFC 5737
    "192.31.196.0/24",  // AS112-v4, RFC 7535
    "192.52.193.0/24",  // AMT, RFC 7450
    "192.88.99.0/24",  // 6to4 relay anycast, deprecated, RFC 7526; 192.88.99.2 6a44 relay anycast, RFC 6751
    "192.168.0.0/16",  // Private use, RFC 1918
    "192.175.48.0/24",  // Direct delegation AS112, RFC 7534
    "198.18.0.0/15",  // Benchmarking, RFC 2544
    "198.51.100.0/24",  // Documentation, RFC 5737
    "203.0.113.0/24",  // Documentation, RFC 5737
    "224.0.0.0/4",  // Multicast, RFC 5771
    "240.0.0.0/4",  // Reserved, RFC 1112 section 4; 255.255.255.255/32 limited broadcast, RFC 8190, RFC 919 section 7
  ]

  static let ipv6 = [
    "::1/128",  // Loopback, RFC 4291
    "::/128",  // Unspecified, RFC 4291
    "::/96",  // IPv4-compatible, deprecated, RFC 4291 section 2.5.5.1
    "::ffff:0:0/96",  // IPv4-mapped, RFC 4291 section 2.5.5.2
    "64:ff9b::/96",  // IPv4-IPv6 translation, RFC 6052
    "64:ff9b:1::/48",  // IPv4-IPv6 translation, local use, RFC 8215
    "100::/64",  // Discard-only, RFC 6666
    "100:0:0:1::/64",  // Dummy prefix, RFC 9780
    // IETF protocol assignments, RFC 2928. Inside it: 2001::/32 Teredo (RFC 4380, RFC 8190), 2001:1::1 PCP anycast
    // (RFC 7723), 2001:1::2 TURN anycast (RFC 8155), 2001:1::3 DNS-SD SRP anycast (RFC 9665), 2001:2::/48
    // benchmarking (RFC 5180), 2001:3::/32 AMT (RFC 7450), 2001:4:112::/48 AS112-v6 (RFC 7535), 2001:10::/28 ORCHID
    // (RFC 4843), 2001:20::/28 ORCHIDv2 (RFC 7343), 2001:30::/28 drone remote ID (RFC 9374).
    "2001::/23",
    "2001:db8::/32",  // Documentation, RFC 3849
    "2002::/16",  // 6to4, RFC 3056
    "2620:4f:8000::/48",  // Direct delegation AS112, RFC 7534
    "3fff::/20",  // Documentation, RFC 9637
    "5f00::/16",  // Segment routing SIDs, RFC 9602
    "fc00::/7",  // Unique-local, RFC 4193, RFC 8190
    "fe80::/10",  // Link-local unicast, RFC 4291
    "fec0::/10",  // Site-local, deprecated, RFC 3879
    "ff00::/8",  // Multicast, RFC 4291 section 2.7
  ]
}
