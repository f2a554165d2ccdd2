import DNS

extension EncryptionPosture {
  /// Puts together what is known of the way in; the verdict is set when a standard weighs it.
  init(route: MailRoute, hosts: [HostFacts], mtaSTS: MTASTSPosture, tlsRPT: TLSRPTPosture, at now: Timestamp) {
    self.init(
      verdict: .unknown, nullMX: route.kind == .null, implicitMX: route.kind == .implicit,
      takesMail: EncryptionPosture.takesMail(route, hosts), hosts: hosts.map { MXHostPosture($0, at: now) },
      mtaSTS: mtaSTS, tlsRPT: tlsRPT)
  }

  private static func takesMail(_ route: MailRoute, _ hosts: [HostFacts]) -> Bool? {
    switch route.kind {
    case .explicit: return true
    case .null, .none: return false
    case .unknown, .pending: return nil
    case .implicit:
      // An address without an SMTP server: the connection is refused, or the greeting says that there is none
      // (RFC 5321 section 3.1 code 554, RFC 7504 section 3 code 521). A time-out is no such proof.
      let endpoints = hosts.flatMap(\.endpoints).filter { $0.state != .noRoute }
      if endpoints.isEmpty || endpoints.contains(where: { $0.state == .pending }) { return nil }
      if endpoints.allSatisfy(\.deniesSMTP) { return false }
      return endpoints.contains { $0.state == .tls || $0.state == .noTLS } ? true : nil
    }
  }
}

extension EndpointFacts {
  /// The endpoint says itself that no SMTP server is there.
  var deniesSMTP: Bool {
    guard let failure = observation?.failure else { return false }
    switch failure.stage {
    case .connect: return failure.kind == .refused
    case .banner: return ["554", "521"].contains { failure.reply?.hasPrefix($0) == true }
    case .ehlo, .starttls, .handshake: return false
    }
  }
}

extension MXHostPosture {
  init(_ facts: HostFacts, at now: Timestamp) {
    var error: String?
    switch facts.addresses {
    case .none: error = "the host has no address"
    case .unknown(let failure): error = "its addresses could not be found out: \(failure)"
    case .found, .pending:
      if !facts.endpoints.isEmpty, !facts.answers { error = "none of its addresses answers" }
    }
    self.init(
      host: facts.host, preference: facts.preference, hasNoAddress: facts.addresses == .none,
      isDead: facts.isDead(at: now), error: error,
      dane: facts.dane,
      endpoints: facts.endpoints.map { EndpointPosture($0, at: now) })
  }
}

extension EndpointPosture {
  init(_ facts: EndpointFacts, at now: Timestamp) {
    let certificate = facts.certificate
    self.init(
      address: facts.key.address, answers: facts.answers,
      reachable: facts.state == .noRoute ? nil : facts.observation?.connected,
      starttls: facts.state == .tls ? true : facts.state == .noTLS ? false : nil,
      failure: facts.observation?.failure, session: facts.session, offered: facts.offered,
      certificateValid: certificate.map { $0.problems(at: now).isEmpty },
      certificateReason: certificate?.problems(at: now).first, daneMatches: facts.daneMatch?.matches)
  }
}

extension CertificateFacts {
  /// The moment is outside the certificate's own dates or those of its chain (RFC 5280 section 6.1.3).
  func isOutOfDate(at now: Timestamp) -> Bool { now < notBefore || now > notAfter || now > chainNotAfter }

  /// What keeps the certificate from standing, in words; empty when it does.
  func problems(at now: Timestamp) -> [String] {
    var problems: [String] = []
    if now < notBefore { problems.append("the certificate is not valid before \(notBefore)") }
    if now > notAfter {
      problems.append("the certificate expired at \(notAfter)")
    } else if now > chainNotAfter {
      problems.append("a certificate above it expired at \(chainNotAfter)")
    }
    if !chainTrusted { problems.append(chainError ?? "the chain does not end at a trusted authority") }
    if !matchesName { problems.append("no subjectAltName names the MX host") }
    return problems
  }
}
