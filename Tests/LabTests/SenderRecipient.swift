import Foundation
import JSON
import Testing

/// A recipient of the lab, or of Tests/Lab/senderkit besides.
struct SenderRecipient: Sendable, CustomTestStringConvertible {
  let domain: String
  let why: String
  /// It has an MTA-STS policy, or the makings of one.
  let hasPolicy: Bool

  var testDescription: String { "\(domain): \(why)" }

  static let all: [SenderRecipient] = {
    // Of the lab's domains, those that expect nothing of their record belong to tests of their own.
    let domains = Lab.domainFiles.flatMap { Lab.described(by: "domains/\($0)") }.filter { $0["expect"] != nil }
    return (domains + Lab.described(by: "senderkit/recipients.json")).compactMap(SenderRecipient.init)
  }()

  private init?(_ json: JSONValue) {
    guard let domain = json["domain"]?.stringValue else { return nil }
    self.domain = domain
    why = json["why"]?.stringValue ?? ""
    hasPolicy = json["policy"] != nil
  }
}

/// What Postfix did with one message, as its log says.
struct SenderDelivery: Sendable {
  enum Channel: Hashable, Sendable {
    /// trust: what Postfix calls it, from Anonymous to Verified; version as TLSv1 to TLSv1.3.
    case tls(trust: String, version: String)
    case plain
    /// It did not come to a MAIL command.
    case none
  }

  let status: String
  let relay: String
  let reason: String
  let channel: Channel

  init(_ json: JSONValue) {
    func text(_ key: String, of value: JSONValue) -> String { value[key]?.stringValue ?? "" }
    let relay = text("relay", of: json)
    status = text("status", of: json)
    reason = text("reason", of: json)
    self.relay = relay
    // What the scripted servers make of MAIL does not matter: the channel is chosen by then.
    guard status == "sent" || reason.contains("in reply to MAIL FROM") else {
      channel = .none
      return
    }
    let session = json["tls"]?.arrayValue?.last {
      relay.hasPrefix("\(text("host", of: $0))[\(text("address", of: $0))]")
    }
    channel = session.map { .tls(trust: text("trust", of: $0), version: text("version", of: $0)) } ?? .plain
  }

  var isVerified: Bool {
    if case .tls("Verified", _) = channel { return true }
    return false
  }

  /// The server answered, and would not talk.
  var isTurnedAway: Bool { reason.contains("refused to talk to me") }
}

/// One address of one MX host, and what came of sending there alone, by level.
struct SenderRoute: Sendable {
  let host: String
  let may: SenderDelivery
  let dane: SenderDelivery
  let secure: SenderDelivery
  /// nil where there is no resolver of policies.
  let sts: SenderDelivery?

  init?(_ json: JSONValue) {
    let levels = ["may", "dane", "secure"].compactMap { json["levels"]?[$0].map(SenderDelivery.init) }
    guard levels.count == 3 else { return nil }
    host = json["host"]?.stringValue ?? ""
    may = levels[0]
    dane = levels[1]
    secure = levels[2]
    sts = json["levels"]?["sts"].map(SenderDelivery.init)
  }
}
