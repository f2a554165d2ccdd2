import DNS

extension PairVerdict {
  /// Puts a pair together from the two records; pure, so that it costs nothing once both are known.
  public init(sender: PostureRecord, recipient: PostureRecord) {
    self.init(
      sender: sender, recipient: recipient, transport: Transport(recipient.encryption),
      verification: Verification(sender))
  }
}

extension PairVerdict.Verification {
  /// Whether a forgery of the domain would be refused: DMARC decides (RFC 9989 section 4.7), and SPF can give it away.
  init(_ record: PostureRecord) {
    let dmarc = record.verification.dmarc
    if record.verification.spf.status == .valid, record.verification.spf.all == "+" {
      self.init(grade: .none, reason: "SPF lets everyone send for \(record.domain)")
      return
    }
    switch dmarc.status {
    case .unknown: self.init(grade: .unknown, reason: "DMARC of \(record.domain) could not be found out")
    case .none: self.init(grade: .none, reason: "no DMARC policy applies to \(record.domain)")
    case .invalid: self.init(grade: .none, reason: "the DMARC record that applies to \(record.domain) is not valid")
    case .valid:
      let policy = dmarc.effectivePolicy?.rawValue ?? "none"
      if dmarc.testing == true {
        self.init(grade: .monitored, reason: "the DMARC policy that applies to \(record.domain) is a test (t=y)")
      } else if dmarc.effectivePolicy == .reject || dmarc.effectivePolicy == .quarantine {
        self.init(grade: .enforced, reason: "DMARC has receivers \(policy) what is not from \(record.domain)")
      } else {
        self.init(grade: .monitored, reason: "the DMARC policy that applies to \(record.domain) is none")
      }
    }
  }
}

extension PairVerdict.Transport {
  init(_ encryption: EncryptionPosture) {
    let hosts = encryption.hostsThatCount.map { HostTransport($0, sts: encryption.mtaSTS) }
    let (grade, mechanism, reason) = PairVerdict.Transport.grade(encryption, hosts)
    let best = hosts.filter { $0.state != .noAddress }.map(\.best)
    self.init(
      grade: grade, mechanism: mechanism,
      tls: best.contains { $0 == nil } ? nil : best.compactMap { $0 }.min(),
      hosts: encryption.hosts.map(\.host), reason: reason)
  }

  /// The grades in the order in which one hides the next: what is proved bad comes before what is not known.
  private static func grade(
    _ encryption: EncryptionPosture, _ hosts: [HostTransport]
  ) -> (PairVerdict.TransportGrade, PairVerdict.Mechanism?, String) {
    if encryption.takesMail == false { return (.undeliverable, nil, "the domain takes no mail") }
    if hosts.isEmpty { return (.unknown, nil, "where the mail goes could not be found out") }
    if hosts.allSatisfy(\.isForbidden) {
      return (
        .undeliverable, nil, "every MX host has no address, or its DANE or MTA-STS policy forbids to deliver there"
      )
    }
    let name = { (host: HostTransport) in host.host.description }
    if let host = hosts.first(where: { $0.state == .plaintext }) {
      return (.plaintext, nil, "STARTTLS does not work at \(name(host))")
    }
    if let host = hosts.first(where: { $0.state == .weak }) {
      return (.weak, nil, "\(name(host)) offers only TLS below 1.2 or a broken cipher")
    }
    if let host = hosts.first(where: { $0.state == .unknown }) {
      return (.unknown, nil, "how \(name(host)) takes mail could not be found out")
    }
    if hosts.allSatisfy(\.provesItselfByDANE) {
      return (.authenticated, .dane, "DANE authenticates every MX host")
    }
    if hosts.allSatisfy(\.provesItselfBySTS) {
      return (.authenticated, .mtaSTS, "an enforced MTA-STS policy covers every MX host, and the certificates stand")
    }
    // RFC 8461 section 2: DANE comes first, and a host may prove itself by either.
    if hosts.allSatisfy({ $0.provesItselfByDANE || $0.provesItselfBySTS }) {
      return (.authenticated, .mtaSTS, "DANE or an enforced MTA-STS policy authenticates every MX host")
    }
    return (.encrypted, nil, "TLS is offered at every MX host, and nothing stops a downgrade at some")
  }
}

