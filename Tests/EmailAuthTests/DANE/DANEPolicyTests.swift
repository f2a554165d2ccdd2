import DNS
import EmailAuth
import Testing

@Suite struct DANEPolicyTests {
  private let host: DomainName
  private let canonical: DomainName
  private let mx: Answer
  private let address = RecordData.address(.v4(IPv4Address(value: 0xc000_0201)))
  private let record = TLSAData(usage: 3, selector: 1, matchingType: 1, association: Array(repeating: 7, count: 32))

  init() throws {
    host = try #require(DomainName("mx.example.com"))
    canonical = try #require(DomainName("mx.provider.example"))
    let domain = try #require(DomainName("example.com"))
    mx = Answer(Question(domain, .mx), .found([.mx(preference: 1, exchange: host)]), security: .secure)
  }

  /// The host with an address of one family, and TLSA records where they are given.
  private func table(alias: Bool = false, tlsa: [DomainName: Answer.Outcome] = [:], port: UInt16 = 25) throws
    -> AnswerTable
  {
    var table = AnswerTable()
    let canonicalName = alias ? canonical : nil
    table[host, .a] = Answer(Question(host, .a), .found([address]), canonicalName: canonicalName, security: .secure)
    table[host, .aaaa] = Answer(Question(host, .aaaa), .noSuchType, canonicalName: canonicalName, security: .secure)
    for (base, outcome) in tlsa {
      let owner = try #require(base.prepending("_\(port)._tcp"))
      table[owner, .tlsa] = Answer(Question(owner, .tlsa), outcome, security: .secure)
    }
    return table
  }

  @Test func theExpandedNameComesFirst() throws {
    let found = Answer.Outcome.found([.tlsa(record)])
    var both = try table(alias: true, tlsa: [canonical: found, host: found])
    #expect(DANEPolicy.find(host: host, mx: mx, in: &both).baseDomain == canonical)
    var second = try table(alias: true, tlsa: [host: found])
    let policy = DANEPolicy.find(host: host, mx: mx, in: &second)
    #expect(policy.baseDomain == host)
    #expect(policy.status == .secure)
    // RFC 7672 section 2.1.3: a failure at the first is not passed over.
    var failing = try table(alias: true, tlsa: [canonical: .failure(.serverFailure), host: found])
    #expect(DANEPolicy.find(host: host, mx: mx, in: &failing).status == .bogus)
  }

  @Test(arguments: [
    (LookupFailure.bogus("expired"), DANEPolicy.Status.bogus), (.serverFailure, .bogus), (.refused, .bogus),
    (.timeout, .unknown), (.malformed, .unknown), (.internalError("shut down"), .unknown),
  ])
  func failuresAreNeverAbsence(failure: LookupFailure, status: DANEPolicy.Status) throws {
    var table = try table(tlsa: [host: .failure(failure)])
    let policy = DANEPolicy.find(host: host, mx: mx, in: &table)
    #expect(policy.status == status)
    #expect(policy.reason?.contains("TLSA records of _25._tcp.mx.example.com") == true)
  }

  @Test func asksAtThePort() throws {
    var table = try table(tlsa: [host: .found([.tlsa(record)])], port: 10025)
    #expect(DANEPolicy.find(host: host, port: 10025, mx: mx, in: &table).status == .secure)
    #expect(DANEPolicy.find(host: host, port: 25, mx: mx, in: &table).status == .none)
  }

  @Test func oneFamilyOfAddressesSuffices() throws {
    var table = try table(tlsa: [host: .found([.tlsa(record)])])
    table[host, .aaaa] = Answer(Question(host, .aaaa), .failure(.timeout), security: .indeterminate)
    #expect(DANEPolicy.find(host: host, mx: mx, in: &table).status == .secure)
    table[host, .a] = Answer(Question(host, .a), .noSuchType, security: .secure)
    #expect(DANEPolicy.find(host: host, mx: mx, in: &table).status == .unknown)
    table[host, .aaaa] = Answer(Question(host, .aaaa), .noSuchType, security: .secure)
    #expect(DANEPolicy.find(host: host, mx: mx, in: &table).status == .none)
  }

  @Test(arguments: [RecordType.a, .aaaa, .tlsa])
  func whatIsNotAtHandIsPending(type: RecordType) throws {
    var table = try table(tlsa: [host: .found([.tlsa(record)])])
    table.missing = [type]
    #expect(DANEPolicy.find(host: host, mx: mx, in: &table).status == .pending)
    #expect(Set(table.asked.map(\.type)).isSuperset(of: [.a, .aaaa]))
  }

  @Test func insecureMXKeepsTheAssociations() throws {
    var table = try table(tlsa: [host: .found([.tlsa(record)])])
    let unsigned = Answer(mx.question, mx.outcome, security: .insecure)
    let policy = DANEPolicy.find(host: host, mx: unsigned, in: &table)
    #expect(policy.status == .insecure)
    #expect(policy.usableAssociations.map(\.data) == [record])
  }

  @Test func sortsUsableFromUnusable() throws {
    func data(_ usage: UInt8, _ selector: UInt8, _ matching: UInt8, _ octets: [UInt8]) -> TLSAData {
      TLSAData(usage: usage, selector: selector, matchingType: matching, association: octets)
    }
    let digest = [UInt8](repeating: 1, count: 32)
    let unusable: [(TLSAData, TLSAAssociation.Unusable)] = [
      (data(0, 1, 1, digest), .pkixUsage), (data(1, 1, 1, digest), .pkixUsage), (data(4, 1, 1, digest), .unknownUsage),
      (data(3, 2, 1, digest), .unknownSelector), (data(3, 1, 3, digest), .unknownMatchingType),
      (data(3, 1, 2, digest), .digestLength), (data(3, 1, 1, []), .digestLength), (data(3, 1, 0, []), .malformedData),
      (data(3, 1, 0, digest), .malformedData), (data(3, 1, 0, [0x30, 0x00]), .malformedData),
      (data(3, 1, 0, [0x30, 0x84, 0xff, 0xff, 0xff, 0xff]), .malformedData),
    ]
    let records = unusable.map { RecordData.tlsa($0.0) } + [.tlsa(data(2, 0, 0, [0x30, 0x01, 0x00]))]
    var table = try table(tlsa: [host: .found(records)])
    let policy = DANEPolicy.find(host: host, mx: mx, in: &table)
    #expect(policy.usableAssociations.map(\.usage) == [.trustAnchor])
    #expect(policy.unusableRecords.map(\.reason) == unusable.map(\.1))
  }

  @Test func manyRecordsAreBounded() throws {
    let records = (0..<2000).map { number in
      RecordData.tlsa(
        TLSAData(
          usage: 3, selector: 1, matchingType: 1,
          association: [UInt8(number / 256), UInt8(number % 256)] + Array(repeating: 0, count: 30)))
    }
    var table = try table(tlsa: [host: .found(records)])
    #expect(DANEPolicy.find(host: host, mx: mx, in: &table).usableAssociations.count == DANEPolicy.maximumRecords)
  }
}
