import NIOHTTP1

/// An answer to a GET or HEAD request. Date, length, request id and the security headers are put in by the server.
public struct HTTPResponse: Sendable {
  public enum Body: Sendable {
    case bytes([UInt8])
    /// Written piece by piece: each `write` waits until the peer's connection has taken the piece. A thrown error
    /// breaks the connection, so that the peer sees that the body is not whole.
    case stream(@Sendable (HTTPBodyWriter) async throws -> Void)
  }

  public var status: HTTPResponseStatus
  /// In the order in which they are sent. Names are not checked; values lose their control characters.
  public var headers: [(name: String, value: String)]
  public var body: Body
  /// Whether a stream goes out compressed to who takes that (RFC 9110 section 8.4).
  public let isCompressible: Bool

  public init(
    _ status: HTTPResponseStatus = .ok, contentType: String, headers: [(name: String, value: String)] = [],
    isCompressible: Bool = false, body: Body
  ) {
    self.status = status
    self.headers = [("Content-Type", contentType)] + headers
    self.isCompressible = isCompressible
    self.body = body
  }

  public init(
    _ status: HTTPResponseStatus = .ok, contentType: String, headers: [(name: String, value: String)] = [],
    text: String
  ) {
    self.init(status, contentType: contentType, headers: headers, body: .bytes(Array(text.utf8)))
  }

  /// A refusal or failure: one line of plain text that says what to do.
  public static func failure(
    _ status: HTTPResponseStatus, _ message: String, headers: [(name: String, value: String)] = []
  ) -> HTTPResponse {
    HTTPResponse(status, contentType: "text/plain; charset=utf-8", headers: headers, text: message + "\n")
  }

  public func header(_ name: String) -> String? {
    headers.first { $0.name.isEqualIgnoringCase(name) }?.value
  }
}

extension HTTPResponse {
  /// 304 instead of this answer, where the caller has it already (RFC 9110 section 13.1.2 and 13.1.3).
  func revalidated(by fields: RequestFields) -> HTTPResponse {
    guard status == .ok else { return self }
    let etag = header("ETag")
    let lastModified = header("Last-Modified")
    guard fields.holds(etag: etag, lastModified: lastModified) else { return self }
    // RFC 9110 section 15.4.5: what a cache needs, and no body.
    let kept = headers.filter { field in
      ["etag", "last-modified", "cache-control", "vary"].contains { field.name.isEqualIgnoringCase($0) }
    }
    var response = HTTPResponse(.notModified, contentType: "", body: .bytes([]))
    response.headers = kept
    return response
  }
}

extension StringProtocol {
  /// ASCII letters in either case, everything else byte by byte (RFC 9110 section 5.1).
  func isEqualIgnoringCase(_ other: String) -> Bool {
    guard utf8.count == other.utf8.count else { return false }
    // This is asked of every field of every request.
    let isEqual = utf8.withContiguousStorageIfAvailable { left in
      other.utf8.withContiguousStorageIfAvailable { right in
        left.indices.allSatisfy { asciiLowercase(left[$0]) == asciiLowercase(right[$0]) }
      }
    }
    if let isEqual, let isEqual { return isEqual }
    return zip(utf8, other.utf8).allSatisfy { asciiLowercase($0) == asciiLowercase($1) }
  }

  /// Without the white space of RFC 9110 section 5.6.3 at either end.
  var trimmed: SubSequence {
    let isBlank = { (character: Character) in character == " " || character == "\t" }
    guard let first = firstIndex(where: { !isBlank($0) }), let last = lastIndex(where: { !isBlank($0) }) else {
      return self[startIndex..<startIndex]
    }
    return self[first...last]
  }
}

@inline(__always) private func asciiLowercase(_ byte: UInt8) -> UInt8 {
  byte &- 0x41 < 26 ? byte | 0x20 : byte
}
