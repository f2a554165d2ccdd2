import DNS
import EmailAuth

extension HostFacts {
  /// Reads what is known of one exchanger, and wants what is not.
  static func find(
    _ exchanger: MailRoute.Exchanger, mx: Answer?, _ subject: Subject, in reader: inout EvidenceReader,
    judge: Judge, at now: Timestamp
  ) -> HostFacts {
    let host = exchanger.host
    let answers = AddressAnswers(of: host, in: &reader)
    let policy = mx.map { DANEPolicy.find(host: host, answers, port: subject.smtpPort, mx: $0, in: &reader) }
    let all = answers.sorted
    let found = all.prefix(maximumAddresses)
    let endpoints = found.map { address in
      let key = EndpointKey(address: address, port: subject.smtpPort, serverName: host)
      return EndpointFacts.find(key, policy, domain: subject.domain, in: &reader, judge: judge, at: now)
    }
    return HostFacts(
      host: host, preference: exchanger.preference, addresses: addresses(answers, found),
      aliasOf: [answers.a?.canonicalName, answers.aaaa?.canonicalName].lazy.compactMap(\.self).first { $0 != host },
      dane: DANEPosture(policy, endpoints), daneReason: policy?.reason, endpoints: endpoints,
      leftOut: all.count - found.count)
  }

  private static func addresses(_ answers: AddressAnswers, _ found: ArraySlice<IPAddress>) -> Addresses {
    if !found.isEmpty { return .found }
    if let failure = answers.failure { return .unknown(failure) }
    return answers.areWhole ? .none : .pending
  }
}

extension DANEPosture {
  /// What the policy and the matches at the endpoints that answered come to: one that matches nothing is enough to say so.
  init(_ policy: DANEPolicy?, _ endpoints: [EndpointFacts]) {
    let matches = endpoints.compactMap(\.daneMatch)
    self.init(
      status: DANEPosture.status(policy?.status), usable: policy?.usableAssociations.count ?? 0,
      matches: matches.isEmpty ? nil : matches.allSatisfy(\.matches))
  }

  private static func status(_ status: DANEPolicy.Status?) -> Status {
    switch status {
    case .secure?: .secure
    case .insecure?: .insecure
    case .bogus?: .bogus
    case DANEPolicy.Status.none?: .none
    case .unknown?, .pending?, nil: .unknown
    }
  }
}

extension EndpointFacts {
  static func find(
    _ key: EndpointKey, _ policy: DANEPolicy?, domain: DomainName, in reader: inout EvidenceReader, judge: Judge,
    at now: Timestamp
  ) -> EndpointFacts {
    guard let observed = reader.endpoint(key) else { return EndpointFacts(key, .pending) }
    let session = observed.value.session
    let versions = session.flatMap { reader.versions(VersionsKey(endpoint: key, best: $0.version))?.value }
    var daneMatch: DANEMatch?
    if let session { daneMatch = match(session, key, policy, domain: domain, judge: judge, at: now) }
    return EndpointFacts(
      key, state(of: observed.value), observed, versions: versions, daneMatch: daneMatch,
      // RFC 7672 section 2.2.1: without signed MX records nothing proves the host to be the domain's.
      isAuthenticatedByDANE: policy?.status == .secure && daneMatch?.matches == true)
  }

  private static func match(
    _ session: TLSSession, _ key: EndpointKey, _ policy: DANEPolicy?, domain: DomainName, judge: Judge,
    at now: Timestamp
  ) -> DANEMatch? {
    guard let policy, policy.status == .secure || policy.status == .insecure, !policy.usableAssociations.isEmpty else {
      return nil
    }
    // RFC 7672 section 3.2.2: the names that a certificate under a DANE-TA record may have.
    let names = [policy.baseDomain ?? key.serverName, key.serverName, domain].uniqued()
    return judge.matchDANE(session.chain, policy.usableAssociations.map(\.data), names, now)
  }
}

extension AddressAnswers {
  /// The addresses of both, each once. Name servers turn their order round; here it is always the same.
  var sorted: [IPAddress] {
    var addresses: [IPAddress] = []
    addresses.reserveCapacity((a?.records.count ?? 0) + (aaaa?.records.count ?? 0))
    for case .address(let address) in a?.records ?? [] { addresses.append(address) }
    for case .address(let address) in aaaa?.records ?? [] { addresses.append(address) }
    addresses.sort()
    addresses.removeRepetitions(of: \.self)
    return addresses
  }
}
