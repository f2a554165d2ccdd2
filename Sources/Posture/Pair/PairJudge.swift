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
    let hosts = encryption.hosts.map { HostTransport($0, sts: encryption.mtaSTS) }
    let (grade, mechanism, reason) = PairVerdict.Transport.grade(encryption, hosts)
    let best = hosts.map(\.best)
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
    best = sessions.isEmpty ? nil : answering.map { $0.offered.last ?? .tls10 }.min()
    if posture.hasNoAddress {
      state = .noAddress
    } else if answering.contains(where: { $0.starttls == false }) {
      state = .plaintext
    } else if sessions.contains(where: \.weakCipher) || best.map({ $0 < .tls12 }) == true {
      state = .weak
    } else if answering.isEmpty || answering.contains(where: { $0.starttls != true }) {
      state = .unknown
    } else {
      state = .tls
    }
    let mandatory = posture.dane.status == .secure && posture.dane.usable > 0
    provesItselfByDANE = mandatory && posture.dane.matches == true
    let enforced = sts.status == .valid && sts.mode == .enforce
    let covered = sts.covers(posture.host)
    let certificatesStand = !sessions.isEmpty && answering.allSatisfy { $0.certificateValid == true }
    provesItselfBySTS = enforced && covered && certificatesStand && !mandatory
    // RFC 7672 sections 2.1.3 and 2.2: a failing DANE look-up, or records that match nothing, forbid the host; its failure is final,
    // MTA-STS does not mend it (RFC 8461 section 2).
    let isPlaintext = state == .plaintext
    let failsDANE = posture.dane.status == .bogus || (mandatory && (isPlaintext || posture.dane.matches == false))
    let failsSTS =
      enforced && !mandatory && (!covered || isPlaintext || (!sessions.isEmpty && !certificatesStand))
    isForbidden = posture.hasNoAddress || failsDANE || failsSTS
  }
}
