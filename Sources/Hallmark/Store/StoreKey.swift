import DNS
import Posture

/// The keys of the databases. LMDB allows 511 octets, of which a name may take 400 and an organisation 100.
enum StoreKey {
  static let maximumLength = 511
  static let maximumNameLength = 400
  static let maximumOrganisationLength = 100

  /// A name as its labels from the right, each ended by a zero octet: a name and all below it are one range, whose keys
  /// begin alike, and stand in the order of `DomainName`.
  static func name(_ name: DomainName) -> [UInt8] { withName(name) { [UInt8]($0) } }

  /// Lends the same, in memory of the stack: this is asked for every record that is served.
  static func withName<Result>(
    _ name: DomainName, _ body: (UnsafeRawBufferPointer) throws -> Result
  ) rethrows -> Result {
    let plain = try name.description.utf8.withContiguousStorageIfAvailable { text -> Result? in
      guard !name.isRoot else { return nil }
      return try withUnsafeTemporaryAllocation(byteCount: text.count + 1, alignment: 1) { key in
        StoreKey.fill(key, with: text) ? try body(UnsafeRawBufferPointer(key)) : nil
      }
    }
    if let plain, let plain { return plain }
    var key: [UInt8] = []
    for label in name.labels.reversed() {
      key.append(contentsOf: label.utf8)
      key.append(0)
    }
    return try key.withUnsafeBytes(body)
  }

  /// The key of a name without escapes, so that every dot is a border; false where there is one. Octet by octet, because labels
  /// are shorter than a call of memcpy is worth; nothing can overflow, because a place is less than the count of octets.
  private static func fill(_ key: UnsafeMutableRawBufferPointer, with text: UnsafeBufferPointer<UInt8>) -> Bool {
    var end = text.count
    while true {
      var start = end
      while start > 0, text[start &- 1] != UInt8(ascii: ".") {
        start &-= 1
        guard text[start] != UInt8(ascii: "\\") else { return false }
      }
      // What ends a label in the text begins behind as many octets of the key as stand behind it there.
      let shift = text.count &- end &- start
      var place = start
      while place < end {
        key[place &+ shift] = text[place]
        place &+= 1
      }
      key[place &+ shift] = 0
      guard start > 0 else { return true }
      end = start &- 1
    }
  }

  static func name(in key: some Collection<UInt8>) throws(StoreError) -> DomainName {
    let text =
      key.withContiguousStorageIfAvailable(StoreKey.text) ?? [UInt8](key).withUnsafeBufferPointer(StoreKey.text)
    guard let name = DomainName(text) else { throw .damaged("a key is no name") }
    return name
  }

  /// The labels of a key with dots between them.
  private static func text(_ key: UnsafeBufferPointer<UInt8>) -> String {
    String(unsafeUninitializedCapacity: key.count) { text in
      var count = 0
      turn(key, at: 0) { label in
        guard !label.isEmpty else { return }
        if count > 0 {
          text[count] = UInt8(ascii: ".")
          count += 1
        }
        for octet in label {
          text[count] = octet
          count += 1
        }
      }
      return count
    }
  }

  /// Lends the pieces between borders, the last first.
  private static func turn(
    _ octets: UnsafeBufferPointer<UInt8>, at border: UInt8, _ body: (UnsafeBufferPointer<UInt8>) -> Void
  ) {
    var end = octets.count
    while true {
      var start = end
      while start > 0, octets[start - 1] != border { start -= 1 }
      body(UnsafeBufferPointer(rebasing: octets[start..<end]))
      guard start > 0 else { return }
      end = start - 1
    }
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
