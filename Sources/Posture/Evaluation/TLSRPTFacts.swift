import DNS
import EmailAuth

extension TLSRPTPosture {
  /// What `_smtp._tls` of the domain holds (RFC 8460 section 3).
  static func find(_ domain: DomainName, in reader: inout EvidenceReader) -> TLSRPTPosture {
    guard let question = TLSRPTRecord.question(for: domain) else {
      return TLSRPTPosture(status: .none, record: nil, rua: [], error: nil)
    }
    guard let answer = reader.answer(question) else {
      return TLSRPTPosture(status: .unknown, record: nil, rua: [], error: nil)
    }
    let lookup = TLSRPTRecord.found(in: answer)
    return TLSRPTPosture(
      status: lookup.status, record: lookup.text, rua: lookup.record?.rua ?? [], error: lookup.error?.description)
  }
}
