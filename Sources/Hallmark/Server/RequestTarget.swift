import JSON

/// The request target (RFC 9112 section 3.2) in parts.
struct RequestTarget: Hashable, Sendable {
  /// As it came, without the query.
  let path: String
  /// As it came; nil where there is no question mark.
  let rawQuery: String?
  /// Of the absolute form, which goes before Host (RFC 9112 section 3.2.2).
  let authority: String?

  /// nil for what is neither the origin form nor the absolute form, or piles up combining marks.
  init?(_ target: String) {
    // As nearly everybody asks, told without taking it apart, and by octets: as text a long one is compared in linear time only
    // once it is known to pile up no combining marks.
    if target.utf8.elementsEqual(Router.rpcPath.utf8) {
      (path, rawQuery, authority) = (target, nil, nil)
      return
    }
    guard target.isStreamSafe else { return nil }
    var rest = target[...]
    var authority: String?
    if !rest.hasPrefix("/") {
      guard let scheme = ["http://", "https://"].first(where: { rest.prefix($0.count).isEqualIgnoringCase($0) }) else {
        return nil
      }
      rest = rest.dropFirst(scheme.count)
      let end = rest.firstIndex { $0 == "/" || $0 == "?" } ?? rest.endIndex
      authority = String(rest[..<end])
      rest = rest[end...]
    }
    self.authority = authority
    let question = rest.utf8.firstIndex(of: UInt8(ascii: "?"))
    let path = rest[..<(question ?? rest.endIndex)]
    self.path = path.isEmpty ? "/" : String(path)
    rawQuery = question.map { String(rest[rest.index(after: $0)...]) }
  }

  /// Whether a text is what Host may hold (RFC 9110 section 7.2): `uri-host [ ":" port ]`, and no empty host, which http has not
  /// (section 4.2.1).
  static func isAuthority(_ text: String) -> Bool {
    let octets = text.utf8
    let host: Substring.UTF8View
    if octets.first == UInt8(ascii: "[") {
      // RFC 3986 section 3.2.2, IP-literal.
      guard let end = octets.firstIndex(of: UInt8(ascii: "]")) else { return false }
      host = octets[..<octets.index(after: end)]
      guard host.dropFirst().dropLast().allSatisfy({ Hex.digit($0) != nil || ":.".utf8.contains($0) }) else {
        return false
      }
    } else {
      host = octets.prefix { $0 != UInt8(ascii: ":") }
      guard host.allSatisfy(isOfName) else { return false }
    }
    let rest = octets[host.endIndex...]
    guard rest.first.map({ $0 == UInt8(ascii: ":") }) ?? true else { return false }
    return !host.isEmpty && rest.dropFirst().allSatisfy { 0x30...0x39 ~= $0 }
  }

  /// RFC 3986 section 3.2.2, reg-name: unreserved, percent-encoded, sub-delims.
  private static func isOfName(_ octet: UInt8) -> Bool {
    switch octet {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), 0x30...0x39: true
    default: "-._~%!$&'()*+,;=".utf8.contains(octet)
    }
  }

  /// The parameters of a form's query; the last of one name stands; nil for a broken escape.
  var query: [String: String]? {
    guard let rawQuery else { return [:] }
    return RequestTarget.pairs(rawQuery.utf8)
  }

  /// The same of a form's body.
  static func pairs(_ octets: some Collection<UInt8>) -> [String: String]? {
    var query: [String: String] = [:]
    for pair in octets.split(separator: UInt8(ascii: "&")) {
      let parts = pair.split(separator: UInt8(ascii: "="), maxSplits: 1, omittingEmptySubsequences: false)
      guard let name = RequestTarget.decode(parts[0], plus: true),
        let value = parts.count > 1 ? RequestTarget.decode(parts[1], plus: true) : ""
      else { return nil }
      query[name] = value
    }
    return query
  }

  /// The path's segments, decoded; nil for a broken escape.
  var segments: [String]? {
    var segments: [String] = []
    for segment in path.utf8.dropFirst().split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false) {
      guard let text = RequestTarget.decode(segment, plus: false) else { return nil }
      segments.append(text)
    }
    return segments
  }

  /// RFC 3986 section 2.1; the result must be UTF-8, and such that it is compared in linear time.
  private static func decode(_ bytes: some Collection<UInt8>, plus: Bool) -> String? {
    var decoded: [UInt8] = []
    decoded.reserveCapacity(bytes.count)
    var iterator = bytes.makeIterator()
    while let byte = iterator.next() {
      switch byte {
      case UInt8(ascii: "%"):
        guard let high = iterator.next().flatMap(Hex.digit), let low = iterator.next().flatMap(Hex.digit) else {
          return nil
        }
        decoded.append(high << 4 | low)
      case UInt8(ascii: "+") where plus: decoded.append(UInt8(ascii: " "))
      default: decoded.append(byte)
      }
    }
    return String(validating: decoded, as: UTF8.self).flatMap { $0.isStreamSafe ? $0 : nil }
  }
}
