import DNS
import NIOCore
import Posture
import Synchronization
import Testing

@testable import Hallmark

/// A table whose state is a number: answers rest on it, and say it.
private final class NumberedTable: SocketmapTable {
  struct State {
    var number: UInt64 = 1
    var asked: [String] = []
    var known: [SocketmapReply?] = []
    var counted = 0
  }

  let state = Mutex(State())

  func answer(for domain: String, last: SocketmapAnswer?) -> SocketmapAnswer {
    state.withLock { state in
      state.asked.append(domain)
      state.known.append(last?.reply)
      guard domain != "once.example" else { return SocketmapAnswer(.temporary("once")) }
      return SocketmapAnswer(.ok("\(state.number)"), basis: .init(commit: state.number))
    }
  }

  func isCurrent(_ answer: SocketmapAnswer) -> Bool { state.withLock { answer.basis?.commit == $0.number } }

  func count(_ answer: SocketmapAnswer) { state.withLock { $0.counted += 1 } }
}

@Suite struct `Answers that are kept` {
  private let table = NumberedTable()
  private let answers: SocketmapAnswers

  init() { answers = SocketmapAnswers(names: ["whitelist", "b", "a"], table: table) }

  private func ask(_ request: String) -> String { String(buffer: answers.answer(to: ByteBuffer(string: request))) }

  @Test func `are given again while they hold, and counted each time`() {
    #expect((0..<3).map { _ in ask("whitelist a.example") } == Array(repeating: "4:OK 1,", count: 3))
    table.state.withLock { $0.number = 2 }
    #expect((0..<2).map { _ in ask("whitelist a.example") } == Array(repeating: "4:OK 2,", count: 2))
    table.state.withLock {
      #expect($0.asked == ["a.example", "a.example"] && $0.counted == 5)
      // The second time it is told what it said before.
      #expect($0.known == [nil, .ok("1")])
    }
  }

  @Test func `belong to their request alone`() {
    for request in ["whitelist a.example", "b a.example", "whitelist A.example", "whitelist [a.example]:25"] {
      #expect(ask(request) == "4:OK 1,")
    }
    #expect(table.state.withLock { $0.asked } == Array(repeating: "a.example", count: 4))
  }

  @Test func `are none where they rest on nothing`() {
    for _ in 0..<2 { #expect(ask("whitelist once.example") == "9:TEMP once,") }
    for _ in 0..<2 { #expect(ask("whitelist .gov.uk") == "9:NOTFOUND ,") }
    for _ in 0..<2 { #expect(ask("c a.example") == "51:PERM there is no such map; there is a, b, whitelist,") }
    for _ in 0..<2 { #expect(ask("whitelist") == "20:PERM ask as NAME KEY,") }
    #expect(table.state.withLock { $0.asked } == ["once.example", "once.example"])
    #expect(table.state.withLock { $0.counted } == 2)
  }

  @Test func `are so many at most, of requests that are so long at most`() {
    let long = "whitelist " + String(repeating: "a", count: SocketmapAnswers.longestKept)
    for _ in 0..<2 { #expect(ask(long) == "4:OK 1,") }
    #expect(table.state.withLock { $0.asked.count } == 2)
    for number in 0...SocketmapAnswers.maximumKept { _ = ask("whitelist \(number).example") }
    // All were forgotten when there was one too many.
    table.state.withLock { $0.asked = [] }
    for number in [SocketmapAnswers.maximumKept, 0] { _ = ask("whitelist \(number).example") }
    #expect(table.state.withLock { $0.asked } == ["0.example"])
  }
}

@Suite struct `The whitelist as gateways ask for it` {
  @Test func `is what the store says now, whatever was said before`() async throws {
    let time = VirtualTime()
    let world = VirtualWorld(time)
    world.change { $0.ttl = [.txt: 300] }
    let service = try VirtualService(time, world, StoreFixture())
    try await service.watch(["d1.example"])
    let table = PolicyTable(service.keeper)
    try await service.running {
      try await service.settle()
      let first = table.answer(for: "d1.example", last: nil)
      guard case .ok = first.reply else { return #expect(Bool(false), "\(first.reply)") }
      #expect(table.isCurrent(first))
      let absent = table.answer(for: "d2.example", last: nil)
      #expect(absent.reply == .notFound && table.isCurrent(absent))
      // Any write may have changed it. This one has not, and nothing is made of the entry anew.
      try await service.store.commit([.beginJudging(service.keeper.judgement, at: time.now)])
      #expect(!table.isCurrent(first) && !table.isCurrent(absent))
      let second = table.answer(for: "d1.example", last: first)
      #expect(second.reply == first.reply && second.basis?.revision == first.basis?.revision && table.isCurrent(second))
      // Proof, and it is off the list.
      world.change { $0.answers["d1.example TXT"] = .found([.txt(TXTData("v=spf1 +all"))]) }
      try await service.pass(300)
      #expect(!table.isCurrent(second))
      let third = table.answer(for: "d1.example", last: second)
      #expect(third.reply == .notFound && table.isCurrent(third))
    }
  }

  @Test func `ends with the grace, though nothing is written`() async throws {
    let time = VirtualTime()
    let fixture = StoreFixture()
    let service = try VirtualService(time, VirtualWorld(time), fixture)
    try await service.watch(["d1.example"])
    try await service.running { try await service.settle() }
    let table = PolicyTable(service.keeper)
    let answer = table.answer(for: "d1.example", last: nil)
    let end = try #require(answer.basis).end
    time.advance(to: end + -1)
    #expect(table.isCurrent(answer))
    time.advance(to: end)
    #expect(!table.isCurrent(answer))
    let next = table.answer(for: "d1.example", last: answer)
    // The clock alone decided: it is not kept.
    #expect(next.reply == .notFound && next.basis == nil && !table.isCurrent(next))
  }
}
