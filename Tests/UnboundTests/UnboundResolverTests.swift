import DNS
import Foundation
import Synchronization
import Testing

@testable import Unbound

private func name(_ text: String) throws -> DomainName { try #require(DomainName(text)) }

private func forwarding(
  to port: UInt16, at address: String = "127.0.0.1", anchor: TrustAnchor = .system
) throws -> UnboundConfiguration {
  let address = try #require(IPAddress(address))
  return UnboundConfiguration(upstream: .forward([.init(address, port: port)]), trustAnchor: anchor)
}

private func forwarding(to server: LoopbackNameServer) throws -> UnboundConfiguration {
  try forwarding(to: server.port, at: LoopbackNameServer.address, anchor: .file(server.trustAnchor))
}

@Suite struct `Local data` {
  struct Case: CustomTestStringConvertible, Sendable {
    let name: String
    let type: RecordType
    let outcome: Answer.Outcome
    var testDescription: String { "\(name) \(type.mnemonic)" }
  }

  static let records = [
    "example.lab. 300 IN TXT \"one\" \"two\"", "example.lab. 300 IN A 192.0.2.7",
    "example.lab. 300 IN AAAA 2001:db8::7",
    "example.lab. 300 IN MX 0 .",
  ]

  static let cases: [Case] = [
    .init(
      name: "Example.LAB", type: .txt,
      outcome: .found([.txt(TXTData(strings: [Array("one".utf8), Array("two".utf8)]))])),
    .init(name: "example.lab", type: .mx, outcome: .found([.mx(preference: 0, exchange: .root)])),
    .init(name: "example.lab", type: .a, outcome: .found([.address(.v4(IPv4Address(value: 0xc000_0207)))])),
    .init(name: "example.lab", type: .tlsa, outcome: .noSuchType),
    .init(name: "other.example.lab", type: .a, outcome: .noSuchName),
  ]

  @Test(arguments: cases) func answers(_ test: Case) async throws {
    let resolver = try UnboundResolver(forwarding(to: 9))
    try resolver.context.addLocalZone("lab.", records: Self.records)
    let answer = await resolver.lookUp(Question(try name(test.name), test.type))
    #expect(answer.outcome == test.outcome)
    #expect(answer.security == .insecure)
    #expect(answer.canonicalName == nil)
  }

  @Test func `more records than the bound are no answer`() async throws {
    let resolver = try UnboundResolver(forwarding(to: 9))
    let records = (0...AnswerLimits.maximumRecords).map { "many.lab. 300 IN A 10.0.\($0 / 256).\($0 % 256)" }
    try resolver.context.addLocalZone("lab.", records: records)
    let answer = await resolver.lookUp(Question(try name("many.lab"), .a))
    #expect(answer.outcome == .failure(.malformed))
  }

  @Test func `every look-up is traced`() async throws {
    let traced = Mutex<[Question]>([])
    let resolver = try UnboundResolver(forwarding(to: 9)) { question, _, _ in traced.withLock { $0.append(question) } }
    try resolver.context.addLocalZone("lab.", records: Self.records)
    let question = Question(try name("example.lab"), .a)
    _ = await resolver.lookUp(question)
    #expect(traced.withLock { $0 } == [question])
  }
}

@Suite(.serialized) struct `A signed tree` {
  struct Case: CustomTestStringConvertible, Sendable {
    let name: String
    let type: RecordType
    let outcome: Answer.Outcome
    let security: SecurityStatus
    var canonicalName: String?
    /// When it is fresh; nil: not looked at.
    var ttl: UInt32?
    var testDescription: String { "\(name) \(type.mnemonic)" }
  }

  static let cases: [Case] = [
    .init(
      name: "signed.example", type: .txt,
      outcome: .found([.txt(TXTData(strings: [Array("v=spf1 ".utf8), Array("-all".utf8)]))]), security: .secure,
      ttl: 120),
    // The ceiling on TTLs holds.
    .init(
      name: "signed.example", type: .mx,
      outcome: .found([.mx(preference: 10, exchange: DomainName("mx.signed.example") ?? .root)]), security: .secure,
      ttl: 86_400),
    .init(name: "signed.example", type: .aaaa, outcome: .noSuchType, security: .secure, ttl: 77),
    .init(name: "gone.example", type: .a, outcome: .noSuchName, security: .secure, ttl: 77),
    .init(
      name: "alias.example", type: .txt,
      outcome: .found([.txt(TXTData(strings: [Array("v=spf1 ".utf8), Array("-all".utf8)]))]), security: .secure,
      canonicalName: "signed.example", ttl: 60),
    .init(name: "alias.example", type: .aaaa, outcome: .noSuchType, security: .secure, canonicalName: "signed.example"),
    .init(name: "lost.example", type: .a, outcome: .noSuchName, security: .secure, canonicalName: "gone.example"),
    .init(name: "unsigned.example", type: .txt, outcome: .found([.txt(TXTData("unsigned"))]), security: .insecure),
    .init(name: "unsigned.example", type: .mx, outcome: .noSuchType, security: .insecure, ttl: 77),
    .init(name: "below.unsigned.example", type: .mx, outcome: .noSuchName, security: .insecure, ttl: 77),
    .init(
      name: "spaced\\032name.example", type: .txt, outcome: .found([.txt(TXTData("escaped"))]), security: .secure),
    .init(
      name: "test", type: .txt, outcome: .found([.txt(TXTData("not answered by the library itself"))]),
      security: .secure),
    .init(name: ".", type: .ns, outcome: .found([.name(DomainName("ns") ?? .root)]), security: .secure),
  ]

  @Test func `every kind of answer is told apart`() async throws {
    try await LoopbackNameServer.run { server in
      let resolver = try UnboundResolver(forwarding(to: server))
      let start = ContinuousClock.now
      try await waitUntilAnswering(resolver)
      for test in Self.cases {
        let answer = await resolver.lookUp(Question(try name(test.name), test.type))
        #expect(answer.outcome == test.outcome, "\(test.testDescription)")
        #expect(answer.security == test.security, "\(test.testDescription)")
        #expect(answer.canonicalName == test.canonicalName.flatMap { DomainName($0) }, "\(test.testDescription)")
        // What came with an earlier answer is as old as the test at the most, and never older.
        let age = UInt32((ContinuousClock.now - start) / .seconds(1)) + 1
        guard let ttl = test.ttl else { continue }
        #expect((ttl - min(ttl, age)...ttl).contains(answer.ttl), "\(test.testDescription): \(answer.ttl)")
      }
      let bogus = await resolver.lookUp(Question(try name("broken.example"), .txt))
      #expect(bogus.isBogus && bogus.security == .bogus, "\(bogus)")
      #expect(bogus.failure?.description.contains("signature") == true, "\(bogus)")
    }
  }

  @Test func `a forced look-up does not see the cache`() async throws {
    try await LoopbackNameServer.run { server in
      let resolver = try UnboundResolver(forwarding(to: server))
      try await waitUntilAnswering(resolver)
      let question = Question(try name("signed.example"), .txt)
      _ = await resolver.lookUp(question)
      try await Task.sleep(for: .milliseconds(2100))
      let cached = await resolver.lookUp(question)
      let fresh = await (try resolver.uncached()).lookUp(question)
      #expect(cached.ttl <= 118)
      #expect(fresh.ttl >= 119 && fresh.security == .secure)
    }
  }

  @Test func `fifty resolvers come and go under load`() async throws {
    try await LoopbackNameServer.run { server in
      let resolver = try UnboundResolver(forwarding(to: server))
      try await waitUntilAnswering(resolver)
      let questions = try ["signed.example", "alias.example", "gone.example", "unsigned.example"].map {
        Question(try name($0), .txt)
      }
      let started = ContinuousClock.now
      let secure = try await withThrowingTaskGroup(of: Int.self) { group in
        for index in 0..<50 {
          group.addTask {
            let fresh = try resolver.uncached()
            // Every fifth is released while its look-ups are still under way.
            if index % 5 == 0 {
              let abandoned = Task { await fresh.lookUp(questions[0]) }
              abandoned.cancel()
              _ = await abandoned.value
              return 0
            }
            var secure = 0
            for question in questions where await fresh.lookUp(question).security == .secure { secure += 1 }
            return secure
          }
          for question in questions { group.addTask { await resolver.lookUp(question).failure == nil ? 0 : 1000 } }
        }
        return try await group.reduce(0, +)
      }
      #expect(secure == 40 * 3)
      #expect(await resolver.lookUp(questions[0]).security == .secure)
      print("suite fifty resolvers: \(ContinuousClock.now - started)")
    }
  }

  /// Between listening and reading its zones NSD takes a moment.
  private func waitUntilAnswering(_ resolver: UnboundResolver) async throws {
    let start = ContinuousClock.now
    while await (try resolver.uncached()).lookUp(Question(.root, .soa)).failure != nil {
      try #require(ContinuousClock.now - start < .seconds(60), "NSD does not answer")
      try await Task.sleep(for: .milliseconds(50))
    }
  }
}

@Suite struct Failures {
  @Test func `a server that is silent is a time-out`() async throws {
    let silent = try DatagramSocket()
    var configuration = try forwarding(to: silent.port)
    configuration.lookupTimeout = .milliseconds(300)
    let resolver = try UnboundResolver(configuration)
    let started = ContinuousClock.now
    let answer = await resolver.lookUp(Question(try name("example.org"), .a))
    #expect(answer.failure == .timeout && answer.security == .indeterminate && answer.ttl == 0)
    // No sooner than the bound; how much later is the machine's affair.
    #expect(ContinuousClock.now - started >= .milliseconds(300))
  }

  @Test func `a thousand look-ups time out together, each once`() async throws {
    let silent = try DatagramSocket()
    var configuration = try forwarding(to: silent.port)
    configuration.lookupTimeout = .milliseconds(500)
    let resolver = try UnboundResolver(configuration)
    let failures = await withTaskGroup(of: LookupFailure?.self) { group in
      for index in 0..<1000 {
        group.addTask { await resolver.lookUp(Question(DomainName("n\(index).example") ?? .root, .a)).failure }
      }
      return await group.reduce(into: []) { $0.append($1) }
    }
    #expect(failures.count == 1000 && failures.allSatisfy { $0 == .timeout })
  }

  static let damaged: [(RecordType, [[UInt8]], Answer.Outcome)] = [
    (
      .tlsa, [[3, 1], [3, 1, 1, 0xaa]],
      .found([.tlsa(TLSAData(usage: 3, selector: 1, matchingType: 1, association: [0xaa]))])
    ),
    (.tlsa, [[3, 1]], .failure(.malformed)),
    (.txt, [[5, 0x61]], .failure(.malformed)),
    // Without an SOA record, which this server never sends, an absence holds for no time.
    (.txt, [], .noSuchType),
  ]

  @Test(arguments: damaged) func `a damaged record is left out, a damaged set is no answer`(
    type: RecordType, records: [[UInt8]], outcome: Answer.Outcome
  ) async throws {
    let server = try DatagramSocket()
    server.answer(with: records)
    defer { server.stop() }
    // An anchor elsewhere leaves the names that are asked for unsigned.
    let anchor = FileManager.default.temporaryDirectory.appending(path: "hallmark-\(UUID().uuidString).ds")
    try TrustAnchor.rootKeys[0].replacingOccurrences(of: ". IN", with: "elsewhere. IN")
      .write(to: anchor, atomically: true, encoding: .utf8)
    defer { try? FileManager.default.removeItem(at: anchor) }
    let resolver = try UnboundResolver(forwarding(to: server.port, anchor: .file(anchor.path)))
    let answer = await resolver.lookUp(Question(try name("damaged.example"), type))
    #expect(answer.outcome == outcome)
    #expect(answer.ttl == (answer.records.isEmpty ? 0 : 256))
  }

  @Test func `a cancelled look-up ends at once`() async throws {
    let silent = try DatagramSocket()
    let resolver = try UnboundResolver(forwarding(to: silent.port))
    let question = Question(try name("example.org"), .a)
    let task = Task { await resolver.lookUp(question) }
    try await Task.sleep(for: .milliseconds(50))
    task.cancel()
    // Had it waited for its bound, it would be a time-out.
    #expect(await task.value.failure == .internalError("the look-up was cancelled"))
  }

  @Test func `a closed port is a failure and no absence`() async throws {
    var configuration = try forwarding(to: try DatagramSocket().port)
    configuration.lookupTimeout = .seconds(1)
    let resolver = try UnboundResolver(configuration)
    let answer = await resolver.lookUp(Question(try name("example.org"), .mx))
    #expect(answer.failure != nil && !answer.isAbsent && answer.security != .secure)
  }
}

@Suite struct Configuration {
  @Test func `a wrong setting is refused at the start`() throws {
    let directory = FileManager.default.temporaryDirectory.appending(path: "hallmark-anchor-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: directory) }
    let write = { (file: String, text: String) throws -> String in
      let url = directory.appending(path: file)
      try text.write(to: url, atomically: true, encoding: .utf8)
      return url.path
    }
    let missing = directory.appending(path: "missing").path
    #expect(throws: UnboundError.trustAnchor(path: missing)) {
      try UnboundResolver(forwarding(to: 9, anchor: .file(missing)))
    }
    let words = try write("words", "no keys in here\n")
    #expect(throws: UnboundError.trustAnchor(path: words)) {
      try UnboundResolver(forwarding(to: 9, anchor: .file(words)))
    }
    let torn = try write("torn", ". IN DS 20326 8 2 E06D4\n. IN DS nonsense\n")
    #expect(throws: UnboundError.trustAnchor(path: torn)) {
      try UnboundResolver(forwarding(to: 9, anchor: .file(torn)))
    }
    #expect(throws: UnboundError.resolvConf(path: missing)) {
      try UnboundResolver(UnboundConfiguration(upstream: .resolvConf(path: missing)))
    }
    #expect(throws: UnboundError.configuration("forwarders", reason: "none is given")) {
      try UnboundResolver(UnboundConfiguration(upstream: .forward([])))
    }
    let good = try write("good", TrustAnchor.rootKeys.joined(separator: "\n"))
    _ = try UnboundResolver(forwarding(to: 9, anchor: .file(good)))
    let conf = try write("resolv.conf", "search example.org\nnameserver 127.0.0.1\nnameserver ::1\noptions edns0\n")
    _ = try UnboundResolver(UnboundConfiguration(upstream: .resolvConf(path: conf)))
    _ = try UnboundResolver(UnboundConfiguration(upstream: .recursive))
  }
}
