import DNS
import Posture

/// A domain that is on the whitelist.
public struct WhitelistEntry: Hashable, Sendable {
  public let domain: DomainName
  /// The fields that the caller rendered, without the three below.
  public var octets: [UInt8]
  public var expiresAt: Timestamp
  /// Its checks end `unknown` for the time being.
  public var isStale: Bool
  /// When `octets` or `isStale` last changed.
  public var revision: UInt64

  /// The octets before the caller's own.
  private static let headerLength = 17

  var encoded: [UInt8] {
    var writer = ByteWriter(capacity: octets.count + WhitelistEntry.headerLength)
    writer.put(revision)
    writer.put(expiresAt.seconds)
    writer.put(UInt8(isStale ? 1 : 0))
    writer.put(raw: octets)
    return writer.octets
  }

  init(domain: DomainName, octets: [UInt8], expiresAt: Timestamp, isStale: Bool, revision: UInt64) {
    self.domain = domain
    self.octets = octets
    self.expiresAt = expiresAt
    self.isStale = isStale
    self.revision = revision
  }

  init(_ domain: DomainName, _ bytes: UnsafeRawBufferPointer) throws(StoreError) {
    self.domain = domain
    var reader = ByteReader(bytes)
    revision = try reader.number()
    expiresAt = Timestamp(seconds: try reader.signed())
    isStale = try reader.number(UInt8.self) != 0
    octets = [UInt8](reader.rest)
  }

  /// Whether it goes out: it has content, and is not past its grace.
  public func isServed(at now: Timestamp) -> Bool { !octets.isEmpty && now - expiresAt < Store.graceTime }

  /// The same of an encoded one.
  static func isServed(_ bytes: UnsafeRawBufferPointer, at now: Timestamp) throws(StoreError) -> Bool {
    now - (try expiry(of: bytes)) < Store.graceTime && bytes.count > headerLength
  }

  /// When an encoded one expires.
  static func expiry(of bytes: UnsafeRawBufferPointer) throws(StoreError) -> Timestamp {
    var reader = ByteReader(bytes)
    _ = try reader.number(UInt64.self)
    return Timestamp(seconds: try reader.signed())
  }
}

extension WhitelistEntry {
  /// The entry as it is at a time: behind its expiry it is stale, whatever the last check said.
  func shown(at now: Timestamp) -> WhitelistEntry {
    var entry = self
    entry.isStale = isStale || expiresAt <= now
    return entry
  }
}

/// What an assessment means for the whitelist.
public enum WhitelistDecision: Hashable, Sendable {
  /// The domain belongs on it; while it is not watched, this is as `remove`.
  case entry([UInt8], expiresAt: Timestamp, isStale: Bool)
  case remove
  /// Leaves it as it is: on it or not.
  case unchanged
}
