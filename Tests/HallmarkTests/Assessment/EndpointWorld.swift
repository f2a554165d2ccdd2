import DNS
import Posture
import Synchronization

@testable import Hallmark

/// A world of mail servers that a test makes up, with a clock that it steps; it notes who was asked, and how many at once.
final class EndpointWorld: Sendable {
  struct Notes {
    var observed: [EndpointKey] = []
    var versions: [(key: VersionsKey, told: VersionsObservation?)] = []
    var fetches = 0
    var now = Timestamp(seconds: 1_800_000_000)
    /// How many are asked at this moment, and the most there were, at one address and in all.
    var present: [IPAddress: Int] = [:]
    var mostAtOneAddress = 0
    var mostInAll = 0
  }

  let notes = Mutex(Notes())
  private let answer: @Sendable (EndpointKey) -> EndpointObservation
  private let versionsAnswer: @Sendable (VersionsKey, VersionsObservation?) -> VersionsObservation

  init(
    answer: @escaping @Sendable (EndpointKey) -> EndpointObservation = { _ in EndpointWorld.good },
    versions: @escaping @Sendable (VersionsKey, VersionsObservation?) -> VersionsObservation = { _, _ in
      EndpointWorld.complete
    }
  ) {
    self.answer = answer
    versionsAnswer = versions
  }

  static let complete = VersionsObservation(
    offered: [.tls12, .tls13], refused: [.tls10, .tls11], weakSuites: .refused)
  static let good = EndpointObservation(
    connected: true, starttlsOffered: true,
    session: TLSSession(
      version: .tls13, cipher: "TLS_AES_256_GCM_SHA384", forwardSecrecy: true, weakCipher: false, chain: [],
      certificate: nil))
  static let busy = EndpointObservation(
    connected: true,
    failure: ProbeFailure(
      stage: .banner, kind: .temporary, reason: "the greeting is 421 busy", reply: "421 busy"))
  static let silent = EndpointObservation(
    connected: false, failure: ProbeFailure(stage: .connect, kind: .temporary, reason: "the connection timed out"))

  var clock: WallClock { WallClock { [self] in notes.withLock { $0.now } } }
  func pass(_ seconds: Int64) { notes.withLock { $0.now = $0.now + seconds } }
  var observations: Int { notes.withLock { $0.observed.count } }
  var rounds: Int { notes.withLock { $0.versions.count } }

  func endpoints(_ kept: EndpointObserver.KeptEndpoints = .none) -> EndpointObserver {
    EndpointObserver(freshness: Freshness(), clock: clock, kept: kept)
  }

  /// Instruments of this world; domains `*.example` have the MX host `mx.example` at 192.0.1.1 and nothing else.
  var instruments: Instruments {
    Instruments(
      lookUp: { question in
        switch question.type {
        case .mx where question.name.description.hasSuffix(".example"):
          let host = DomainName("mx.example").map { [RecordData.mx(preference: 10, exchange: $0)] }
          return Answer(question, .found(host ?? []))
        case .a where question.name.description == "mx.example":
          return Answer(question, .found(IPAddress("192.0.1.1").map { [.address($0)] } ?? []))
        default: return Answer(question, .noSuchType)
        }
      },
      observe: { [self] key in
        notes.withLock { $0.observed.append(key) }
        return await visit(key.address) { answer(key) }
      },
      versions: { [self] key, told in
        notes.withLock { $0.versions.append((key, told)) }
        return await visit(key.endpoint.address) { versionsAnswer(key, told) }
      },
      fetch: { [self] key in
        notes.withLock { $0.fetches += 1 }
        let failure = PolicyFetch.Failure(kind: .temporary, reason: "nobody is there")
        guard let address = key.addresses.first else { return PolicyFetch(outcome: .failure(failure)) }
        return await visit(address) { PolicyFetch(outcome: .failure(failure)) }
      })
  }

  /// Others get their turn while one is there.
  private func visit<Value: Sendable>(_ address: IPAddress, _ body: @Sendable () -> Value) async -> Value {
    notes.withLock { notes in
      notes.present[address, default: 0] += 1
      notes.mostAtOneAddress = max(notes.mostAtOneAddress, notes.present[address] ?? 0)
      notes.mostInAll = max(notes.mostInAll, notes.present.values.reduce(0, +))
    }
    for _ in 0..<20 { await Task.yield() }
    let value = body()
    notes.withLock { $0.present[address, default: 0] -= 1 }
    return value
  }
}
