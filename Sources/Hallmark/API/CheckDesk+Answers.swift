import IDNA
import JSONRPC
import Posture

/// What the doors of the service ask the desk for.
extension CheckDesk {
  /// A posture record as JSON: the stored bytes where they fit, otherwise judged or looked at.
  func record(_ request: CheckRequest, within limit: Duration? = nil) async throws(RPCError) -> [UInt8] {
    let standard = try standard(request.standard)
    let isPlain = request.selectors.isEmpty && standard.identity == standards.preferred.identity
    if isPlain, request.maxAge == nil, let bytes = keeper?.freshRecord(request.domain.name) { return bytes }
    let examination = try await examination(request, within: limit)
    let record = examination.record(by: standard)
    return record.json(stale: false, revision: keeper?.revision(of: request.domain.name) ?? 0).serialized()
  }

  /// Whether mail from one domain to the other would be secure; both are looked at beside each other.
  func pair(
    sender: MailDomain, recipient: MailDomain, maxAge: Int64?, standard name: String?, payer: String? = nil,
    within limit: Duration? = nil
  ) async throws(RPCError) -> PairVerdict {
    let standard = try standard(name)
    let records = try await records(
      sender: sender, recipient: recipient, maxAge: maxAge, standard: standard, payer: payer, within: limit)
    return PairVerdict(sender: records.sender, recipient: records.recipient)
  }

  /// The records of both, looked at beside each other.
  func records(
    sender: MailDomain, recipient: MailDomain, maxAge: Int64?, standard: Standard, payer: String? = nil,
    within limit: Duration? = nil
  ) async throws(RPCError) -> (sender: PostureRecord, recipient: PostureRecord) {
    async let first = outcome(CheckRequest(domain: sender, maxAge: maxAge, payer: payer), within: limit)
    async let second = outcome(CheckRequest(domain: recipient, maxAge: maxAge, payer: payer), within: limit)
    let (senderOutcome, recipientOutcome) = await (first, second)
    return (try senderOutcome.get().record(by: standard), try recipientOutcome.get().record(by: standard))
  }

  private func outcome(_ request: CheckRequest, within limit: Duration?) async -> Result<Examination, RPCError> {
    do {
      return .success(try await examination(request, within: limit))
    } catch {
      return .failure(error)
    }
  }
}