extension EncryptionPosture {
  /// All hosts but those that have long answered nobody, as long as there are others.
  fileprivate var hostsThatCount: [MXHostPosture] {
    let living = hosts.filter { !$0.isDead }
    return living.contains { $0.endpoints.contains(where: \.answers) } ? living : hosts
  }
}

/// How one MX host takes mail.
private struct HostTransport {
  enum State { case tls, weak, plaintext, unknown, noAddress }

  let host: DomainName
  let state: State
  let best: TLSVersion?
  let provesItselfByDANE: Bool
  let provesItselfBySTS: Bool
  /// A sender that validates may not deliver here, or nobody can.
  let isForbidden: Bool

  init(_ posture: MXHostPosture, sts: MTASTSPosture) {
    host = posture.host
    let answering = posture.endpoints.filter(\.answers)
    let sessions = answering.compactMap(\.session)
    let versions = answering.compactMap(\.offered.last)
    best = versions.count == answering.count ? versions.min() : nil
    if posture.hasNoAddress {
      state = .noAddress
    } else if answering.contains(where: { $0.starttls == false }) {
      state = .plaintext
    } else if sessions.contains(where: \.weakCipher) || versions.contains(where: { $0 < .tls12 }) {
      state = .weak
    } else if answering.isEmpty || answering.contains(where: { $0.starttls != true }) {
      state = .unknown
    } else {
      state = .tls
    }
    let policies = HostPolicies(posture, sts: sts)
    provesItselfByDANE = policies.mandatesDANE && posture.dane.matches == true
    let certificatesStand = !sessions.isEmpty && answering.allSatisfy { $0.certificateValid == true }
    provesItselfBySTS = policies.enforcesSTS && policies.isCovered && certificatesStand
    // A sender that is turned away at one address goes on to the next (RFC 5321 section 5.1).
    isForbidden =
      posture.hasNoAddress || policies.forbidHost
      || (!answering.isEmpty && answering.allSatisfy(policies.forbid))
  }
}

/// What DANE and MTA-STS have a sender that validates insist on at one MX host.
private struct HostPolicies {
  /// There is a usable TLSA record, so that the server must match it.
  let mandatesDANE: Bool
  /// There are TLSA records, so that TLS is mandatory even where none is usable (RFC 7672 section 2.2).
  let mandatesTLS: Bool
  /// DANE comes first, and MTA-STS does not mend its failure (RFC 8461 section 2).
  let enforcesSTS: Bool
  let isCovered: Bool
  /// RFC 7672 section 2.1.3: a failing DANE look-up forbids the host. RFC 8461 section 4.1: so does a policy that does
  /// not name it.
  let forbidHost: Bool

  init(_ posture: MXHostPosture, sts: MTASTSPosture) {
    mandatesTLS = posture.dane.status == .secure
    mandatesDANE = mandatesTLS && posture.dane.usable > 0
    enforcesSTS = sts.status == .valid && sts.mode == .enforce && !mandatesDANE
    isCovered = sts.covers(posture.host)
    forbidHost = posture.dane.status == .bogus || (enforcesSTS && !isCovered)
  }

  func forbid(_ endpoint: EndpointPosture) -> Bool {
    // RFC 7672 section 2.2, RFC 8461 section 4.2: no TLS, no delivery.
    if endpoint.starttls == false { return mandatesTLS || enforcesSTS }
    // RFC 7672 section 2.2: a server that matches no usable record is not authenticated.
    if mandatesDANE { return endpoint.daneMatches == false }
    return enforcesSTS && endpoint.session != nil && endpoint.certificateValid != true
  }
}
