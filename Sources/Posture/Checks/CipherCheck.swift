import DNS

extension Requirement {
  static let weakCipher = Requirement("mx-weak-cipher", .encryption)
  static let forwardSecrecy = Requirement("mx-forward-secrecy", .encryption)
}

/// The cipher suite that an ordinary connection got (RFC 9325 sections 4.1 and 4.2).
enum CipherCheck: Check {
  static let requirements: [Requirement] = [.weakCipher, .forwardSecrecy]

  static func observe(_ facts: Facts) -> [Observation] {
    facts.endpoints.flatMap { endpoint -> [Observation] in
      guard let session = endpoint.session else { return [] }
      var remedy: Remedy {
        Remedy(
          "Put ECDHE suites with AES-GCM or ChaCha20 first at \(endpoint.key.serverName), and switch the others off.")
      }
      var observations: [Observation] = []
      if session.weakCipher {
        observations.append(
          Observation(
            .weakCipher, .unmet, subject: endpoint.name,
            message: "\(endpoint.name) chose the broken cipher suite \(session.cipher).",
            remedy: remedy))
      }
      if !session.forwardSecrecy {
        observations.append(
          Observation(
            .forwardSecrecy, .unmet, subject: endpoint.name,
            message: "\(endpoint.name) chose \(session.cipher), which has no forward secrecy.", remedy: remedy))
      }
      return observations
    }
  }
}
