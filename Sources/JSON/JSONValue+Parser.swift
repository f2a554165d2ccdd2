import CJansson

extension JSONValue {
  /// Parses one JSON text (RFC 8259 section 2) with nothing but white space around it.
  ///
  /// - Throws: `JSONError` for a text that is too long or too deep, that is not JSON or not UTF-8, that names a member
  ///   twice, whose numbers do not fit, or whose strings pile up combining marks.
  public init(parsing bytes: some Collection<UInt8>, limits: JSONLimits = .init()) throws(JSONError) {
    let parsed = bytes.withContiguousStorageIfAvailable { buffer in
      Result<JSONValue, JSONError> { () throws(JSONError) in try JSONValue(parsing: buffer, limits: limits) }
    }
    if let parsed {
      self = try parsed.get()
      return
    }
    let copy = Array(bytes)
    self = try copy.withUnsafeBufferPointer { buffer throws(JSONError) in
      try JSONValue(parsing: buffer, limits: limits)
    }
  }

  /// As the above; for who has the octets at one place and calls often, since it needs not be told of which type they are.
  public init(parsing bytes: UnsafeBufferPointer<UInt8>, limits: JSONLimits = .init()) throws(JSONError) {
    self = try parse(bytes, limits)
  }

  /// As `init(parsing:limits:)`, for a text.
  public init(parsing text: String, limits: JSONLimits = .init()) throws(JSONError) {
    try self.init(parsing: Array(text.utf8), limits: limits)
  }
}

private func parse(_ bytes: UnsafeBufferPointer<UInt8>, _ limits: JSONLimits) throws(JSONError) -> JSONValue {
  try check(bytes, limits)
  guard let base = bytes.baseAddress, !bytes.isEmpty else {
    throw JSONError(reason: .syntax, line: 1, column: 1, text: "there is no JSON text")
  }
  var failure = json_error_t()
  let flags = JSON_REJECT_DUPLICATES | JSON_DECODE_ANY | JSON_ALLOW_NUL
  let tree = base.withMemoryRebound(to: CChar.self, capacity: bytes.count) {
    json_loadb($0, bytes.count, Int(flags), &failure)
  }
  guard let tree else { throw JSONError(failure) }
  defer { hallmark_json_release(tree) }
  return try value(of: tree, limits)
}

/// Size, depth and NUL bytes, in one walk and before the parser, which would recurse (RFC 8259 section 9).
private func check(_ bytes: UnsafeBufferPointer<UInt8>, _ limits: JSONLimits) throws(JSONError) {
  guard bytes.count <= limits.size else {
    throw JSONError(reason: .size, line: 1, column: 1, text: "longer than \(limits.size) bytes")
  }
  var depth = 0
  var line = 1
  var lineStart = 0
  var quoted = false
  var escaped = false
  for (offset, byte) in bytes.enumerated() {
    // RFC 8259 sections 2 and 7: stands nowhere; jansson would take it for the end of the text.
    guard byte != 0 else {
      throw JSONError(reason: .syntax, line: line, column: offset - lineStart + 1, text: "a NUL byte")
    }
    if quoted {
      if escaped {
        escaped = false
      } else if byte == UInt8(ascii: "\\") {
        escaped = true
      } else {
        quoted = byte != 0x22
      }
      continue
    }
    switch byte {
    case 0x22: quoted = true
    case UInt8(ascii: "["), UInt8(ascii: "{"):
      depth += 1
      guard depth <= limits.depth else {
        let text = "nested deeper than \(limits.depth)"
        throw JSONError(reason: .depth, line: line, column: offset - lineStart + 1, text: text)
      }
    case UInt8(ascii: "]"), UInt8(ascii: "}"): depth -= 1
    case UInt8(ascii: "\n"):
      line += 1
      lineStart = offset + 1
    default: break
    }
  }
}

/// Copies jansson's tree; the depth is bounded by `check`.
private func value(of node: UnsafeMutablePointer<json_t>, _ limits: JSONLimits) throws(JSONError) -> JSONValue {
  switch hallmark_json_type(node) {
  case JSON_OBJECT: return .object(try object(of: node, limits))
  case JSON_ARRAY:
    var elements: [JSONValue] = []
    elements.reserveCapacity(json_array_size(node))
    for place in 0..<json_array_size(node) {
      if let element = json_array_get(node, place) { elements.append(try value(of: element, limits)) }
    }
    return .array(elements)
  case JSON_STRING: return .string(try text(json_string_value(node), json_string_length(node), limits))
  case JSON_INTEGER: return .integer(json_integer_value(node))
  case JSON_REAL: return .real(json_real_value(node))
  case JSON_TRUE: return .bool(true)
  case JSON_FALSE: return .bool(false)
  default: return .null
  }
}

private func object(of node: UnsafeMutablePointer<json_t>, _ limits: JSONLimits) throws(JSONError) -> JSONObject {
  var object = JSONObject()
  object.reserveCapacity(json_object_size(node))
  var place = json_object_iter(node)
  while let current = place {
    let key = try text(json_object_iter_key(current), json_object_iter_key_len(current), limits)
    if let member = json_object_iter_value(current) {
      // jansson compares bytes, and has refused those already; Swift also holds composed and decomposed for the same.
      guard object.insert(key, try value(of: member, limits)) else {
        throw JSONError(reason: .duplicate, line: 1, column: 1, text: "duplicate object key")
      }
    }
    place = json_object_iter_next(node, current)
  }
  return object
}

/// jansson has checked that it is UTF-8.
private func text(
  _ start: UnsafePointer<CChar>?, _ length: Int, _ limits: JSONLimits
) throws(JSONError) -> String {
  let text = String(decoding: UnsafeRawBufferPointer(start: start, count: start == nil ? 0 : length), as: UTF8.self)
  guard !limits.isStreamSafe || text.isStreamSafe else {
    throw JSONError(reason: .marks, line: 1, column: 1, text: "a string with too many combining marks in a row")
  }
  return text
}

extension JSONError {
  fileprivate init(_ failure: json_error_t) {
    var failure = failure
    let code = json_error_code(&failure)
    let text = withUnsafeBytes(of: &failure.text) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
    let reason: Reason =
      switch code {
      case json_error_duplicate_key: .duplicate
      case json_error_numeric_overflow: .number
      default: .syntax
      }
    self.init(reason: reason, line: max(1, Int(failure.line)), column: max(1, Int(failure.column)), text: text)
  }
}
