import DNS
import Posture

/// The keys of the databases. LMDB allows 511 octets, of which a name may take 400 and an organisation 100.
enum StoreKey {
  static let maximumLength = 511
  static let maximumNameLength = 400
  static let maximumOrganisationLength = 100

  /// A name as its labels from the right, each ended by a zero octet: a name and all below it are one range, whose keys
  /// begin alike, and stand in the order of `DomainName`.
  static func name(_ name: DomainName) -> [UInt8] {
    var key: [UInt8] = []
    let text = name.description.utf8
    key.reserveCapacity(text.count + 1)
    // Without escapes every dot is a border; this is asked for every record that is served.
    if !name.isRoot, !text.contains(UInt8(ascii: "\\")) {
      var end = text.endIndex
      while let dot = text[..<end].lastIndex(of: UInt8(ascii: ".")) {
        key.append(contentsOf: text[text.index(after: dot)..<end])
        key.append(0)
        end = dot
      }
      key.append(contentsOf: text[..<end])
      key.append(0)
      return key
    }
    for label in name.labels.reversed() {
      key.append(contentsOf: label.utf8)
      key.append(0)
    }
    return key
  }

  static func name(in key: some Collection<UInt8>) throws(StoreError) -> DomainName {
    let labels = key.split(separator: 0).reversed().map { String(decoding: $0, as: UTF8.self) }
    guard let name = DomainName(labels.joined(separator: ".")) else { throw .damaged("a key is no name") }
    return name
  }

  /// The root has no key, and a name of hundreds of escaped octets has none that fits.
  static func check(_ name: DomainName) throws(StoreError) {
    guard (1...maximumNameLength).contains(StoreKey.name(name).count) else {
      throw .invalid("the name \(name) cannot be kept")
    }
  }

  static func check(organisation: String) throws(StoreError) {
    guard organisation.utf8.count <= maximumOrganisationLength, !organisation.utf8.contains(0) else {
      throw .invalid("the name of an organisation has at most \(maximumOrganisationLength) octets")
    }
  }

  static func organisation(_ organisation: String, _ name: [UInt8] = []) -> [UInt8] {
    Array(organisation.utf8) + [0] + name
  }

  /// nil: of all domains. The first octet parts the two, so that no organisation's name is taken for all.
  static func tally(_ organisation: String?, day: Int64? = nil) -> [UInt8] {
    var writer = ByteWriter()
    writer.put(raw: organisation.map { [1] + Array($0.utf8) } ?? [0])
    writer.put(raw: [0])
    if let day { writer.put(day) }
    return writer.octets
  }

  static func day(endOf key: UnsafeRawBufferPointer) throws(StoreError) -> Int64 {
    var reader = ByteReader(UnsafeRawBufferPointer(rebasing: key.suffix(8)))
    return try reader.signed()
  }

  static func due(_ time: Timestamp, _ name: [UInt8] = []) -> [UInt8] {
    var writer = ByteWriter()
    writer.put(time.seconds)
    writer.put(raw: name)
    return writer.octets
  }

  static func revision(_ revision: UInt64) -> [UInt8] {
    var writer = ByteWriter(capacity: 8)
    writer.put(revision)
    return writer.octets
  }

  /// The zero octet keeps a domain's changes together: no label begins with one, so none of a name below comes between.
  static func history(_ name: [UInt8], _ revision: UInt64) -> [UInt8] {
    name + [0] + StoreKey.revision(revision)
  }

  static func revision(endOf key: UnsafeRawBufferPointer) throws(StoreError) -> UInt64 {
    var reader = ByteReader(UnsafeRawBufferPointer(rebasing: key.suffix(8)))
    return try reader.number()
  }
}
