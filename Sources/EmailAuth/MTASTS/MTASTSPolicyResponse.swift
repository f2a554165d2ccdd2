/// Which answers to the fetch of a policy bring one (RFC 8461 section 3.3).
public enum MTASTSPolicyResponse {
  /// The only status that counts (RFC 8461 section 3.3); redirects must not be followed.
  public static let acceptedStatus = 200

  /// Judges status and Content-Type, before the body is looked at.
  ///
  /// - Parameters:
  ///   - status: of the response; only 200 brings a policy.
  ///   - contentType: the value of the header field; nil where there is none.
  /// - Throws: an error whose `isTemporary` says whether the host may have a policy all the same, as with 503.
  public static func check(status: Int, contentType: String?) throws(MTASTSError) {
    guard status == acceptedStatus else { throw MTASTSError(.httpStatus(status)) }
    // RFC 8461 section 3.2: a host that lets strangers store pages or pictures must not let them publish a policy.
    guard let contentType, isPlainText(contentType) else {
      throw MTASTSError(.contentType, term: (contentType ?? "").utf8)
    }
  }

  /// `type "/" subtype` in any case, then the end or parameters (RFC 9110 section 8.3.1). They mean nothing here:
  /// the body must be UTF-8 anyhow.
  private static func isPlainText(_ contentType: String) -> Bool {
    var parts = Array(contentType.utf8)[...].parts(between: UInt8(ascii: ";"))
    return parts.next().map { Octet.isName(TagList.trim($0, .blanks), "text/plain") } ?? false
  }
}
