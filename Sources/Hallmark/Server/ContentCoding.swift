/// A coding of a response's content (RFC 9110 section 8.4.1).
enum ContentCoding: Sendable {
  case identity
  case gzip

  /// Elements of Accept-Encoding that are looked at; no client sends as many.
  private static let maximumElements = 32

  /// What the caller takes best, as far as it is one of ours (RFC 9110 section 12.5.3). Without the field nothing is coded:
  /// a caller that says nothing may not be able to undo it.
  init(accepted field: String?) {
    var gzip: Int?
    var identity: Int?
    var others: Int?
    for element in (field ?? "").split(separator: ",", maxSplits: ContentCoding.maximumElements) {
      let parts = element.split(separator: ";", omittingEmptySubsequences: false).map(\.trimmed)
      guard let name = parts.first, let weight = ContentCoding.weight(parts.dropFirst()) else { continue }
      // RFC 9110 section 8.4.1.3: x-gzip is the same.
      if name.isEqualIgnoringCase("gzip") || name.isEqualIgnoringCase("x-gzip") { gzip = max(gzip ?? 0, weight) }
      if name.isEqualIgnoringCase("identity") { identity = weight }
      if name == "*" { others = weight }
    }
    let wanted = gzip ?? others ?? 0
    self = wanted > 0 && wanted >= identity ?? 0 ? .gzip : .identity
  }

  /// A quality in thousandths; 1000 where there is none; nil for what is no weight (RFC 9110 section 12.4.2).
  private static func weight(_ parameters: ArraySlice<Substring>) -> Int? {
    guard let parameter = parameters.first else { return 1000 }
    let digits = parameter.utf8.dropFirst(2)
    guard parameters.count == 1, parameter.lowercased().hasPrefix("q="), (1...5).contains(digits.count),
      let first = digits.first, first == 0x30 || first == 0x31, digits.count == 1 || digits.dropFirst().first == 0x2e
    else { return nil }
    var value = Int(first - 0x30)
    let fraction = digits.dropFirst(2)
    for place in 0..<3 {
      let digit = fraction.dropFirst(place).first ?? 0x30
      guard 0x30...0x39 ~= digit else { return nil }
      value = value * 10 + Int(digit - 0x30)
    }
    return value <= 1000 ? value : nil
  }
}

extension HTTPResponse {
  /// The answer in the coding that suits the caller. A coded representation is another one, and so has a tag of its own
  /// (RFC 9110 section 8.8.3.3).
  func coded(for fields: RequestFields) -> HTTPResponse {
    guard isCompressible else { return self }
    var response = self
    let vary = header("Vary")
    response.headers.removeAll { $0.name.isEqualIgnoringCase("Vary") }
    response.headers.append(("Vary", vary.map { "\($0), Accept-Encoding" } ?? "Accept-Encoding"))
    guard case .stream(let produce) = body, case .gzip = ContentCoding(accepted: fields.acceptEncoding) else {
      return response
    }
    response.headers.append(("Content-Encoding", "gzip"))
    response.headers = response.headers.map { field in
      guard field.name.isEqualIgnoringCase("ETag"), field.value.hasSuffix("\"") else { return field }
      return (field.name, field.value.dropLast() + "-gzip\"")
    }
    response.body = .stream { writer in
      try writer.beginCompressing()
      try await produce(writer)
      try await writer.endCompressing()
    }
    return response
  }
}
