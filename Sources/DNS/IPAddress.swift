/// An IPv4 or IPv6 address as octets in network order.
public enum IPAddress: Hashable, Sendable {
  case v4(IPv4Address)
  case v6(IPv6Address)

  /// Reads dotted decimal, or the text forms of RFC 4291 section 2.2; nil for anything else, zones included.
  public init?(_ text: String) {
    if let address = IPv4Address(text) {
      self = .v4(address)
    } else if let address = IPv6Address(text) {
      self = .v6(address)
    } else {
      return nil
    }
  }

  /// Four or sixteen octets in network order.
  public init?(octets: [UInt8]) {
    if let address = IPv4Address(octets: octets) {
      self = .v4(address)
    } else if let address = IPv6Address(octets: octets) {
      self = .v6(address)
    } else {
      return nil
    }
  }

  public var octets: [UInt8] {
    switch self {
    case .v4(let address): address.octets
    case .v6(let address): address.octets
    }
  }

  public var isIPv6: Bool {
    if case .v6 = self { true } else { false }
  }
}

extension IPAddress: CustomStringConvertible {
  public var description: String {
    switch self {
    case .v4(let address): address.description
    case .v6(let address): address.description
    }
  }
}

extension IPAddress: Comparable {
  /// IPv4 before IPv6, then by value.
  public static func < (lhs: IPAddress, rhs: IPAddress) -> Bool {
    switch (lhs, rhs) {
    case (.v4(let lhs), .v4(let rhs)): lhs.value < rhs.value
    case (.v6(let lhs), .v6(let rhs)): lhs.value < rhs.value
    case (.v4, .v6): true
    case (.v6, .v4): false
    }
  }
}
