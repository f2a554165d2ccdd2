/// Why a text is no domain that Hallmark checks, and what to give instead.
public struct MailDomainError: Error, Hashable, Sendable {
  /// The raw value is the reason that callers of the interface get.
  public enum Reason: String, Hashable, Sendable, CaseIterable {
    case empty = "DOMAIN_EMPTY"
    case notUTF8 = "DOMAIN_NOT_UTF8"
    case controlCharacter = "DOMAIN_CONTROL_CHARACTER"
    case whiteSpace = "DOMAIN_WHITE_SPACE"
    case mailbox = "DOMAIN_IS_MAILBOX"
    case url = "DOMAIN_IS_URL"
    case address = "DOMAIN_IS_ADDRESS"
    case port = "DOMAIN_HAS_PORT"
    case wildcard = "DOMAIN_IS_WILDCARD"
    case underscore = "DOMAIN_HAS_UNDERSCORE"
    case invalidCharacter = "DOMAIN_INVALID_CHARACTER"
    case emptyLabel = "DOMAIN_EMPTY_LABEL"
    case labelTooLong = "DOMAIN_LABEL_TOO_LONG"
    case tooLong = "DOMAIN_TOO_LONG"
    case hyphen = "DOMAIN_HYPHEN"
    case singleLabel = "DOMAIN_SINGLE_LABEL"
    case numericTopLabel = "DOMAIN_NUMERIC_TOP_LABEL"
    case invalidInternationalName = "DOMAIN_INVALID_IDN"
    /// Memory ran out; the name may be good.
    case internalError = "DOMAIN_NOT_CONVERTED"
  }

  public let reason: Reason
  /// One sentence that says what to do. It holds nothing of the text but a domain that was itself found valid.
  public let message: String

  public init(_ reason: Reason, suggestion: MailDomain? = nil) {
    self.reason = reason
    let instead = suggestion.map { ": \($0.name)" } ?? ""
    message = reason.advice + instead + "."
  }

  init(_ reason: Reason, detail: String) {
    self.reason = reason
    message = "\(reason.advice): \(detail)."
  }
}

extension MailDomainError.Reason {
  /// What to do, without a full stop.
  fileprivate var advice: String {
    switch self {
    case .empty: "Give a domain, such as example.gov.uk"
    case .notUTF8: "Give the domain in UTF-8, or in its A-label form (xn--)"
    case .controlCharacter: "Take the control characters out of the domain, and ask for one domain at a time"
    case .whiteSpace: "Take the white space out of the domain, and ask for one domain at a time"
    case .mailbox: "Give the domain alone, which is what stands behind the @ of an e-mail address"
    case .url: "Give the domain alone, without scheme and path of a URL"
    case .address: "Give a domain instead of an IP address"
    case .port: "Give the domain alone, without a port"
    case .wildcard: "Give one domain instead of a wildcard"
    case .underscore:
      "Give the domain itself, not a name with an underscore below it, where only records of its policies live"
    case .invalidCharacter: "Use letters, digits, hyphens and dots alone"
    case .emptyLabel: "Put exactly one dot between two labels, and none before the first"
    case .labelTooLong: "Shorten the label that has more than 63 octets in its A-label form (RFC 1035 section 2.3.4)"
    case .tooLong: "Give a domain of at most 253 octets in its A-label form (RFC 1035 section 2.3.4)"
    case .hyphen:
      "Give a domain whose labels neither begin nor end with a hyphen, nor have two in third and fourth place"
    case .singleLabel: "Give a domain of two labels or more, such as example.uk"
    case .numericTopLabel: "Give a domain whose last label is not a number (RFC 3696 section 2)"
    case .invalidInternationalName: "Give a domain that IDNA 2008 allows"
    case .internalError: "Ask again later, because the domain could not be converted"
    }
  }
}
