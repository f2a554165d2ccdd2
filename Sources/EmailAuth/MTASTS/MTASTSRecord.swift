import DNS

/// The TXT record at `_mta-sts` by which a domain says that it has a policy (RFC 8461 section 3.1):
///
///     sts-text-record = sts-version 1*(sts-field-delim sts-field) [sts-field-delim]
///     sts-field       = sts-id / sts-extension
///     sts-field-delim = *WSP ";" *WSP
///     sts-version     = %s"v=STSv1"
///     sts-id          = %s"id=" 1*32(ALPHA / DIGIT)
///     sts-extension   = sts-ext-name "=" sts-ext-value
public struct MTASTSRecord: VersionedRecord {
  /// The most characters of an id (RFC 8461 section 3.1).
  public static let maximumIDLength = 32

  public static let version = "v=STSv1"

  /// The text, joined; hostile.
  public let text: String
  /// Changes whenever the policy does; there is no order among ids.
  public let id: String

  /// Reads a record, its character-strings joined.
  public init(_ octets: [UInt8]) throws(MTASTSError) {
    guard RecordSelection.isVersion(octets, MTASTSRecord.version) else {
      throw MTASTSError(.malformedField, term: octets)
    }
    let list = FieldList(behindVersion: RecordSelection.rest(octets, behind: MTASTSRecord.version))
    text = String(decoding: octets, as: UTF8.self)
    id = try MTASTSRecord.id(in: list)
  }

  private static func id(in list: FieldList) throws(MTASTSError) -> String {
    // RFC 8461 section 3.1: "v=STSv1;".
    guard list.hasDelimiter else { throw MTASTSError(.missingDelimiter) }
    if let fault = list.fault { throw MTASTSError(.malformedField, term: fault) }
    var id: FieldList.Field?
    for field in list.fields {
      if field.name == "id" {
        // The grammar lets it stand twice and does not say which counts. Senders differ, so its owner cannot
        // rely on either.
        guard id == nil else { throw MTASTSError(.repeatedID, term: field.octets) }
        id = field
      } else if !field.isExtension {
        throw MTASTSError(.malformedField, term: field.octets)
      }
    }
    guard let id else { throw MTASTSError(.missingID) }
    guard (1...maximumIDLength).contains(id.value.count), id.value.allSatisfy(Octet.isLetterOrDigit) else {
      throw MTASTSError(.malformedID, term: id.value)
    }
    // White space belongs to a delimiter; at the end there is none.
    guard !list.endsInWhiteSpace else { throw MTASTSError(.malformedField, term: id.octets) }
    return String(decoding: id.value, as: UTF8.self)
  }

  /// What the TXT records at `_mta-sts` come to.
  public typealias Lookup = RecordLookup<MTASTSRecord>

  /// Reads the answer to `question(for:)`.
  public static func found(in answer: Answer) -> Lookup { Lookup(answer) }

  /// The question that finds the record; nil for a name too long to have one.
  public static func question(for domain: DomainName) -> Question? {
    domain.prepending("_mta-sts").map { Question($0, .txt) }
  }
}
