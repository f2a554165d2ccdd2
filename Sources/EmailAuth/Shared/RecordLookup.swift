import DNS

/// What a name holds of a kind of record.
public enum RecordStatus: String, Hashable, Sendable, CaseIterable {
  case valid
  /// A record that is meant to be one and breaks the rules for it.
  case invalid
  /// The DNS says that there is none.
  case none
  /// It could not be found out.
  case unknown
}

/// A record that stands alone at a name of its own, and begins with a version: MTA-STS (RFC 8461 section 3.1) and TLS-RPT (RFC
/// 8460 section 3).
public protocol VersionedRecord: Hashable, Sendable {
  associatedtype Fault: VersionedRecordFault

  /// The field that it begins with, such as `v=STSv1`.
  static var version: String { get }

  /// Reads a record, its character-strings joined.
  init(_ octets: [UInt8]) throws(Fault)
}

/// Why there is no record of the kind that a sender could use.
public protocol VersionedRecordFault: Error, Hashable, Sendable {
  static func lookupFailed(_ failure: LookupFailure) -> Self
  static var severalRecords: Self { get }
}

/// What the TXT records at such a name come to.
public struct RecordLookup<Record: VersionedRecord>: Hashable, Sendable {
  /// `none` also where there are several, which count as none; then there is an error too.
  public let status: RecordStatus
  /// The record; nil unless it is valid.
  public let record: Record?
  /// The text of the record, also of one that is invalid; hostile.
  public let text: String?
  public let error: Record.Fault?

  /// Within the module, where it is compiled for each kind of record.
  init(_ answer: Answer) {
    switch RecordSelection(answer, version: Record.version) {
    case .unknown(let failure): self.init(.unknown, error: .lookupFailed(failure))
    case .none: self.init(.none)
    case .several(let first): self.init(.none, octets: first, error: .severalRecords)
    case .one(let octets):
      do throws(Record.Fault) {
        self.init(.valid, octets: octets, record: try Record(octets))
      } catch {
        self.init(.invalid, octets: octets, error: error)
      }
    }
  }

  private init(
    _ status: RecordStatus, octets: [UInt8]? = nil, record: Record? = nil, error: Record.Fault? = nil
  ) {
    self.status = status
    self.record = record
    text = octets.map { String(decoding: $0, as: UTF8.self) }
    self.error = error
  }
}
