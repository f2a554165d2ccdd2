import DNS
import Glibc
import Posture

/// What stands before a record's JSON, for whoever decides whether the record may be served.
public struct RecordHeader: Hashable, Sendable {
  public var verdict: String
  /// The standard that the domain was held against.
  public var standard: String
  /// The program that rendered the record.
  public var programVersion: String
  public var checkedAt: Timestamp
  public var expiresAt: Timestamp
  /// When the verifier is to look at the domain again.
  public var dueAt: Timestamp
  /// Given by the store; what a caller sets is not looked at.
  public var revision: UInt64

  public init(
    verdict: String, standard: String, programVersion: String, checkedAt: Timestamp, expiresAt: Timestamp,
    dueAt: Timestamp, revision: UInt64 = 0
  ) {
    self.verdict = verdict
    self.standard = standard
    self.programVersion = programVersion
    self.checkedAt = checkedAt
    self.expiresAt = expiresAt
    self.dueAt = dueAt
    self.revision = revision
  }

  func write(to writer: inout ByteWriter) {
    writer.put(checkedAt.seconds)
    writer.put(expiresAt.seconds)
    writer.put(dueAt.seconds)
    writer.put(revision)
    writer.put(text: verdict)
    writer.put(text: standard)
    writer.put(text: programVersion)
  }

  init(_ reader: inout ByteReader) throws(StoreError) {
    let lent = try LentHeader(&reader)
    verdict = String(decoding: lent.verdict, as: UTF8.self)
    standard = String(decoding: lent.standard, as: UTF8.self)
    programVersion = String(decoding: lent.programVersion, as: UTF8.self)
    checkedAt = lent.checkedAt
    expiresAt = lent.expiresAt
    dueAt = lent.dueAt
    revision = lent.revision
  }
}

/// A header where it lies in the map, valid as long as the view: a record that is served costs no copy of its texts.
struct LentHeader {
  let checkedAt: Timestamp
  let expiresAt: Timestamp
  let dueAt: Timestamp
  let revision: UInt64
  let verdict: UnsafeRawBufferPointer
  let standard: UnsafeRawBufferPointer
  let programVersion: UnsafeRawBufferPointer

  init(_ reader: inout ByteReader) throws(StoreError) {
    // Looked at for each record that is served: their bounds are checked once.
    let numbers = try reader.take(32)
    checkedAt = Timestamp(seconds: ByteReader.signed(at: 0, of: numbers))
    expiresAt = Timestamp(seconds: ByteReader.signed(at: 8, of: numbers))
    dueAt = Timestamp(seconds: ByteReader.signed(at: 16, of: numbers))
    revision = ByteReader.number(at: 24, of: numbers)
    verdict = try reader.octets()
    standard = try reader.octets()
    programVersion = try reader.octets()
  }

  /// Whether it was judged by this standard, and rendered by this program.
  func isOf(_ judgement: Judgement) -> Bool {
    standard.isText(judgement.standard) && programVersion.isText(judgement.programVersion)
  }

  /// The clock that it was checked by has been set back since.
  func isFromTheFuture(at now: Timestamp) -> Bool { checkedAt - now > Freshness.clockTolerance }
}

extension UnsafeRawBufferPointer {
  fileprivate func isText(_ text: String) -> Bool {
    text.utf8.withContiguousStorageIfAvailable { utf8 in
      guard utf8.count == count, let start = baseAddress, let other = utf8.baseAddress else {
        return utf8.isEmpty && isEmpty
      }
      return memcmp(start, other, count) == 0
    } ?? elementsEqual(text.utf8)
  }
}

/// A posture record as it is kept: the header, and the JSON that goes out.
public struct StoredRecord: Hashable, Sendable {
  public let domain: DomainName
  public let header: RecordHeader
  public let json: [UInt8]
}

/// Evidence of a domain or of an endpoint, whose form is the caller's.
public struct EvidenceBlob: Hashable, Sendable {
  public var octets: [UInt8]
  /// When the last part of it expires; some time after it the store forgets it.
  public var expiresAt: Timestamp

  public init(octets: [UInt8], expiresAt: Timestamp) {
    self.octets = octets
    self.expiresAt = expiresAt
  }

  var encoded: [UInt8] {
    var writer = ByteWriter(capacity: octets.count + 8)
    writer.put(expiresAt.seconds)
    writer.put(raw: octets)
    return writer.octets
  }

  init(_ bytes: UnsafeRawBufferPointer) throws(StoreError) {
    var reader = ByteReader(bytes)
    expiresAt = Timestamp(seconds: try reader.signed())
    octets = [UInt8](reader.rest)
  }

  static func expiry(of bytes: UnsafeRawBufferPointer) throws(StoreError) -> Timestamp {
    var reader = ByteReader(bytes)
    return Timestamp(seconds: try reader.signed())
  }
}

extension Assurance {
  var encoded: [UInt8] {
    var writer = ByteWriter()
    writer.put(validUntil.seconds)
    writer.put(text: scheme)
    writer.put(text: reference)
    return writer.octets
  }

  init(_ bytes: UnsafeRawBufferPointer) throws(StoreError) {
    var reader = ByteReader(bytes)
    let validUntil = Timestamp(seconds: try reader.signed())
    self.init(scheme: try reader.text(), reference: try reader.text(), validUntil: validUntil)
  }
}
