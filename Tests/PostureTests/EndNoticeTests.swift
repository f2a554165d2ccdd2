import DNS
import Posture
import Testing

/// What ends is told of before it does, with its date, and the record ends when there is something new to say.
@Suite struct `Notice before something ends` {
  static let day: Int64 = 86_400
  static let policyID = "mta-sts-certificate-ends-soon"

  struct Case: Sendable, CustomTestStringConvertible {
    let testDescription: String
    /// When the policy host's certificate ends, in seconds from now.
    let left: Int64?
    var mode = "enforce"
    let isTold: Bool
    /// When time alone changes what is said, in seconds from now, where the policy host's certificate is what changes it.
    let turn: Int64?
  }

  static let cases = [
    Case(testDescription: "good for long", left: 40 * day, isTold: false, turn: 26 * day + 1),
    Case(testDescription: "fourteen days to the second", left: 14 * day, isTold: false, turn: 1),
    Case(testDescription: "a second less", left: 14 * day - 1, isTold: true, turn: 14 * day),
    Case(testDescription: "an hour", left: 3600, isTold: true, turn: 3601),
    Case(testDescription: "its last second", left: 0, isTold: true, turn: 1),
    Case(testDescription: "a policy that is tried out", left: 3600, mode: "testing", isTold: true, turn: 3601),
    Case(testDescription: "a policy that says there is none", left: 3600, mode: "none", isTold: false, turn: 3601),
    Case(testDescription: "evidence from before that was noted", left: nil, isTold: false, turn: nil),
  ]

  @Test(arguments: cases) func `of an MTA-STS policy host's certificate`(_ each: Case) throws {
    var world = World.good()
    let end = each.left.map { World.now + $0 }
    world.enforce(mode: each.mode, certificateEnd: end)
    let facts = try #require(world.facts())
    let record = try #require(world.record())
    #expect(record.encryption.mtaSTS.status == .valid && record.verdict == .secure)
    let notice = record.findings.first { $0.id == Self.policyID }
    #expect((notice != nil) == each.isTold)
    if let notice, let end {
      #expect(notice.message.contains(end.description) && notice.message.contains("mta-sts.example.org"))
      #expect(notice.severity == .warning && notice.subject == "example.org")
    }
    // The MX host's certificate is told of 76 days from now.
    #expect(facts.turnsAt == World.now + (each.turn ?? 76 * Self.day + 1))
  }

  @Test func `evidence does not outlive the certificate that it came over`() {
    let response = PolicyFetch.Outcome.response(status: 200, contentType: "text/plain", body: [])
    let freshness = Freshness()
    for (left, lifetime) in [(Int64(100), Int64(101)), (3598, 3599), (3600, 3600), (90_000, 3600), (-5, 3600)]
      as [(Int64, Int64)]
    {
      let fetch = PolicyFetch(outcome: response, certificateEnd: World.now + left)
      #expect(freshness.observe(fetch, at: World.now, after: nil).expiresAt == World.now + lifetime)
    }
    #expect(freshness.observe(PolicyFetch(outcome: response), at: World.now, after: nil).expiresAt == World.now + 3600)
  }
}
