import DNS

/// The TXT record at `_smtp._tls` by which a domain asks senders for reports of failed TLS (RFC 8460 section 3):
///
///     tlsrpt-record    = tlsrpt-version 1*(field-delim tlsrpt-field) [field-delim]
///     tlsrpt-field     = tlsrpt-rua / tlsrpt-extension
///     field-delim      = *WSP ";" *WSP
///     tlsrpt-version   = %s"v=TLSRPTv1"
///     tlsrpt-rua       = %s"rua=" tlsrpt-uri *(*WSP "," *WSP tlsrpt-uri)
///     tlsrpt-extension = tlsrpt-ext-name "=" tlsrpt-ext-value
public struct TLSRPTRecord: VersionedRecord {
  /// The most destinations that are kept. RFC 8460 sets no bound; a record with more is valid all the same.
  public static let maximumDestinations = 100

  public static let version = "v=TLSRPTv1"

  /// The text, joined; hostile.
  public let text: String
  /// Where reports go: `mailto` and `https` URIs as published, in their order, of every `rua` that the record has.
  /// One at least.
  public let rua: [String]

  /// Reads a record, its character-strings joined.
  public init(_ octets: [UInt8]) throws(TLSRPTError) {
    guard RecordSelection.isVersion(octets, TLSRPTRecord.version) else {
      throw TLSRPTError(.malformedField, term: octets)
    }
    let list = FieldList(behindVersion: RecordSelection.rest(octets, behind: TLSRPTRecord.version))
    text = String(decoding: octets, as: UTF8.self)
    rua = try TLSRPTRecord.destinations(in: list)
  }

  /// White space at the end is no part of the grammar, and harms nobody: it is read over.
  private static func destinations(in list: FieldList) throws(TLSRPTError) -> [String] {
    // RFC 8460 section 3: "v=TLSRPTv1;".
    guard list.hasDelimiter else { throw TLSRPTError(.missingDelimiter) }
    if let fault = list.fault { throw TLSRPTError(.malformedField, term: fault) }
    var usable: [String] = []
    var passedOver: ArraySlice<UInt8>?
    var hasDestination = false
    for field in list.fields {
      if field.name == "rua" {
        hasDestination = true
        // A record may hold several: tlsrpt-field stands any number of times.
        let rest = try append(field, to: &usable)
        passedOver = passedOver ?? rest
      } else if !field.isExtension {
        throw TLSRPTError(.malformedField, term: field.octets)
      }
    }
    guard hasDestination else { throw TLSRPTError(.missingDestination) }
    // A scheme that is not known may come with a later version; beside one that is, it is passed over.
    guard !usable.isEmpty else { throw TLSRPTError(.unknownScheme, term: passedOver ?? []) }
    return usable
  }

  /// Adds the usable URIs of one `rua`; returns the first whose scheme is not known.
  private static func append(
    _ field: FieldList.Field, to usable: inout [String]
  ) throws(TLSRPTError) -> ArraySlice<UInt8>? {
    var passedOver: ArraySlice<UInt8>?
    for part in field.value.parts(between: UInt8(ascii: ",")) {
      let uri = TagList.trim(part, .blanks)
      switch ReportURI.kind(of: uri) {
      case .malformed: throw TLSRPTError(.malformedDestination, term: uri.isEmpty ? field.octets : uri)
      case .unknownScheme: passedOver = passedOver ?? uri
      case .usable:
        if usable.count < maximumDestinations { usable.append(String(decoding: uri, as: UTF8.self)) }
      }
    }
    return passedOver
  }

  /// What the TXT records at `_smtp._tls` come to.
  public typealias Lookup = RecordLookup<TLSRPTRecord>

  /// Reads the answer to `question(for:)`.
  public static func found(in answer: Answer) -> Lookup { Lookup(answer) }

  /// The question that finds the record; nil for a name too long to have one.
  public static func question(for domain: DomainName) -> Question? {
    domain.prepending("_smtp._tls").map { Question($0, .txt) }
  }
}
