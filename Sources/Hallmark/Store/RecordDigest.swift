import Posture

/// What lists of domains tell of a record, kept beside it so that ten thousand are read without taking one apart.
public struct RecordDigest: Hashable, Sendable {
  public var verdict: String
  public var encryption: String
  public var verification: String
  public var assurance: String
  /// Findings of these severities.
  public var errors: Int
  public var warnings: Int
  public var checkedAt: Timestamp
  public var expiresAt: Timestamp
  /// When the first certificate of an MX host or of the policy host runs out; nil where none was seen.
  public var certificateEndsAt: Timestamp?
  public var assuranceEndsAt: Timestamp?

  public init(
    verdict: String, encryption: String, verification: String, assurance: String, errors: Int, warnings: Int,
    checkedAt: Timestamp, expiresAt: Timestamp, certificateEndsAt: Timestamp? = nil, assuranceEndsAt: Timestamp? = nil
  ) {
    self.verdict = verdict
    self.encryption = encryption
    self.verification = verification
    self.assurance = assurance
    self.errors = errors
    self.warnings = warnings
    self.checkedAt = checkedAt
    self.expiresAt = expiresAt
    self.certificateEndsAt = certificateEndsAt
    self.assuranceEndsAt = assuranceEndsAt
  }

  /// Stands for a moment that there is none of; no certificate ends then.
  private static let never = Int64.max

  var encoded: [UInt8] {
    var writer = ByteWriter(capacity: 96)
    writer.put(checkedAt.seconds)
    writer.put(expiresAt.seconds)
    writer.put(certificateEndsAt?.seconds ?? RecordDigest.never)
    writer.put(assuranceEndsAt?.seconds ?? RecordDigest.never)
    writer.put(UInt16(clamping: errors))
    writer.put(UInt16(clamping: warnings))
    for text in [verdict, encryption, verification, assurance] { writer.put(text: text) }
    return writer.octets
  }

  init(_ bytes: UnsafeRawBufferPointer) throws(StoreError) {
    var reader = ByteReader(bytes)
    checkedAt = Timestamp(seconds: try reader.signed())
    expiresAt = Timestamp(seconds: try reader.signed())
    certificateEndsAt = RecordDigest.moment(try reader.signed())
    assuranceEndsAt = RecordDigest.moment(try reader.signed())
    errors = Int(try reader.number(UInt16.self))
    warnings = Int(try reader.number(UInt16.self))
    verdict = try reader.text()
    encryption = try reader.text()
    verification = try reader.text()
    assurance = try reader.text()
  }

  private static func moment(_ seconds: Int64) -> Timestamp? {
    seconds == never ? nil : Timestamp(seconds: seconds)
  }
}

extension RecordDigest {
  init(_ record: PostureRecord) {
    self.init(
      verdict: record.verdict.rawValue, encryption: record.encryption.verdict.rawValue,
      verification: record.verification.verdict.rawValue, assurance: record.assurance.verdict.rawValue,
      errors: record.findings.count { $0.severity == .error },
      warnings: record.findings.count { $0.severity == .warning }, checkedAt: record.checkedAt,
      expiresAt: record.expiresAt,
      certificateEndsAt: (record.encryption.hosts.flatMap(\.endpoints).map { $0.session?.certificate?.notAfter }
        + [record.encryption.mtaSTS.certificateEnd]).compactMap { $0 }.min(),
      assuranceEndsAt: record.assurance.assurance?.validUntil)
  }
}
