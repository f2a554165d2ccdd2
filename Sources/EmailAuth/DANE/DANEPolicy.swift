import DNS

/// What DANE says of one SMTP server (RFC 7672 section 2.2), before anything is matched against what the server shows.
public struct DANEPolicy: Hashable, Sendable {
  public enum Status: String, Hashable, Sendable {
    /// Some answer is not at hand: get what the source was asked for, then ask again.
    case pending
    /// TLSA records, in an all-secure chain of look-ups from the MX record on: TLS is mandatory, and where a record is
    /// usable, authentication too. It is so also when none is usable.
    case secure
    /// As `secure`, but the MX records are not signed, so that nothing proves the host to be the domain's
    /// (RFC 7672 section 2.2.1).
    case insecure
    /// A look-up failed in the way that an attacker can bring about: the host must not be used (RFC 7672 section
    /// 2.1.3).
    case bogus
    /// No TLSA records that DNSSEC protects.
    case none
    /// It could not be found out.
    case unknown
  }

  /// A record that cannot be used, and why.
  public struct UnusableRecord: Hashable, Sendable {
    public let data: TLSAData
    public let reason: TLSAAssociation.Unusable

    public init(data: TLSAData, reason: TLSAAssociation.Unusable) {
      self.data = data
      self.reason = reason
    }
  }

  /// The most TLSA records of one RRset that are looked at. RFC 6698 sets no bound; a roll-over needs a handful.
  public static let maximumRecords = 64

  public let status: Status
  /// The TLSA base domain, below which the records were found (RFC 7672 section 2.2.3): the host, or what it is an
  /// alias of.
  public let baseDomain: DomainName?
  /// What the server's chain may be matched against, in the order the records came.
  public let usableAssociations: [TLSAAssociation]
  public let unusableRecords: [UnusableRecord]
  /// Why the status is `bogus` or `unknown`, or why records that are there do not count; a phrase without a full stop.
  public let reason: String?

  init(_ status: Status, base: DomainName? = nil, records: [TLSAData] = [], reason: String? = nil) {
    self.status = status
    baseDomain = base
    self.reason = reason
    var usable: [TLSAAssociation] = []
    var unusable: [UnusableRecord] = []
    for data in records.prefix(DANEPolicy.maximumRecords) {
      do {
        usable.append(try TLSAAssociation(data))
      } catch {
        unusable.append(UnusableRecord(data: data, reason: error))
      }
    }
    usableAssociations = usable
    unusableRecords = unusable
  }

  /// Finds the policy of a server that mail for some domain goes to.
  ///
  /// - Parameters:
  ///   - host: the MX host, or the domain itself where it has no MX record.
  ///   - port: where the server listens, 25 but in a test network.
  ///   - mx: the answer to the MX question, whose security says whether the host is the domain's. A negative one counts
  ///     for an implicit MX as a positive one does for an explicit.
  ///   - source: is asked for the host's addresses, and for TLSA records only when these are secure
  ///     (RFC 7672 section 2.2.2: name servers of unsigned zones that choke on TLSA questions must do no harm).
  public static func find(
    host: DomainName, port: UInt16 = 25, mx: Answer, in source: inout some AnswerSource
  ) -> DANEPolicy {
    let addresses = AddressAnswers(of: host, in: &source)
    return find(host: host, addresses, port: port, mx: mx, in: &source)
  }

  /// The same where the host's addresses have been asked for already.
  public static func find(
    host: DomainName, _ addresses: AddressAnswers, port: UInt16, mx: Answer, in source: inout some AnswerSource
  ) -> DANEPolicy {
    // RFC 7672 section 2.2.1: a failed MX look-up defers the mail.
    if mx.isBogus || mx.security == .bogus { return DANEPolicy(.bogus, reason: failed("MX", mx)) }
    if mx.failure != nil { return DANEPolicy(.unknown, reason: failed("MX", mx)) }
    switch TLSABase.find(host, addresses, in: &source) {
    case .pending: return DANEPolicy(.pending)
    case .failed(let status, let reason): return DANEPolicy(status, reason: reason)
    case .unprotected: return DANEPolicy(.none)
    case .candidates(let bases): return find(at: bases, port: port, mx: mx.security, in: &source)
    }
  }

  /// RFC 7671 section 7: the fully expanded name first; the next candidate only when there is nothing at the one
  /// before.
  private static func find(
    at bases: [DomainName], port: UInt16, mx: SecurityStatus, in source: inout some AnswerSource
  ) -> DANEPolicy {
    // All are asked before one is looked at, so that one pass wants them all.
    let answers = bases.map { base in
      base.prepending("_\(port)._tcp").map { (owner: $0, answer: source.answer(Question($0, .tlsa))) }
    }
    var reason: String?
    for (base, asked) in zip(bases, answers) {
      // A name that is too long for the DNS has no records.
      guard let (owner, answer) = asked else { continue }
      guard let answer else { return DANEPolicy(.pending) }
      if answer.failure != nil || answer.security == .bogus {
        return DANEPolicy(failureStatus(answer), base: base, reason: failed("TLSA", answer))
      }
      guard !answer.tlsa.isEmpty else { continue }
      // RFC 7672 section 2.2: an insecure TLSA RRset is as good as none.
      guard answer.security == .secure else {
        reason = "the TLSA records at \(owner) are not protected by DNSSEC"
        continue
      }
      let status: Status = mx == .secure ? .secure : .insecure
      return DANEPolicy(
        status, base: base, records: answer.tlsa, reason: mx == .secure ? nil : "the MX records are not signed")
    }
    return DANEPolicy(.none, reason: reason)
  }

  /// RFC 7672 section 2.1.3 takes any failed TLSA look-up for one that an attacker brought about. Of these, a failure
  /// between us and our own resolver says nothing about the zone.
  private static func failureStatus(_ answer: Answer) -> Status {
    switch answer.failure {
    case .bogus, .serverFailure, .refused, nil: .bogus
    case .timeout, .malformed, .internalError: .unknown
    }
  }

  static func failed(_ what: String, _ answer: Answer) -> String {
    "\(what) records of \(answer.question.name): \(answer.failure ?? .bogus(""))"
  }
}
