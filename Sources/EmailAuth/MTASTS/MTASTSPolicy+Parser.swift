extension MTASTSPolicy {
  /// Reads a policy (RFC 8461 section 3.2):
  ///
  ///     sts-policy-record    = sts-policy-field *WSP *(sts-policy-term sts-policy-field *WSP) [sts-policy-term]
  ///     sts-policy-field     = sts-policy-version / sts-policy-mode / sts-policy-mx / sts-policy-max-age
  ///                          / sts-policy-extension
  ///     field-delim          = ":" *WSP
  ///     sts-policy-ext-value = sts-policy-vchar [*(%x20 / sts-policy-vchar) sts-policy-vchar]
  ///     sts-policy-vchar     = %x21-7E / UTF8-2 / UTF8-3 / UTF8-4
  ///     sts-policy-term      = LF / CRLF
  ///
  /// Keys and values are case-sensitive, the order of the lines is free, unknown keys are extensions.
  public init(body: [UInt8]) throws(MTASTSError) {
    // RFC 8461 section 3.3.
    guard body.count <= MTASTSPolicy.maximumBodyLength else { throw MTASTSError(.tooLarge) }
    do { _ = try UTF8Span(validating: body.span) } catch { throw MTASTSError(.notUTF8) }
    let lines = try PolicyLines(body)
    // RFC 8461 section 3.2: a required field that is missing makes the whole invalid.
    let version = try PolicyLines.required("version", lines.version)
    guard version.value.elementsEqual("STSv1".utf8) else {
      throw MTASTSError(.unsupportedVersion, term: version.value, line: version.number)
    }
    let mode = try MTASTSPolicy.mode(try PolicyLines.required("mode", lines.mode))
    let maxAge = try MTASTSPolicy.maxAge(try PolicyLines.required("max_age", lines.maxAge))
    let patterns = try MTASTSPolicy.patterns(lines.exchangers)
    // RFC 8461 section 3.2: one mx at least, except in mode none.
    if mode != .none, patterns.isEmpty { throw MTASTSError(.missingField, term: "mx".utf8) }
    self.init(mode: mode, maxAge: maxAge, patterns: patterns)
  }

  private static func mode(_ line: PolicyLine) throws(MTASTSError) -> Mode {
    // Octets are compared: for text that is not ASCII, Swift's own comparison is not linear.
    guard let mode = Mode.allCases.first(where: { line.value.elementsEqual($0.rawValue.utf8) }) else {
      throw MTASTSError(.unknownMode, term: line.value, line: line.number)
    }
    return mode
  }

  /// `1*10(DIGIT)`, at most `maximumMaxAge`.
  private static func maxAge(_ line: PolicyLine) throws(MTASTSError) -> Int {
    guard (1...10).contains(line.value.count), line.value.allSatisfy(Octet.isDigit) else {
      throw MTASTSError(.malformedMaxAge, term: line.value, line: line.number)
    }
    let seconds = line.value.reduce(Int64(0)) { $0 * 10 + Int64($1 - UInt8(ascii: "0")) }
    guard seconds <= maximumMaxAge else { throw MTASTSError(.maxAgeTooLong, term: line.value, line: line.number) }
    return Int(seconds)
  }

  private static func patterns(_ lines: [PolicyLine]) throws(MTASTSError) -> [MTASTSPattern] {
    var patterns: [MTASTSPattern] = []
    for line in lines {
      guard let pattern = MTASTSPattern(String(decoding: line.value, as: UTF8.self)) else {
        throw MTASTSError(.malformedPattern, term: line.value, line: line.number)
      }
      patterns.append(pattern)
    }
    return patterns
  }
}

/// One key and value of a policy.
private struct PolicyLine {
  let key: String
  let value: ArraySlice<UInt8>
  /// From 1.
  let number: Int

  init(_ octets: ArraySlice<UInt8>, number: Int) throws(MTASTSError) {
    let rest = TagList.trim(octets, .blanks)
    guard !rest.isEmpty else { throw MTASTSError(.blankLine, line: number) }
    // White space may stand behind the colon and at the end, nowhere else.
    guard let colon = octets.firstIndex(of: UInt8(ascii: ":")), FieldList.isName(octets[..<colon]) else {
      throw MTASTSError(.malformedLine, term: octets, line: number)
    }
    let value = TagList.trim(octets[(colon + 1)...], .blanks)
    guard !value.isEmpty, value.allSatisfy({ $0 >= 0x20 && $0 != 0x7f }) else {
      throw MTASTSError(.malformedLine, term: octets, line: number)
    }
    key = String(decoding: octets[..<colon], as: UTF8.self)
    self.value = value
    self.number = number
  }
}

/// The lines of a policy that mean something: every `mx`, and of the others the first.
private struct PolicyLines {
  private(set) var exchangers: [PolicyLine] = []
  private(set) var version: PolicyLine?
  private(set) var mode: PolicyLine?
  private(set) var maxAge: PolicyLine?

  init(_ body: [UInt8]) throws(MTASTSError) {
    var lines = body[...].parts(between: UInt8(ascii: "\n"))
    var number = 0
    while let line = lines.next() {
      // One line end may end the policy; of nothing at all there is no line.
      if line.isEmpty, lines.isAtEnd { break }
      number += 1
      // The last line may lack its end, and a CR alone is no end.
      let isEnded = line.endIndex < body.endIndex
      let content = isEnded && line.last == UInt8(ascii: "\r") ? line.dropLast() : line
      let field = try PolicyLine(content, number: number)
      switch field.key {
      case "mx": exchangers.append(field)
      // RFC 8461 section 3.2: of duplicates other than mx, all but the first are ignored.
      case "version": version = version ?? field
      case "mode": mode = mode ?? field
      case "max_age": maxAge = maxAge ?? field
      default: break
      }
    }
  }

  static func required(_ key: String, _ line: PolicyLine?) throws(MTASTSError) -> PolicyLine {
    guard let line else { throw MTASTSError(.missingField, term: key.utf8) }
    return line
  }
}
