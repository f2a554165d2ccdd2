/// What is asked of the DNS: a name and a type, always in class IN.
public struct Question: Hashable, Sendable {
  public let name: DomainName
  public let type: RecordType

  public init(_ name: DomainName, _ type: RecordType) {
    self.name = name
    self.type = type
  }
}

extension Question: CustomStringConvertible {
  public var description: String { "\(name) \(type.mnemonic)" }
}

/// What DNSSEC says of an answer (RFC 4033 section 5).
public enum SecurityStatus: String, Hashable, Sendable {
  /// A chain of signatures from the trust anchor holds; of a negative answer, the proof of absence does.
  case secure
  /// A signed proof that the zone is not signed.
  case insecure
  /// A signature that should hold does not; the answer must not be used.
  case bogus
  /// No answer came, so nothing is known.
  case indeterminate
}

/// Why the DNS gave no answer. None of these says anything about whether the name exists.
public enum LookupFailure: Hashable, Sendable {
  case timeout
  case serverFailure
  case refused
  /// DNSSEC validation failed; the text is the validator's reason.
  case bogus(String)
  /// The answer came and could not be read.
  case malformed
  /// The resolver itself could not work (no memory, shut down).
  case internalError(String)
}

extension LookupFailure: CustomStringConvertible {
  /// A phrase for people, without a full stop.
  public var description: String {
    switch self {
    case .timeout: "the look-up timed out"
    case .serverFailure: "the name servers answered SERVFAIL"
    case .refused: "the name servers refused to answer"
    case .bogus(let reason): "DNSSEC validation failed" + (reason.isEmpty ? "" : " (\(reason))")
    case .malformed: "the answer could not be read"
    case .internalError(let reason): "the resolver could not work (\(reason))"
    }
  }
}

/// The answer to one question, with everything that evidence needs: what came, how sure it is, and how long it holds.
///
/// A reference to what never changes, since a judgement hands answers on dozens of times.
public final class Answer: Equatable, Sendable {
  /// The closed set of outcomes. "Could not find out" is never one of the two kinds of absence.
  public enum Outcome: Hashable, Sendable {
    /// At least one record of the type asked for.
    case found([RecordData])
    /// The name does not exist, nor anything below it (NXDOMAIN; RFC 2308 section 2.1, RFC 8020 section 2).
    case noSuchName
    /// The name exists and has no record of this type (NODATA; RFC 2308 section 2.2).
    case noSuchType
    case failure(LookupFailure)
  }

  public let question: Question
  public let outcome: Outcome
  /// The name at the end of the CNAME chain, where it is not the name asked for.
  public let canonicalName: DomainName?
  /// How long the answer holds, in seconds, as the resolver says it; for a negative answer from the SOA (RFC 2308 section 5).
  public let ttl: UInt32
  public let security: SecurityStatus

  public init(
    _ question: Question, _ outcome: Outcome, canonicalName: DomainName? = nil, ttl: UInt32 = 3600,
    security: SecurityStatus = .insecure
  ) {
    self.question = question
    self.outcome = outcome
    self.canonicalName = canonicalName
    self.ttl = ttl
    self.security = security
  }

  public static func == (lhs: Answer, rhs: Answer) -> Bool {
    lhs === rhs
      || (lhs.question, lhs.outcome, lhs.canonicalName, lhs.ttl, lhs.security)
        == (rhs.question, rhs.outcome, rhs.canonicalName, rhs.ttl, rhs.security)
  }

  /// The records; empty for every outcome but `found`.
  public var records: [RecordData] {
    if case .found(let records) = outcome { records } else { [] }
  }

  public var failure: LookupFailure? {
    if case .failure(let failure) = outcome { failure } else { nil }
  }

  /// Whether the DNS said that there is no such record, by either kind of absence.
  public var isAbsent: Bool { outcome == .noSuchName || outcome == .noSuchType }

  /// Whether validation failed, as apart from any other failure.
  public var isBogus: Bool {
    if case .failure(.bogus) = outcome { true } else { false }
  }

  /// The addresses among the records, in the order they came.
  public var addresses: [IPAddress] {
    records.compactMap { if case .address(let address) = $0 { address } else { nil } }
  }

  /// Whether there is an address among the records.
  public var hasAddresses: Bool {
    records.contains { if case .address = $0 { true } else { false } }
  }

  /// The TXT records, in the order they came.
  public var texts: Texts { Texts(records) }

  /// Inlinable, so that whoever walks the TXT records makes no list of them.
  public struct Texts: Sequence, IteratorProtocol, Sendable {
    @usableFromInline let records: [RecordData]
    @usableFromInline var place = 0

    init(_ records: [RecordData]) { self.records = records }

    @inlinable public mutating func next() -> TXTData? {
      while place < records.count {
        place += 1
        if case .txt(let text) = records[place - 1] { return text }
      }
      return nil
    }
  }

  /// The TLSA records, in the order they came.
  public var tlsa: [TLSAData] {
    records.compactMap { if case .tlsa(let data) = $0 { data } else { nil } }
  }

  /// The names that CNAME, NS or PTR records hold.
  public var names: [DomainName] {
    records.compactMap { if case .name(let name) = $0 { name } else { nil } }
  }
}
