import DNS

extension Requirement {
  static let tls12 = Requirement("mx-tls12", .encryption)
  static let tlsOld = Requirement("mx-tls-old", .encryption)
  static let tls13 = Requirement("mx-tls13", .encryption)
}

/// TLS 1.2 or better is offered, and what RFC 8996 deprecates is not.
enum TLSVersionCheck: Check {
  static let requirements: [Requirement] = [.tls12, .tlsOld, .tls13]

  static func observe(_ facts: Facts) -> [Observation] {
    facts.endpoints.flatMap(observe)
  }

  private static func observe(_ endpoint: EndpointFacts) -> [Observation] {
    guard let highest = endpoint.offered.last else { return [] }
    let host = endpoint.key.serverName
    var observations: [Observation] = []
    // RFC 8996 section 4, RFC 9325 section 3.1.1.
    let old = endpoint.offered.prefix { $0 < .tls12 }.map(\.rawValue)
    if highest < .tls12 {
      observations.append(
        Observation(
          .tls12, .unmet, subject: endpoint.name,
          message: "\(endpoint.name) offers no TLS 1.2 or better, \(highest.rawValue) at the most.",
          remedy: Remedy("Switch TLS 1.2 and TLS 1.3 on at \(host).")))
    }
    if !old.isEmpty {
      observations.append(
        Observation(
          .tlsOld, .unmet, subject: endpoint.name,
          message: "\(endpoint.name) still offers \(old.joined(separator: " and ")).",
          remedy: Remedy("Switch TLS 1.0 and TLS 1.1 off at \(host).")))
    } else if let versions = endpoint.versions, versions.open.contains(where: { $0 < .tls12 }) {
      let reason = versions.failure.map { ": \($0.reason)" } ?? ""
      observations.append(
        Observation(
          .tlsOld, .undetermined, subject: endpoint.name,
          message: "Whether \(endpoint.name) still offers TLS 1.0 or 1.1 could not be told\(reason).",
          remedy: Remedy("Nothing needs to be done; it will be asked again.")))
    }
    if highest < .tls13 {
      observations.append(
        Observation(
          .tls13, .unmet, subject: endpoint.name, message: "\(endpoint.name) does not offer TLS 1.3.",
          remedy: Remedy("Switch TLS 1.3 on at \(host).")))
    }
    return observations
  }
}
