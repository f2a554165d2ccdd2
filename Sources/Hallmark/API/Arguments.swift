import DNS
import EmailAuth
import IDNA
import JSONRPC
import Posture

/// Turns what a caller gave into the types that the service takes; each refusal names the field and says what to do.
enum Arguments {
  /// The longest text that is kept of what an administrator enters, in octets.
  static let maximumText = 200

  static func domain(_ call: Call, _ field: String) throws(RPCError) -> MailDomain {
    try domain(call[field]?.stringValue ?? "", field)
  }

  static func domain(_ text: String, _ field: String) throws(RPCError) -> MailDomain {
    do {
      return try MailDomain(validating: text)
    } catch {
      throw RPCError(.invalidArgument, reason: error.reason.rawValue, message: error.message, field: field)
    }
  }

  /// A name that may be a single label: what stands below it is meant.
  static func branch(_ text: String?, _ field: String) throws(RPCError) -> DomainName? {
    guard let text else { return nil }
    if let name = DomainName(text), name.labels.count == 1, name.isHostName { return name }
    return try domain(text, field).name
  }

  static func domains(_ call: Call) throws(RPCError) -> [MailDomain] {
    var domains: [MailDomain] = []
    for (index, text) in (call.strings("domains") ?? []).enumerated() {
      domains.append(try domain(text, "domains[\(index)]"))
    }
    return domains
  }

  static func selectors(_ call: Call) throws(RPCError) -> [String] {
    try selectors(call.strings("selectors") ?? [])
  }

  static func selectors(_ texts: [String]) throws(RPCError) -> [String] {
    guard texts.count <= Methods.maximumSelectors else {
      throw RPCError(
        .invalidArgument, reason: "TOO_MANY_SELECTORS", message: "Give at most \(Methods.maximumSelectors) selectors.",
        field: "selectors")
    }
    var selectors: [String] = []
    for (index, text) in texts.enumerated() {
      guard let selector = DKIMSelector(text) else {
        throw RPCError(
          .invalidArgument, reason: "INVALID_SELECTOR",
          message: "Give DKIM selectors as labels with dots between them, such as s1 (RFC 6376 section 3.1).",
          field: "selectors[\(index)]")
      }
      if !selectors.contains(selector.description) { selectors.append(selector.description) }
    }
    return selectors
  }

  static func organisation(_ call: Call) throws(RPCError) -> String {
    try text(call["organisation"]?.stringValue ?? "", "organisation", mayBeEmpty: true)
  }

  static func assurance(_ call: Call) throws(RPCError) -> Assurance {
    guard let validUntil = call["validUntil"]?.stringValue.flatMap({ Timestamp($0) }) else {
      throw RPCError(
        .invalidArgument, reason: "INVALID_TIME",
        message: "Give validUntil as RFC 3339 has it, such as 2027-03-31T00:00:00Z.", field: "validUntil")
    }
    return Assurance(
      scheme: try text(call["scheme"]?.stringValue ?? "", "scheme"),
      reference: try text(call["reference"]?.stringValue ?? "", "reference"), validUntil: validUntil)
  }

  static func pageSize(_ call: Call) -> Int { Int(call["pageSize"]?.integerValue ?? Methods.defaultPage) }

  /// Whose budget a check is paid from: a token's name, else the address.
  static func payer(_ caller: CallerContext) -> String {
    caller.name.isEmpty ? CallerBudgets.key(ofAddress: caller.address) : "name " + caller.name
  }

  /// How long the caller still waits; nil: as long as it takes.
  static func remaining(_ caller: CallerContext) -> Duration? {
    caller.deadline.map { max(.zero, ContinuousClock.now.duration(to: $0)) }
  }

  static func text(_ text: String, _ field: String, mayBeEmpty: Bool = false) throws(RPCError) -> String {
    let isPrintable = text.unicodeScalars.allSatisfy { $0.value >= 0x20 && !(0x7f..<0xa0).contains($0.value) }
    guard mayBeEmpty || !text.isEmpty, text.utf8.count <= maximumText, isPrintable else {
      throw RPCError(
        .invalidArgument, reason: "INVALID_TEXT",
        message: "Give \(field) as a text of at most \(maximumText) octets without control characters.", field: field)
    }
    return text
  }
}
