import Glibc
import JSON
import NIOHTTP1

/// The header fields that the server itself acts on, found in one walk.
struct RequestFields: Sendable {
  var host: String?
  var authorization: String?
  var contentType: String?
  var contentEncoding: String?
  var contentLength: Int?
  var transferEncoding: String?
  var expect: String?
  var timeout: String?
  var origin: String?
  var fetchSite: String?
  var acceptEncoding: String?
  var cookie: String?
  var ifNoneMatch: String?
  var ifModifiedSince: String?
  var isUpgrade = false

  var hasBody: Bool { transferEncoding != nil || (contentLength ?? 0) > 0 }

  init(_ head: HTTPRequestHead) throws(HTTPFailure) {
    for (name, value) in head.headers {
      // RFC 9110 section 5.5: what is not ASCII is nothing that we could act on, and must not cost time.
      guard value.isStreamSafe else { throw HTTPFailure(.badRequest, "Send field values in ASCII.", closes: true) }
      switch name.utf8.count {
      case 4 where name.isEqualIgnoringCase("host"): try RequestFields.once(&host, name, value)
      case 6 where name.isEqualIgnoringCase("cookie"): try RequestFields.once(&cookie, name, value)
      case 6 where name.isEqualIgnoringCase("expect"): try RequestFields.once(&expect, name, value)
      case 6 where name.isEqualIgnoringCase("origin"): try RequestFields.once(&origin, name, value)
      case 7 where name.isEqualIgnoringCase("upgrade"): isUpgrade = true
      case 12 where name.isEqualIgnoringCase("content-type"): try RequestFields.once(&contentType, name, value)
      case 12 where name.isEqualIgnoringCase("grpc-timeout"): try RequestFields.once(&timeout, name, value)
      case 13 where name.isEqualIgnoringCase("authorization"): try RequestFields.once(&authorization, name, value)
      // RFC 9110 section 5.3: a field with a list in it may come in several lines.
      case 13 where name.isEqualIgnoringCase("if-none-match"):
        ifNoneMatch = ifNoneMatch.map { "\($0),\(value)" } ?? value
      case 14 where name.isEqualIgnoringCase("content-length"): try length(value)
      case 14 where name.isEqualIgnoringCase("sec-fetch-site"): fetchSite = value
      case 15 where name.isEqualIgnoringCase("accept-encoding"):
        acceptEncoding = acceptEncoding.map { "\($0),\(value)" } ?? value
      case 16 where name.isEqualIgnoringCase("content-encoding"):
        try RequestFields.once(&contentEncoding, name, value)
      case 17 where name.isEqualIgnoringCase("transfer-encoding"):
        try RequestFields.once(&transferEncoding, name, value)
      case 17 where name.isEqualIgnoringCase("if-modified-since"): ifModifiedSince = value
      default: break
      }
    }
    try checkFraming(head.version)
  }

  /// A field that may stand once is refused twice: which of the two another reader obeys is anybody's guess.
  private static func once(_ field: inout String?, _ name: String, _ value: String) throws(HTTPFailure) {
    guard field == nil else { throw HTTPFailure(.badRequest, "Send \(name.lowercased()) once.", closes: true) }
    field = value
  }

  private mutating func length(_ value: String) throws(HTTPFailure) {
    // RFC 9112 section 6.3: digits alone, once, and never beside a transfer coding.
    guard contentLength == nil, value.utf8.allSatisfy({ 0x30...0x39 ~= $0 }), let number = Int(value) else {
      throw HTTPFailure(.badRequest, "Send one content-length, in digits.", closes: true)
    }
    contentLength = number
  }

  private func checkFraming(_ version: HTTPVersion) throws(HTTPFailure) {
    guard let transferEncoding else { return }
    // RFC 9112 section 6.1: both lengths, or a coding from HTTP/1.0, are how requests are smuggled.
    guard contentLength == nil, version.minor > 0 else {
      throw HTTPFailure(.badRequest, "Send either content-length or transfer-encoding.", closes: true)
    }
    guard transferEncoding.isEqualIgnoringCase("chunked") else {
      throw HTTPFailure(.notImplemented, "Send the body plain or chunked, without another coding.", closes: true)
    }
  }

  /// RFC 9110 sections 13.1.2 and 13.2.2: If-None-Match, where it is there, goes before If-Modified-Since.
  func holds(etag: String?, lastModified: String?) -> Bool {
    if let ifNoneMatch {
      guard let etag else { return false }
      let tags = ifNoneMatch.split(separator: ",", maxSplits: RequestFields.maximumTags).map(\.trimmed)
      return tags == ["*"] || tags.contains { RequestFields.opaque($0) == RequestFields.opaque(etag[...]) }
    }
    guard let ifModifiedSince, let lastModified else { return false }
    // Who was given the date sends it back as it was.
    if ifModifiedSince == lastModified { return true }
    let now = Int64(time(nil))
    // RFC 9110 section 13.1.3: a date that is none is not there.
    guard let given = HTTPDate.seconds(ifModifiedSince, now: now), let ours = HTTPDate.seconds(lastModified, now: now)
    else { return false }
    return ours <= given
  }

  private static let maximumTags = 64

  /// RFC 9110 section 8.8.3.2: the weak comparison.
  private static func opaque(_ tag: Substring) -> Substring { tag.hasPrefix("W/") ? tag.dropFirst(2) : tag }
}

/// A request that is refused before anything of ours has seen it.
struct HTTPFailure: Error {
  let response: HTTPResponse
  /// The connection cannot be trusted to be in step.
  let closes: Bool

  init(
    _ status: HTTPResponseStatus, _ message: String, headers: [(name: String, value: String)] = [], closes: Bool = false
  ) {
    response = .failure(status, message, headers: headers)
    self.closes = closes
  }
}
