import DNS

extension Requirement {
  static let weakCipher = Requirement("mx-weak-cipher", .encryption)
  static let weakCipherAccepted = Requirement("mx-weak-cipher-accepted", .encryption)
  static let forwardSecrecy = Requirement("mx-forward-secrecy", .encryption)
}

/// The cipher suite that an ordinary connection got (RFC 9325 sections 4.1 and 4.2), and what the server takes when it
/// is offered nothing better.
enum CipherCheck: Check {
  static let requirements: [Requirement] = [.weakCipher, .weakCipherAccepted, .forwardSecrecy]

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
      } else if let versions = endpoint.versions {
        observations += accepted(versions, at: endpoint)
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

  private static func accepted(_ versions: VersionsObservation, at endpoint: EndpointFacts) -> [Observation] {
    switch versions.weakSuites {
    case .refused?: return []
    case .accepted(let suite)?:
      return [
        Observation(
          .weakCipherAccepted, .unmet, subject: endpoint.name,
          message: "\(endpoint.name) takes \(suite.name) where it is offered nothing better: \(text(suite.weakness)).",
          remedy: Remedy(
            """
            Switch suites that are anonymous, without encryption or broken off at \(endpoint.key.serverName); in Postfix \
            smtpd_tls_exclude_ciphers = aNULL, eNULL.
            """))
      ]
    case nil:
      let reason = versions.failure.map { ": \($0.reason)" } ?? ""
      return [
        Observation(
          .weakCipherAccepted, .undetermined, subject: endpoint.name,
          message: "Whether \(endpoint.name) takes weak cipher suites could not be told\(reason).",
          remedy: Remedy("Nothing needs to be done; it will be asked again."))
      ]
    }
  }

  /// What follows for mail: who verifies offers no anonymous suite, and nobody offers one without encryption by mistake.
  private static func text(_ weakness: WeakSuite.Weakness) -> String {
    switch weakness {
    case .unencrypted: "it encrypts nothing"
    case .broken: "its cipher or its hash is broken"
    case .anonymous: "it does not prove who the server is, which matters to no sender that verifies"
    }
  }
}
