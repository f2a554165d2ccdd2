/// The fields of an MTA-STS record (RFC 8461 section 3.1), whose form a TLS-RPT record shares (RFC 8460 section 3):
///
///     record      = version 1*(field-delim field) [field-delim]
///     field-delim = *WSP ";" *WSP
///     field       = name "=" value
///     ext-name    = (ALPHA / DIGIT) *31(ALPHA / DIGIT / "_" / "-" / ".")
///     ext-value   = 1*(%x21-3A / %x3C / %x3E-7E)
///
/// Reading keeps what was there; what a field means, and whether it may be so, the kind of record decides.
struct FieldList: Hashable, Sendable {
  /// The most octets that a name has (RFC 8461 section 3.1 `sts-ext-name`, RFC 8460 section 3 `tlsrpt-ext-name`).
  static let maximumNameLength = 32

  struct Field: Hashable, Sendable {
    let name: String
    let value: ArraySlice<UInt8>
    /// The whole field as it stands.
    let octets: ArraySlice<UInt8>

    /// Whether the value is that of an extension, which holds neither "=" nor white space.
    var isExtension: Bool {
      !value.isEmpty && value.allSatisfy { Octet.isVisible($0) && $0 != UInt8(ascii: "=") }
    }
  }

  /// The fields in their order, as far as the first thing that is none.
  let fields: [Field]
  /// The first part between semicolons that is no field; empty octets where two semicolons have nothing between them.
  let fault: ArraySlice<UInt8>?
  /// The semicolon behind the version is there.
  let hasDelimiter: Bool
  /// White space stands at the end without a semicolon before it.
  let endsInWhiteSpace: Bool

  /// Reads what stands behind the version.
  init(behindVersion octets: ArraySlice<UInt8>) {
    let rest = octets.drop(while: Octet.isWhiteSpace)
    hasDelimiter = rest.first == UInt8(ascii: ";")
    let list = hasDelimiter ? rest.dropFirst() : []
    let lastOfAll = list.last { !Octet.isWhiteSpace($0) }
    endsInWhiteSpace = list.last.map(Octet.isWhiteSpace) == true && lastOfAll != nil && lastOfAll != UInt8(ascii: ";")
    var parts = list.parts(between: UInt8(ascii: ";"))
    var fields: [Field] = []
    var fault: ArraySlice<UInt8>?
    while let part = parts.next() {
      let content = TagList.trim(part, .blanks)
      // One delimiter may end the record.
      if content.isEmpty, parts.isAtEnd { break }
      guard let field = FieldList.field(content) else {
        fault = part
        break
      }
      fields.append(field)
    }
    self.fields = fields
    self.fault = fault
  }

  private static func field(_ part: ArraySlice<UInt8>) -> Field? {
    guard let equals = part.firstIndex(of: UInt8(ascii: "=")), isName(part[..<equals]) else { return nil }
    return Field(name: String(decoding: part[..<equals], as: UTF8.self), value: part[(equals + 1)...], octets: part)
  }

  /// `ext-name`, which policy lines share (RFC 8461 section 3.2 `sts-policy-ext-name`).
  static func isName(_ octets: ArraySlice<UInt8>) -> Bool {
    guard let first = octets.first, Octet.isLetterOrDigit(first), octets.count <= maximumNameLength else {
      return false
    }
    return octets.allSatisfy {
      Octet.isLetterOrDigit($0) || $0 == UInt8(ascii: "_") || $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: ".")
    }
  }
}
