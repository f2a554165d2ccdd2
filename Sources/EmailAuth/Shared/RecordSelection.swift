import DNS

/// Which of the TXT records at `_mta-sts` or `_smtp._tls` is the one to read (RFC 8461 section 3.1, RFC 8460 section
/// 3).
enum RecordSelection: Hashable, Sendable {
  /// It could not be found out.
  case unknown(LookupFailure)
  /// The DNS says that there is none; other TXT records may stand there, as below a wildcard.
  case none
  case one([UInt8])
  /// More than one, so that senders take it that there is none; the first of them.
  case several(first: [UInt8])

  /// - Parameter version: the field that a record begins with, such as `v=STSv1`.
  init(_ answer: Answer, version: String) {
    if let failure = answer.failure {
      self = .unknown(failure)
      return
    }
    guard answer.security != .bogus else {
      self = .unknown(.bogus(""))
      return
    }
    var exact: [UInt8]?
    var undelimited: [UInt8]?
    for text in answer.texts {
      let record = text.joined
      guard RecordSelection.isVersion(record, version) else { continue }
      guard RecordSelection.isDelimited(record, version) else {
        undelimited = undelimited ?? record
        continue
      }
      if let exact {
        self = .several(first: exact)
        return
      }
      exact = record
    }
    // The RFCs discard what does not begin with the version and a semicolon. Where nothing else stands there, a record
    // that forgot the semicolon is one that was meant, and its owner wants to hear of it.
    self = (exact ?? undelimited).map { .one($0) } ?? .none
  }

  /// What stands behind the version.
  static func rest(_ octets: [UInt8], behind version: String) -> ArraySlice<UInt8> {
    octets[min(version.utf8.count, octets.count)...]
  }

  /// Whether a text begins with the version, in this case, and no letter or digit makes it another.
  static func isVersion(_ octets: [UInt8], _ version: String) -> Bool {
    guard octets.starts(with: version.utf8) else { return false }
    return rest(octets, behind: version).first.map { !Octet.isLetterOrDigit($0) } ?? true
  }

  /// The grammar of both RFCs allows white space before the semicolon; the rule that sifts the records leaves it
  /// out. We take the grammar, as some senders do.
  private static func isDelimited(_ octets: [UInt8], _ version: String) -> Bool {
    rest(octets, behind: version).first { !Octet.isWhiteSpace($0) } == UInt8(ascii: ";")
  }
}
