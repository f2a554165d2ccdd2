import DNS

extension Requirement {
  static let certificateDates = Requirement("mx-certificate-dates", .encryption)
  static let certificateChain = Requirement("mx-certificate-chain", .encryption)
  static let certificateName = Requirement("mx-certificate-name", .encryption)
  static let certificateEndsSoon = Requirement("mx-certificate-ends-soon", .encryption)
}

/// The certificate is in date, chains to a trusted authority, and names the MX host (RFC 5280 section 6.1, RFC 9525 section 6),
/// unless a DANE record stands in its place (RFC 7672 section 3.1).
enum CertificateCheck: Check {
  static let requirements: [Requirement] = [
    .certificateDates, .certificateChain, .certificateName, .certificateEndsSoon,
  ]

  static func observe(_ facts: Facts) -> [Observation] {
    facts.endpoints.flatMap { endpoint -> [Observation] in
      guard endpoint.session != nil, !endpoint.isAuthenticatedByDANE else { return [] }
      guard let certificate = endpoint.certificate else {
        return [
          Observation(
            .certificateChain, .unmet, subject: endpoint.name,
            message: "\(endpoint.name) shows no certificate: the cipher suite is anonymous.",
            remedy: Remedy(
              "Install a certificate that names \(endpoint.key.serverName), and switch anonymous suites off."))
        ]
      }
      return observe(certificate, endpoint, at: facts.now)
    }
  }

  private static func observe(_ certificate: CertificateFacts, _ endpoint: EndpointFacts, at now: Timestamp)
    -> [Observation]
  {
    let host = endpoint.key.serverName
    var observations: [Observation] = []
    if certificate.isOutOfDate(at: now) {
      observations.append(
        Observation(
          .certificateDates, .unmet, subject: endpoint.name,
          message: "At \(endpoint.name) \(certificate.problems(at: now)[0]).",
          remedy: Remedy("Renew the certificate of \(host).")))
    } else if EndNotice.certificate.isDue(certificate.end, at: now) {
      observations.append(
        Observation(
          .certificateEndsSoon, .unmet, subject: endpoint.name,
          message: "The certificate of \(endpoint.name) ends at \(certificate.end).",
          remedy: Remedy("Renew the certificate of \(host) before then.")))
    }
    if !certificate.chainTrusted {
      let reason = certificate.chainError.map { " (\($0))" } ?? ""
      observations.append(
        Observation(
          .certificateChain, .unmet, subject: endpoint.name,
          message: "The certificate of \(endpoint.name) does not chain to a trusted authority\(reason).",
          remedy: Remedy("Install a certificate of a public authority at \(host), with its intermediates.")))
    }
    if !certificate.matchesName {
      observations.append(
        Observation(
          .certificateName, .unmet, subject: endpoint.name,
          message: "No subjectAltName in the certificate of \(endpoint.name) names \(host).",
          remedy: Remedy("Have \(host) put into the certificate's subjectAltName.")))
    }
    return observations
  }
}
