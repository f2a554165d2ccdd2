import DNS
import EmailAuth
import Posture
import Testing

@Suite("Traps that checkers have fallen into")
struct CheckTrapsTests {
  static let all = Trap.spf + Trap.dmarc + Trap.suffixes + Trap.dkim + Trap.mtaSTS + Trap.dane + Trap.endpoints

  @Test("each is passed", arguments: all)
  func passed(_ trap: Trap) throws {
    let record = try #require(trap.world.record(of: trap.domain, selectors: trap.selectors))
    let messages = record.findings.map { "\($0.id): \($0.message)" }.joined(separator: "\n")
    #expect(Set(trap.has).isSubset(of: record.ids), "\(messages)")
    #expect(record.ids.isDisjoint(with: trap.hasNot), "\(messages)")
    if let verdict = trap.verdict { #expect(record.verdict == verdict, "\(messages)") }
    #expect(trap.more(record), "\(messages)")
  }

  @Test("domains that share an MX host share its evidence, never its policies")
  func sharedHost() throws {
    var world = World.good("example.org")
    for (question, answer) in World.good("example.net").answers { world.answers[question] = answer }
    world.add("example.net", .mx, ["10 mx.example.org"])
    world.enforce("example.org")
    world.enforce("example.net", mx: "elsewhere.example.net")
    let covered = try #require(world.record(of: "example.org"))
    let uncovered = try #require(world.record(of: "example.net"))
    #expect(covered.encryption.mtaSTS.coversEveryMX == true)
    #expect(uncovered.encryption.mtaSTS.coversEveryMX == false)
    #expect(PairVerdict(sender: covered, recipient: covered).transport.grade == .authenticated)
    #expect(PairVerdict(sender: covered, recipient: uncovered).transport.grade == .undeliverable)
    #expect(Listing(covered)?.match == ["mx.example.org"])
  }
}
