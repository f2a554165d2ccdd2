import DNS

extension SPFEvaluator {
  /// RFC 7208 section 5: whether a mechanism matches the client.
  mutating func matches(
    _ mechanism: SPFRecord.Mechanism, _ term: SPFRecord.Term, in scope: Scope, source: inout some AnswerSource
  ) throws(Stop) -> Bool {
    switch mechanism {
    case .all: return true
    case .ip4(let network, let length): return isClient(in: .v4(network), length)
    case .ip6(let network, let length): return isClient(in: .v6(network), length)
    case .include(let target): return try includes(target, term, in: scope, source: &source)
    case .a(let target, let lengths):
      guard let name = try name(target, in: scope, source: &source) else { return false }
      let answer = try ask(Question(name, addressType), source: &source)
      if answer.isAbsent { try countVoid(term, in: scope) }
      return isClient(at: answer.addresses, lengths)
    case .mx(let target, let lengths):
      guard let name = try name(target, in: scope, source: &source) else { return false }
      return try isClientMX(of: name, lengths, term, in: scope, source: &source)
    case .ptr(let target):
      guard let name = try name(target, in: scope, source: &source) else { return false }
      return try isClientNamed(below: name, term, in: scope, source: &source)
    case .exists(let target):
      guard let name = try name(target, in: scope, source: &source) else { return false }
      // RFC 7208 section 5.7: the type is A even when the connection is made over IPv6.
      let answer = try ask(Question(name, .a), source: &source)
      if answer.isAbsent { try countVoid(term, in: scope) }
      return answer.hasAddresses
    }
  }

  /// RFC 7208 section 5.2
  private mutating func includes(
    _ target: SPFDomainSpec, _ term: SPFRecord.Term, in scope: Scope, source: inout some AnswerSource
  ) throws(Stop) -> Bool {
    let name = try expand(target, in: scope, source: &source)
    switch try check(name, source: &source).result {
    case .pass: return true
    case .none: throw .permanent(SPFError(.noRecordAtTarget, term: term.text, domain: scope.domain))
    case .fail, .softfail, .neutral, .temperror, .permerror: return false
    }
  }

  /// RFC 7208 section 5.4
  private mutating func isClientMX(
    of name: DomainName, _ lengths: SPFRecord.PrefixLengths, _ term: SPFRecord.Term, in scope: Scope,
    source: inout some AnswerSource
  ) throws(Stop) -> Bool {
    let answer = try ask(Question(name, .mx), source: &source)
    if answer.isAbsent { try countVoid(term, in: scope) }
    let exchanges = answer.spfExchanges
    var isPending = false
    // The null MX names no host (RFC 7505 section 3).
    for exchange in exchanges.prefix(SPFLimits.maximumMXNames) where !exchange.isRoot {
      do throws(Stop) {
        let addresses = try ask(Question(exchange, addressType), source: &source).addresses
        if isClient(at: addresses, lengths), !isPending { return true }
      } catch {
        guard case .pending = error else { throw isPending ? .pending : error }
        isPending = true
      }
    }
    if isPending { throw .pending }
    // RFC 7208 section 4.6.4: more than ten address look-ups for one "mx" MUST produce "permerror".
    guard exchanges.count <= SPFLimits.maximumMXNames else {
      throw .permanent(SPFError(.tooManyMXNames, term: term.text, domain: scope.domain))
    }
    return false
  }

  /// RFC 7208 section 5.5
  private mutating func isClientNamed(
    below target: DomainName, _ term: SPFRecord.Term, in scope: Scope, source: inout some AnswerSource
  ) throws(Stop) -> Bool {
    let names = try clientNames(source: &source)
    guard let names else { return false }
    if names.isEmpty { try countVoid(term, in: scope) }
    return try firstValidated(names.filter { $0.isAtOrBelow(target) }, source: &source) != nil
  }

  /// The names that the client's PTR records give, ten at most; nil when the look-up failed, which is no match
  /// (RFC 7208 section 5.5), not an error: the sender of the domain has no hand in it.
  func clientNames(source: inout some AnswerSource) throws(Stop) -> [DomainName]? {
    guard let name = SPFMacroValues.reverseName(request.address) else { return nil }
    guard let answer = source.answer(Question(name, .ptr)) else { throw .pending }
    // RFC 7208 section 4.6.4: PTR names beyond the first ten are ignored.
    return answer.failure == nil ? Array(answer.names.prefix(SPFLimits.maximumPTRNames)) : nil
  }

  /// The first name that has the client's address; one whose look-up fails is skipped (RFC 7208 section 5.5).
  func firstValidated(_ names: [DomainName], source: inout some AnswerSource) throws(Stop) -> DomainName? {
    var isPending = false
    for name in names {
      guard let answer = source.answer(Question(name, addressType)) else {
        isPending = true
        continue
      }
      if answer.addresses.contains(request.address), !isPending { return name }
    }
    if isPending { throw .pending }
    return nil
  }

  /// RFC 7208 section 5: A for an IPv4 client, AAAA for an IPv6 one.
  private var addressType: RecordType { request.address.isIPv6 ? .aaaa : .a }

  private func isClient(at addresses: [IPAddress], _ lengths: SPFRecord.PrefixLengths) -> Bool {
    let length = request.address.isIPv6 ? lengths.ip6 : lengths.ip4
    return addresses.contains { isClient(in: $0, length) }
  }

  private func isClient(in network: IPAddress, _ length: Int) -> Bool {
    switch (network, request.address) {
    case (.v4(let network), .v4(let client)):
      return length == 0 || (network.value ^ client.value) >> (32 - UInt32(length)) == 0
    case (.v6, .v6): return AddressBlock(base: network, prefixLength: length)?.contains(request.address) ?? false
    default: return false
    }
  }

  /// RFC 7208 section 5: any answer but success or "Name Error" stops with "temperror".
  private func ask(_ question: Question, source: inout some AnswerSource) throws(Stop) -> Answer {
    guard let answer = source.answer(question) else { throw .pending }
    if let failure = answer.failure { throw .temporary(failure) }
    return answer
  }
}

extension Answer {
  /// The hosts of MX records, most preferred first.
  var spfExchanges: [DomainName] {
    let records = records.compactMap { record -> (preference: UInt16, exchange: DomainName)? in
      if case .mx(let preference, let exchange) = record { (preference, exchange) } else { nil }
    }
    return records.sorted { $0.preference < $1.preference }.map(\.exchange)
  }
}
