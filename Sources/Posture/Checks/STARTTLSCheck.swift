import DNS

extension Requirement {
  static let starttls = Requirement("mx-starttls", .encryption)
  static let starttlsInjection = Requirement("mx-starttls-injection", .encryption)
}

/// STARTTLS works at every endpoint that answers (RFC 3207).
enum STARTTLSCheck: Check {
  static let requirements: [Requirement] = [.starttls, .starttlsInjection]

  static func observe(_ facts: Facts) -> [Observation] {
    guard facts.encryption.takesMail != false else { return [] }
    return facts.endpoints.compactMap(observe)
  }

  private static func observe(_ endpoint: EndpointFacts) -> Observation? {
    var reason: String { endpoint.observation?.failure.map(text) ?? "no reason is known" }
    switch endpoint.state {
    case .tls, .unanswered, .noRoute, .pending: return nil
    case .noTLS where endpoint.observation?.injectedPlaintext == true:
      return Observation(
        .starttlsInjection, .unmet, subject: endpoint.name,
        message:
          "\(endpoint.name) sent text in the clear behind its answer to STARTTLS, so what follows cannot be trusted.",
        remedy: Remedy("Update the mail server: RFC 3207 section 4.2 has the buffer emptied before the handshake."))
    case .noTLS:
      return Observation(
        .starttls, .unmet, subject: endpoint.name, message: "STARTTLS does not work at \(endpoint.name): \(reason).",
        remedy: Remedy("Switch STARTTLS on at \(endpoint.key.serverName), with a certificate that names it."))
    case .undetermined:
      return Observation(
        .starttls, .undetermined, subject: endpoint.name,
        message: "Whether STARTTLS works at \(endpoint.name) could not be told: \(reason).",
        remedy: Remedy("See the mail server's log for the connection from this service, and do not block it."))
    }
  }

  private static func text(_ failure: ProbeFailure) -> String {
    guard let reply = failure.reply, !failure.reason.contains(reply) else { return failure.reason }
    return "\(failure.reason) (\(reply))"
  }
}
