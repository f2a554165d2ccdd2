import Testing

@testable import Hallmark

/// How many event loops the service runs.
@Suite struct ProcessorsTests {
  @Test(
    arguments: [
      ("Name:\thallmarkd\nCpus_allowed:\t3\nCpus_allowed_list:\t0-1\n", 2),
      ("Cpus_allowed:\t1\n", 1),
      ("Cpus_allowed:\tffffffff,0000000f\n", 36),
      ("Cpus_allowed:\t0\n", nil),
      ("Cpus_allowed_list:\t0-1\n", nil),
      ("", nil),
    ] as [(String, Int?)])
  func count(_ status: String, _ expected: Int?) {
    #expect(Processors.count(inStatus: status) == expected)
  }

  @Test func ownProcessors() throws {
    #expect(try #require(Processors.allowed) >= 1)
  }
}
