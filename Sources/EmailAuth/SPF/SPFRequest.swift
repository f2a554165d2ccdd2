import DNS

/// What check_host() is asked (RFC 7208 section 4.1), as octets: all of it comes from the client.
public struct SPFRequest: Hashable, Sendable {
  /// The most octets of a local part or a name that are kept: well beyond the 64 and 255 that SMTP allows (RFC 5321
  /// section 4.5.3.1), so that a name cut off here is too long to be one.
  public static let maximumIdentityLength = 1_024

  /// The client; an IPv4-mapped address is held as IPv4 (RFC 7208 section 5).
  public let address: IPAddress
  /// <domain>, which is also the domain of <sender>; it need not be a DNS name.
  public let domain: [UInt8]
  /// The part of <sender> before the last "@"; "postmaster" where there is none (RFC 7208 section 4.3).
  public let localPart: [UInt8]
  /// <sender>, with its local part filled in.
  public let sender: [UInt8]
  public let helo: [UInt8]
  /// The name of the host that checks, for `%{r}` (RFC 7208 section 7.3).
  public let receiver: [UInt8]
  /// The present time for `%{t}`, in seconds since 1970-01-01 UTC.
  public let time: Int64

  /// Checks the "MAIL FROM" identity (RFC 7208 section 2.4); an empty `mailFrom` is the null reverse-path, for which
  /// "postmaster" at the "HELO" identity stands.
  public init(address: IPAddress, mailFrom: String, helo: String, receiver: String = "unknown", time: Int64 = 0) {
    let bounded = { (text: Substring.UTF8View) in Array(text.prefix(SPFRequest.maximumIdentityLength)) }
    let at = mailFrom.utf8.lastIndex(of: UInt8(ascii: "@"))
    let localPart = at.map { bounded(mailFrom[..<$0].utf8) } ?? []
    let senderDomain = bounded(mailFrom[(at.map { mailFrom.utf8.index(after: $0) } ?? mailFrom.startIndex)...].utf8)
    self.address = SPFRequest.unmapped(address)
    self.helo = bounded(helo[...].utf8)
    domain = mailFrom.isEmpty ? self.helo : senderDomain
    // RFC 7208 section 4.3
    self.localPart = localPart.isEmpty ? Array("postmaster".utf8) : localPart
    sender = self.localPart + [UInt8(ascii: "@")] + domain
    self.receiver = bounded(receiver[...].utf8)
    self.time = time
  }

  /// Checks the "HELO" identity (RFC 7208 section 2.3).
  public init(address: IPAddress, helo: String, receiver: String = "unknown", time: Int64 = 0) {
    self.init(address: address, mailFrom: "", helo: helo, receiver: receiver, time: time)
  }

  private static func unmapped(_ address: IPAddress) -> IPAddress {
    // RFC 7208 section 5: an IPv4-mapped address is still considered an IPv4 address.
    if case .v6(let six) = address, let four = six.mappedIPv4 { .v4(four) } else { address }
  }
}
