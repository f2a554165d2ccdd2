import DNS
import EmailAuth

/// MTA-STS as senders find it: the record, the policy that it points to, and whether that fits the MX hosts (RFC 8461).
enum MTASTSFacts {
  static func find(
    _ domain: DomainName, exchangers: [DomainName], in reader: inout EvidenceReader
  ) -> MTASTSPosture {
    guard let question = MTASTSRecord.question(for: domain) else { return posture(.none) }
    guard let answer = reader.observedAnswer(question) else { return posture(.unknown) }
    let lookup = MTASTSRecord.found(in: answer.value)
    switch lookup.status {
    case .none: return posture(.none, error: lookup.error?.description)
    case .unknown: return posture(.unknown, error: lookup.error.map { "the record: \($0)" })
    case .invalid: return posture(.invalid, error: lookup.error.map { "the record: \($0)" })
    case .valid:
      return policy(domain, lookup.record?.id, exchangers, in: &reader).held(
        lookedUpAt: answer.observedAt, in: &reader)
    }
  }

  /// RFC 8461 section 3.3: the policy lives at one place of the host `mta-sts` below the domain.
  private static func policy(
    _ domain: DomainName, _ id: String?, _ exchangers: [DomainName], in reader: inout EvidenceReader
  ) -> MTASTSPosture {
    guard let host = MTASTSPolicy.host(of: domain) else {
      return posture(.invalid, id: id, error: "the policy host's name is too long")
    }
    let answers = AddressAnswers(of: host, in: &reader)
    guard answers.areWhole else { return posture(.unknown, id: id) }
    // Always in the same order, so that the policy is fetched anew when its own time is over and not before.
    let addresses = Array(answers.sorted.prefix(HostFacts.maximumAddresses))
    guard !addresses.isEmpty else {
      guard let failure = answers.failure else {
        return posture(.invalid, id: id, error: "the policy host \(host) has no address")
      }
      return posture(.unknown, id: id, error: "the policy host \(host): \(failure)")
    }
    guard let fetch = reader.policy(PolicyFetchKey(host: host, addresses: addresses)) else {
      return posture(.unknown, id: id)
    }
    return fetched(fetch.value, id, exchangers)
  }

  private static func fetched(_ fetch: PolicyFetch, _ id: String?, _ exchangers: [DomainName]) -> MTASTSPosture {
    switch fetch.outcome {
    case .failure(let failure):
      return posture(failure.kind == .temporary ? .unknown : .invalid, id: id, error: "the policy: \(failure.reason)")
    case .response(let status, let contentType, let body):
      do throws(MTASTSError) {
        try MTASTSPolicyResponse.check(status: status, contentType: contentType)
        let policy = try MTASTSPolicy(body: body)
        let covers = policy.mode == .none || exchangers.isEmpty ? nil : exchangers.allSatisfy(policy.covers)
        return MTASTSPosture(
          status: .valid, id: id, mode: policy.mode, maxAge: policy.maxAge, patterns: policy.mx,
          coversEveryMX: covers, error: nil, certificateEnd: fetch.certificateEnd)
      } catch {
        return posture(error.isTemporary ? .unknown : .invalid, id: id, error: "the policy: \(error)")
      }
    }
  }

  private static func posture(
    _ status: RecordStatus, id: String? = nil, error: String? = nil
  ) -> MTASTSPosture {
    MTASTSPosture(
      status: status, id: id, mode: nil, maxAge: nil, patterns: [], coversEveryMX: nil, error: error)
  }
}

extension MTASTSPosture {
  /// The posture, with what is known of the policy that stood under the same id before; the mark of it goes on to the
  /// next judgement.
  ///
  /// RFC 8461 section 3.3: a sender that has a policy fetches it again when the id changes. While one is being published
  /// the new policy stands under the old id for a moment, so that only a record that was looked up later than the change was
  /// seen proves anything.
  fileprivate func held(lookedUpAt: Timestamp, in reader: inout EvidenceReader) -> MTASTSPosture {
    guard status == .valid, let id else { return self }
    let content = PolicyMark.digest(mode: mode?.rawValue ?? "", maxAge: maxAge ?? 0, patterns: patterns)
    var mark = PolicyMark(id: id, content: content)
    if let known = reader.policyMark, known.id == id {
      mark = known
      if known.content != content {
        mark = PolicyMark(id: id, content: content, changedAt: lookedUpAt)
      }
    }
    reader.keep(mark)
    var posture = self
    posture.changedUnderID = mark.changedAt.map { lookedUpAt > $0 } ?? false
    return posture
  }

  /// Whether the policy admits the host (RFC 8461 section 4.1).
  func covers(_ host: DomainName) -> Bool {
    patterns.contains { MTASTSPattern($0)?.matches(host) == true }
  }
}
