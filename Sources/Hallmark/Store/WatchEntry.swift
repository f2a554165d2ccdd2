import DNS
import Posture

/// A domain that is kept watched.
public struct WatchEntry: Hashable, Sendable {
  public let domain: DomainName
  /// Whose it is; "" stands for a watch that was asked for without an organisation.
  public var organisations: Set<String>
  /// The DKIM selectors that were given for it, in the order they were given.
  public var selectors: [String]
  public var addedAt: Timestamp
  /// Where it stands in the due queue.
  public var dueAt: Timestamp

  public init(
    domain: DomainName, organisations: Set<String>, selectors: [String] = [], addedAt: Timestamp, dueAt: Timestamp
  ) {
    self.domain = domain
    self.organisations = organisations
    self.selectors = selectors
    self.addedAt = addedAt
    self.dueAt = dueAt
  }

  var encoded: [UInt8] {
    var writer = ByteWriter()
    writer.put(addedAt.seconds)
    writer.put(dueAt.seconds)
    writer.put(texts: selectors)
    writer.put(texts: organisations.sorted())
    return writer.octets
  }

  init(_ domain: DomainName, _ bytes: UnsafeRawBufferPointer) throws(StoreError) {
    self.domain = domain
    var reader = ByteReader(bytes)
    addedAt = Timestamp(seconds: try reader.signed())
    dueAt = Timestamp(seconds: try reader.signed())
    selectors = try reader.texts()
    organisations = Set(try reader.texts())
  }
}
