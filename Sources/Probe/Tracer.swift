import Posture

/// Sends what happens at one endpoint to the callback, where there is one.
struct Tracer: Sendable {
  let endpoint: String
  let callback: (@Sendable (TraceEvent) -> Void)?
  /// What was received of a line that has no end yet, however it is cut into packets.
  private var partial: [UInt8] = []

  init(endpoint: String, callback: (@Sendable (TraceEvent) -> Void)?) {
    self.endpoint = endpoint
    self.callback = callback
  }

  func sent(_ octets: [UInt8]) {
    guard callback != nil else { return }
    for line in octets.split(separator: UInt8(ascii: "\n")) { event(.sent, line) }
  }

  mutating func received(_ octets: [UInt8]) {
    guard callback != nil else { return }
    var rest = octets[...]
    while let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
      event(.received, partial + rest[..<end])
      partial = []
      rest = rest[(end + 1)...]
    }
    partial += rest.prefix(max(0, RemoteText.maximumLength + 1 - partial.count))
  }

  /// Shows what is left of a line that never ended.
  mutating func finish() {
    if !partial.isEmpty { event(.received, partial) }
    partial = []
  }

  func noted(_ text: @autoclosure () -> String) {
    guard let callback else { return }
    callback(TraceEvent(endpoint: endpoint, direction: .noted, text: RemoteText.escaped(text())))
  }

  private func event(_ direction: TraceEvent.Direction, _ line: some BidirectionalCollection<UInt8>) {
    let text = line.last == UInt8(ascii: "\r") ? RemoteText.escaped(line.dropLast()) : RemoteText.escaped(line)
    callback?(TraceEvent(endpoint: endpoint, direction: direction, text: text))
  }
}

extension Tracer {
  /// Shows the certificates in the order they came, and what was made of them.
  func noted(_ chain: [[UInt8]], _ facts: CertificateFacts?, at now: Timestamp) {
    guard callback != nil else { return }
    for (place, octets) in chain.enumerated() {
      let summary = Certificate(der: octets)?.withHandle(CertificateReader.summary) ?? "it cannot be read"
      noted("certificate \(place + 1): \(summary)")
    }
    guard let facts else { return noted("the server shows no certificate that can be read") }
    let names = facts.subjectNames.isEmpty ? "none" : facts.subjectNames.joined(separator: " ")
    noted("subjectAltNames: \(names)")
    let match = facts.matchesName ? "one of them names the host" : "none of them names the host"
    let days = (facts.notAfter - now) / 86_400
    let trust = facts.chainTrusted ? "the chain is trusted" : "the chain is not trusted: \(facts.chainError ?? "")"
    noted("\(match); \(days) days left; \(trust)")
  }
}
