import CUnbound
import DNS

/// The bounds laid on what one answer may bring.
enum AnswerLimits {
  /// No record set of any use for mail is larger; a DNS message of 65,535 octets holds at most some 5,000 records.
  static let maximumRecords = 500
  /// The data of all records, in octets: RFC 1035 section 4.2.2 lets a message have no more.
  static let maximumOctets = 65_535
  /// Of the validator's reason, in characters.
  static let maximumReason = 300
  /// What libunbound gives a negative answer without an SOA record, in seconds.
  static let ttlWithoutSOA: Int32 = 32_768
}

extension Answer {
  /// What libunbound delivered, with the outcomes kept apart:
  ///
  /// - validation failed: `failure(.bogus)`, security `bogus`, whatever the response code; where it never began, because
  ///   the root's keys could not be had, `failure(.internalError)`;
  /// - NXDOMAIN: `noSuchName`; NOERROR without data: `noSuchType`; with data: `found`;
  /// - REFUSED: `failure(.refused)`; every other code: `failure(.serverFailure)`.
  ///
  /// A record that cannot be read is left out (no sender can use it either); where none can be read, or the set is
  /// beyond `AnswerLimits`, the outcome is `failure(.malformed)`, as part of a set is not evidence. The TTL of a
  /// failure is 0.
  convenience init(_ question: Question, code: Int32, result: ub_result?) {
    guard code == UB_NOERROR.rawValue, let result else {
      let failure: LookupFailure =
        code == UB_SERVFAIL.rawValue ? .serverFailure : .internalError(UnboundError.reason(code))
      self.init(question, .failure(failure), ttl: 0, security: .indeterminate)
      return
    }
    guard result.bogus == 0 else {
      let reason = Answer.reason(result.why_bogus)
      // Nothing was validated, and so nothing failed: the root's keys could not be had at all (RFC 4033 section 5,
      // indeterminate). It is what a machine without a network sees.
      let isUnreachable = Answer.unreachableAnchor.contains { reason.contains($0) }
      let failure: LookupFailure =
        isUnreachable
        ? .internalError(
          "it gets no DNSKEY records of the DNS root; a resolver that it forwards to must pass DNSSEC on")
        : .bogus(reason)
      self.init(question, .failure(failure), ttl: 0, security: isUnreachable ? .indeterminate : .bogus)
      return
    }
    let outcome = Answer.outcome(question.type, result)
    if case .failure = outcome {
      self.init(question, outcome, ttl: 0, security: .indeterminate)
      return
    }
    self.init(
      question, outcome, canonicalName: Answer.canonicalName(question, result), ttl: Answer.ttl(result),
      security: result.secure != 0 ? .secure : .insecure)
  }

  /// libunbound's words for a trust anchor whose DNSKEY records nobody gave.
  private static let unreachableAnchor = ["could not fetch DNSKEY rrset", "for trust anchor . while building"]

  private static func outcome(_ type: RecordType, _ result: ub_result) -> Outcome {
    switch (result.rcode, result.nxdomain != 0, result.havedata != 0) {
    // RFC 1035 section 4.1.1: 0 is NOERROR, 3 NXDOMAIN, 5 REFUSED.
    case (0, false, true): records(type, result)
    case (0, false, false): .noSuchType
    case (3, _, _), (0, true, _): .noSuchName
    case (5, _, _): .failure(.refused)
    default: .failure(.serverFailure)
    }
  }

  private static func records(_ type: RecordType, _ result: ub_result) -> Outcome {
    guard let data = result.data, let lengths = result.len else { return .failure(.malformed) }
    var records: [RecordData] = []
    var octets = 0
    var index = 0
    while let item = data[index] {
      let length = Int(lengths[index])
      index += 1
      guard index <= AnswerLimits.maximumRecords, length >= 0, length <= AnswerLimits.maximumOctets - octets else {
        return .failure(.malformed)
      }
      octets += length
      let rdata = [UInt8](UnsafeRawBufferPointer(start: item, count: length))
      if let record = RecordData(type: type, rdata: rdata) { records.append(record) }
    }
    return records.isEmpty ? .failure(.malformed) : .found(records)
  }

  private static func canonicalName(_ question: Question, _ result: ub_result) -> DomainName? {
    guard let text = result.canonname, let name = DomainName(String(cString: text)) else { return nil }
    return name == question.name ? nil : name
  }

  /// RFC 2308 section 5: a negative answer without an SOA record is not to be cached.
  private static func ttl(_ result: ub_result) -> UInt32 {
    if result.havedata == 0, result.ttl == AnswerLimits.ttlWithoutSOA { return 0 }
    return UInt32(clamping: result.ttl)
  }

  private static func reason(_ text: UnsafeMutablePointer<CChar>?) -> String {
    guard let text else { return "" }
    return String(String(cString: text).prefix(AnswerLimits.maximumReason))
  }
}
